//! Runs sessions: starts what should be in flight, records what happens. Every decision is the engine's.
mod acquire;
mod agent;
mod attempt;
mod attempt_context;
mod block;
mod branches;
mod budget;
mod conclude;
mod context;
mod enforcement;
mod env;
mod folder;
mod gates;
mod hooks;
mod inputs;
mod kill;
mod known_quota;
mod launch_request;
mod observer;
mod park;
mod permissions;
mod preview;
mod probe;
mod progress_snapshots;
mod quota;
mod redaction;
mod requests;
mod run;
mod shared_budget;
mod signals;
mod slice;
mod spans;
mod start;
mod status_file;
mod talk;
mod tampering;
mod tasks;
mod typed;
mod unattended;
mod user_settings;
mod wait_clock;
mod wakeup;
mod window_progress;
mod writable_dir;

pub use acquire::{
    AcquireError, Acquired, Mode, SessionRequest, acquire, end_attempt, kill_all, reserve,
    stop_runner,
};
pub use env::RunnerEnv;
pub use gates::{JUDGE_TRIES, freeze_gates};
pub use kill::record_kill;
pub use launch_request::LaunchRequest;
pub use observer::notifier::notify_missed;
pub use preview::{PromptPreview, preview_prompt};
pub use quota::{ask_for_quota, user_zone};
pub use run::run;
pub use slice::{RunEnd, Slice};
