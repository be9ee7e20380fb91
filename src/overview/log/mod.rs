//! The log of everything: its kinds of events, and how they are made from journals.
mod collector;
mod cursors;
mod event;
mod health;
mod keeper;
mod line;
mod messages;
mod of_session;
mod of_supervisor;
mod old_names;
mod sources;
mod standing;

pub use collector::Retention;
pub use event::{EVENT_KINDS, LogEvent};
pub use health::{HealthRecord, cycles_since};
pub use keeper::LogKeeper;
pub use line::{LOG_VERSION, LogLine};
pub use old_names::{OldName, old_name};
