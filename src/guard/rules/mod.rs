//! What is forbidden.
pub(super) mod content;
mod destruction;
mod git;
mod named;
pub(super) mod protected;
pub(super) mod secrets;

use super::call::Call;
use super::shell_state::ShellState;
use super::walk::Walk;

/// Judges a command that runs no other one.
pub(super) fn judge(walk: &mut Walk<'_>, call: &Call, state: &mut ShellState) {
    named::judge(walk, call);
    secrets::judge(walk, call, state);
    destruction::judge(walk, call, state);
    git::judge(walk, call, state);
    protected::judge(walk, call, state);
    content::judge(walk, call);
}

/// Judges the files that a shell opens for a command.
pub(super) fn judge_redirects(walk: &mut Walk<'_>, call: &Call, state: &ShellState) {
    for target in &call.reads {
        secrets::read(walk, target, state);
    }
    for target in &call.writes {
        destruction::device(walk, target, state);
        protected::written(walk, target, state);
    }
}
