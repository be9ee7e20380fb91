//! Ends the processes of a run, which are found by the tags in their environment.
use crate::clock;
use crate::exec::process;
use crate::model::{RunId, env_tag};
use nix::sys::signal::Signal;
use std::time::Duration;

/// How long signalled processes may take to end.
const PATIENCE: Duration = Duration::from_secs(10);
/// TERM lets a process clean up.
const POLITELY: [Signal; 2] = [Signal::SIGTERM, Signal::SIGKILL];

/// Ends every process of a run whose runner is gone.
pub(super) fn end_run(run: &RunId) {
    end_tagged(env_tag::RUN, |value| run.covers(value), &POLITELY);
}

/// Kills every process of a run. Returns how many there were.
pub fn kill_all(run: &RunId) -> usize {
    end_tagged(env_tag::RUN, |value| run.covers(value), &[Signal::SIGKILL])
}

/// Ends every process of one attempt, named by its tag `<run>/<cursor>`. Returns how many there were.
pub fn end_attempt(attempt: &str) -> usize {
    end_tagged(env_tag::ATTEMPT, |value| value == attempt, &POLITELY)
}

fn end_tagged(tag: &str, is_meant: impl Fn(&str) -> bool, signals: &[Signal]) -> usize {
    let found = process::find_tagged_by(tag, &is_meant).len();
    for signal in signals {
        let mut signalled = Vec::new();
        let all_gone = || {
            let left = process::find_tagged_by(tag, &is_meant);
            // Processes forked meanwhile get the signal too, but none gets it twice: a program may count.
            for process in left.iter().filter(|process| !signalled.contains(*process)) {
                process::send(process, *signal);
            }
            signalled.extend(left.iter().cloned());
            left.is_empty()
        };
        if clock::wait_until(PATIENCE, all_gone) {
            break;
        }
    }
    found
}
