//! Quota: what is used of a provider's windows, as it reports them.
mod account;
mod decision;
mod moment;
mod reading;
mod share;
mod window;

pub use account::{Account, AccountKey};
pub use decision::{QuotaDecision, QuotaLevel};
pub use moment::Moment;
pub use reading::{QuotaReport, QuotaSource, RefusedValue, WindowReading, WindowStatus};
pub use share::{OutOfRange, Share};
pub use window::WindowName;
