//! Watches an agent until its end, and brings the end about where a limit or the runner demands it.
use super::control::ControlRequest;
use super::input::AgentInput;
use super::job::Job;
use super::result_watch::ResultWatch;
use super::signals::{GUARD_GONE, Signals};
use super::sweep::sweep;
use crate::agent::AttemptLimits;
use crate::clock;
use crate::model::{Exit, HangKind};
use crate::store::crash;
use jiff::Timestamp;
use nix::sys::signal::{self, Signal};
use nix::unistd::Pid;
use std::io;
use std::os::unix::process::ExitStatusExt as _;
use std::process::{Child, ExitStatus};
use std::time::{Duration, Instant};

/// How long each step of ending an agent may take: INT lets it write its last words, TERM lets it clean up.
const AFTER_INT: Duration = Duration::from_secs(5);
const AFTER_TERM: Duration = Duration::from_secs(3);
/// How often the limits are checked while an agent runs.
const CHECK_INTERVAL: Duration = Duration::from_secs(2);

/// A running agent.
pub(super) struct Watch<'a> {
    job: &'a Job,
    child: Child,
    group: Pid,
    input: AgentInput,
    signals: Signals,
    started: Instant,
    output: ResultWatch,
    limit: Option<HangKind>,
    cancelled: bool,
    guard_gone: bool,
}

impl<'a> Watch<'a> {
    pub(super) fn new(job: &'a Job, child: Child, input: AgentInput, signals: Signals) -> Self {
        let group = Pid::from_raw(i32::try_from(child.id()).unwrap_or(i32::MAX));
        let output = ResultWatch::new(job.folder.stdout(), job.folder.stderr(), job.events);
        Self {
            job,
            child,
            group,
            input,
            signals,
            started: Instant::now(),
            output,
            limit: None,
            cancelled: false,
            guard_gone: false,
        }
    }

    /// Waits for the agent's end and ends what it leaves behind.
    pub(super) fn run(mut self, started_at: Timestamp) -> io::Result<Exit> {
        let status = self.until_exit()?;
        crash::point("agent reaped");
        let at_once = self.cancelled || self.guard_gone;
        let swept = sweep(Some(self.group), at_once, &mut self.signals);
        crash::point("swept");
        if self.guard_gone {
            // As if this shim had been killed: the attempt has no end on record and is made again.
            return Err(io::Error::other("the guard is gone"));
        }
        Ok(Exit {
            code: status.code(),
            signal: status.signal(),
            limit: self.limit,
            cancelled: self.cancelled,
            spawn_error: None,
            started_at,
            ended_at: clock::now(),
            swept,
            out_of_memory: false,
        })
    }

    fn until_exit(&mut self) -> io::Result<ExitStatus> {
        let mut check_at = self.next_check();
        loop {
            if let Some(status) = self.child.try_wait()? {
                return Ok(status);
            }
            let signals = self.wait(check_at);
            if self.guard_gone {
                return self.end(ControlRequest::Kill);
            }
            if let Some(request) = ControlRequest::among(&signals) {
                self.cancelled = true;
                return self.end(request);
            }
            if check_at <= Instant::now() {
                self.limit = self.exceeded();
                if self.limit.is_some() {
                    return self.end(ControlRequest::End);
                }
                check_at = self.next_check();
            }
        }
    }

    /// Waits for signals, sending the agent its input meanwhile.
    fn wait(&mut self, until: Instant) -> Vec<Signal> {
        self.input.send();
        let limit = until.saturating_duration_since(Instant::now());
        let signals = self.signals.wait(limit, self.input.blocked());
        self.guard_gone |= signals.contains(&GUARD_GONE);
        signals
    }

    /// Returns when the limits must be checked again.
    fn next_check(&self) -> Instant {
        let wall = Duration::from_secs(self.job.limits.wall_s);
        let wait = if wall.is_zero() {
            CHECK_INTERVAL
        } else {
            wall.saturating_sub(self.started.elapsed())
                .min(CHECK_INTERVAL)
        };
        Instant::now() + wait
    }

    /// Returns the limit the agent has exceeded, if any.
    fn exceeded(&mut self) -> Option<HangKind> {
        let AttemptLimits {
            wall_s,
            idle_s,
            after_result_s,
        } = self.job.limits;
        let over =
            |limit_s: u64, spent: Duration| 0 < limit_s && Duration::from_secs(limit_s) <= spent;
        self.output.look();
        if over(wall_s, self.started.elapsed()) {
            Some(HangKind::Wall)
        } else if self.output.saw_result() && over(after_result_s, self.output.quiet_for()) {
            Some(HangKind::AfterResult)
        } else if over(idle_s, self.output.quiet_for()) {
            Some(HangKind::Idle)
        } else {
            None
        }
    }

    /// Ends the agent: INT, TERM, KILL, each with its time, or KILL at once.
    fn end(&mut self, request: ControlRequest) -> io::Result<ExitStatus> {
        let steps: &[_] = match request {
            ControlRequest::End => &[(Signal::SIGINT, AFTER_INT), (Signal::SIGTERM, AFTER_TERM)],
            ControlRequest::Kill => &[],
        };
        for (signal, patience) in steps {
            self.signal(*signal);
            if let Some(status) = self.exits_within(*patience)? {
                return Ok(status);
            }
        }
        self.signal(Signal::SIGKILL);
        self.child.wait()
    }

    fn signal(&self, signal: Signal) {
        // The agent has not been reaped, so the number is still its own.
        let _ = signal::killpg(self.group, signal);
        let _ = signal::kill(self.group, signal);
    }

    /// Returns how the agent ended, if it does so in time and the runner does not become more urgent.
    fn exits_within(&mut self, patience: Duration) -> io::Result<Option<ExitStatus>> {
        let deadline = Instant::now() + patience;
        loop {
            if let Some(status) = self.child.try_wait()? {
                return Ok(Some(status));
            }
            let urgent = ControlRequest::among(&self.wait(deadline)) == Some(ControlRequest::Kill);
            if urgent || self.guard_gone || deadline <= Instant::now() {
                return Ok(None);
            }
        }
    }
}
