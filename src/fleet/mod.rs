//! What happens next with many projects. Pure, of the shape of `engine`: no clock, no files, no processes.
//!
//! A *slice* is one resume of a project's session, of one or more iterations, by a runner that is told its *generation*.
//! [`accept()`] turns an input into a fact; [`follow()`] returns the fact that follows from the state alone;
//! [`State::apply`] records a fact; [`State::pending`] returns what should be in flight. The fleet decides whose session
//! runs, and nothing that an engine decides.
//!
//! What always holds, in thousands of random worlds with a crash after any line (`worlds`):
//!
//! 1. A project has at most one slice. The session's lock decides, whatever the fleet believes.
//! 2. No more than `max_agents` slices run.
//! 3. With a free slice no project that is due waits; without one the next is the one you asked for, then the one that
//!    has waited longest by its weight, so that none waits longer than the slices of those before it.
//! 4. A stop that you asked for outranks everything recorded later, except your start.
//! 5. [`ProjectStatus::Blocked`] is left by you only.
//! 6. Every other status has an end, or an owner that is looked at; `follow` comes to an end.
//! 7. A supervisor that is killed after any line changes no session's outcome and gives no slice twice.
//! 8. Time outside [`ProjectStatus::Running`] counts for no clock of a project.
//! 9. [`ProjectStatus::Done`] and reopening use one number: the tasks left when the session was complete.
//! 10. Without an iteration that succeeds there are at most five recoveries in 24 hours; then you are asked.
//! 11. What happens to one project changes nothing of another's.
//! 12. Reading never writes: `pending` and `follow` change nothing. Their signatures ensure it, and no test needs to.
mod accept;
mod apply;
mod config;
mod desired;
mod event;
mod follow;
mod input;
mod pending;
mod project;
mod question;
mod recovery;
mod request;
mod room;
#[cfg(test)]
mod scenarios;
mod schedule;
mod session;
mod session_look;
mod state;
mod status;
#[cfg(test)]
mod worlds;
#[cfg(test)]
mod year;

pub use accept::accept;
pub use config::FleetConfig;
pub use desired::{Desired, DesiredState};
pub use event::{Cause, Change, Event, StopHow};
pub use follow::follow;
pub use input::{Fitness, FleetRequest, Input, LaunchProblem};
pub use pending::Effect;
pub use project::{Project, Registration};
pub use question::{BlockCause, ProjectQuestion};
pub use session::{Activity, Seen, SessionDigest, SessionEnd};
pub use state::{FleetPause, State, Supervisor};
pub use status::{Order, ProjectStatus, Wait};
