//! Ends the processes of a tool that has been at work for too long, and leaves its agent running.
use super::tool_calls::ToolCall;
use crate::exec::family::{family, young_trees};
use nix::sys::signal::{self, Signal};
use nix::unistd::Pid;
use std::time::{Duration, Instant};

/// How long the processes may take after each signal.
const STEPS: [(Signal, Duration); 3] = [
    (Signal::SIGINT, Duration::from_secs(5)),
    (Signal::SIGTERM, Duration::from_secs(3)),
    (Signal::SIGKILL, Duration::from_secs(2)),
];
/// How often to look whether they are gone.
const INTERVAL: Duration = Duration::from_millis(20);
/// What the clock of processes may be behind ours.
const SLACK: Duration = Duration::from_millis(100);

/// The end of a tool that is under way: the agent is watched meanwhile.
#[derive(Debug)]
pub(super) struct ToolEnd {
    processes: Vec<i32>,
    step: usize,
    next: Instant,
}

impl ToolEnd {
    /// Begins to end what `agent` and `shim` have as children since the call; nothing if there is no such process.
    pub(super) fn begin(call: &ToolCall, agent: i32, shim: i32) -> Option<Self> {
        let most = call.not_before.elapsed() + SLACK;
        let trees = young_trees(&family(shim), &[agent, shim], most);
        let processes: Vec<i32> = trees.into_iter().flatten().collect();
        (!processes.is_empty()).then(|| Self {
            processes,
            step: 0,
            next: Instant::now(),
        })
    }

    /// Sends the next signal if it is due. Returns whether the processes are gone or nothing more can be done.
    pub(super) fn advance(&mut self, shim: i32) -> bool {
        let family = family(shim);
        self.processes
            .retain(|pid| family.iter().any(|member| member.pid == *pid));
        if self.processes.is_empty() {
            return true;
        }
        if Instant::now() < self.next {
            return false;
        }
        let Some((signal, patience)) = STEPS.get(self.step) else {
            return true;
        };
        self.step += 1;
        self.next = Instant::now() + *patience;
        for pid in &self.processes {
            let _ = signal::kill(Pid::from_raw(*pid), *signal);
        }
        false
    }

    /// Returns when to look again.
    pub(super) fn next_look() -> Instant {
        Instant::now() + INTERVAL
    }
}
