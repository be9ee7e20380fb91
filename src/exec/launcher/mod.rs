//! Where runners live: each place is a [`Launcher`].
mod foreground;
mod launch;
mod socket;
mod tmux;
mod tmux_launcher;
mod tmux_names;
mod tmux_window;

pub use foreground::{Foreground, runs_in_another_terminal};
pub use launch::{EndedRunner, Launch, Launched, Launcher, RunnerState, Windows};
pub use socket::{LaunchReply, LaunchSocket, ReplyLine, fetch};
pub use tmux::{Found, Tmux};
pub use tmux_launcher::TmuxLauncher;
pub use tmux_names::TmuxNames;
pub use tmux_window::SessionWindows;
