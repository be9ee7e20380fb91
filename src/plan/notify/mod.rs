//! How you are notified: channels, and rules that say which events reach which of them. `notify:` in `config.yaml`.
mod channel;
mod quiet;
mod rule;

pub use channel::{Channel, ChannelKind, SecretRef, Target, TelegramTarget};
pub use quiet::{NotQuietHours, Quiet};
pub use rule::{Heartbeat, NotifyPolicy, Rule};
