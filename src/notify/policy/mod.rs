//! Who is notified of what, when and how often. Nothing here touches a clock, a file or the network.
mod disposition;
mod retry;
mod route;
mod select;
#[cfg(test)]
mod tests;
mod wording;

pub use disposition::{Delivery, Disposition, after};
pub use retry::{GIVES_UP_AFTER, retry_delay};
pub use route::{OUTAGE_PATIENCE, route};
pub use select::{Selection, SendTimes, select};
pub use wording::{LAST_WORDS, Wording, cut as cut_to, cut_utf16, wording};
