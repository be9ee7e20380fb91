//! Watches an agent until its end, and brings the end about where a limit or the runner demands it.
use super::control::ControlRequest;
use super::conversation::Conversation;
use super::hang::{Remedy, is_overdue, remedy};
use super::input::AgentInput;
use super::job::Job;
use super::life::Life;
use super::memory::MemoryKills;
use super::namespace::containment;
use super::signals::{GUARD_GONE, Signals};
use super::sweep::sweep;
use super::tool_end::ToolEnd;
use crate::agent::AttemptLimits;
use crate::clock;
use crate::model::{EndedTool, Exit, HangKind};
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
/// How often the limits are checked while an agent runs; short ones more often.
const CHECK_INTERVAL: Duration = Duration::from_secs(2);
/// Checks within the shortest limit.
const CHECKS: u32 = 4;
/// The exit code of a shell whose program was killed.
const KILLED_IN_SHELL: i32 = 137;
/// Ended tools that are recorded.
const MAX_ENDED_TOOLS: usize = 20;

/// A running agent.
pub(super) struct Watch<'a> {
    job: &'a Job,
    child: Child,
    group: Pid,
    input: AgentInput,
    /// Delivers messages to the agent, if it takes any.
    conversation: Option<Conversation>,
    signals: Signals,
    life: Life,
    /// Time between two checks.
    interval: Duration,
    limit: Option<HangKind>,
    question: Option<String>,
    ending_tool: Option<ToolEnd>,
    ended_tools: Vec<EndedTool>,
    cancelled: bool,
    guard_gone: bool,
    memory_kills: MemoryKills,
}

impl<'a> Watch<'a> {
    pub(super) fn new(job: &'a Job, child: Child, input: AgentInput, signals: Signals) -> Self {
        let group = Pid::from_raw(i32::try_from(child.id()).unwrap_or(i32::MAX));
        Self {
            job,
            child,
            group,
            input,
            conversation: Conversation::of(job),
            signals,
            life: Life::new(job),
            interval: interval(&job.limits),
            limit: None,
            question: None,
            ending_tool: None,
            ended_tools: Vec::new(),
            cancelled: false,
            guard_gone: false,
            memory_kills: MemoryKills::count(),
        }
    }

    /// Waits for the agent's end and ends what it leaves behind.
    pub(super) fn run(mut self, started_at: Timestamp) -> io::Result<Exit> {
        let status = self.until_exit()?;
        crash::point("agent reaped");
        let at_once = self.cancelled || self.guard_gone;
        let (swept, scope) = sweep(Some(self.group), at_once, &mut self.signals);
        crash::point("swept");
        if self.guard_gone {
            // As if this shim had been killed: the attempt has no end on record and is made again.
            return Err(io::Error::other("the guard is gone"));
        }
        let killed = status.signal() == Some(Signal::SIGKILL as i32)
            || status.code() == Some(KILLED_IN_SHELL);
        let is_ours = self.limit.is_some() || self.cancelled;
        let out_of_memory = killed && !is_ours && self.memory_kills.have_risen();
        Ok(Exit {
            code: status.code(),
            signal: status.signal(),
            limit: self.limit,
            cancelled: self.cancelled,
            spawn_error: None,
            started_at,
            ended_at: clock::now(),
            swept,
            out_of_memory,
            scope,
            containment: containment(),
            question: self.question,
            ended_tools: self.ended_tools,
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
            if let Some(conversation) = &mut self.conversation {
                conversation.advance(&mut self.life, &mut self.input);
            }
            if check_at <= Instant::now() {
                self.limit = self.check();
                if self.limit.is_some() {
                    return self.end(ControlRequest::End);
                }
                check_at = self.next_check();
            }
        }
    }

    /// Waits for signals, sending the agent its input meanwhile.
    fn wait(&mut self, until: Instant) -> Vec<Signal> {
        let limit = until.saturating_duration_since(Instant::now());
        let (news, limit) = match &mut self.conversation {
            Some(conversation) if self.input.is_open() => {
                conversation.send(&mut self.input);
                conversation.wait(limit)
            }
            Some(_) | None => {
                self.input.send();
                (None, limit)
            }
        };
        let signals = self.signals.wait(limit, self.input.blocked(), news);
        self.guard_gone |= signals.contains(&GUARD_GONE);
        signals
    }

    /// Returns when the limits must be checked again.
    fn next_check(&self) -> Instant {
        if self.ending_tool.is_some() {
            return ToolEnd::next_look();
        }
        let wall = Duration::from_secs(self.job.limits.wall_s);
        let wait = if wall.is_zero() {
            self.interval
        } else {
            wall.saturating_sub(self.life.ran()).min(self.interval)
        };
        Instant::now() + wait
    }

    /// Returns how the agent hangs, if it does. A tool that hangs is ended first.
    fn check(&mut self) -> Option<HangKind> {
        let shim = i32::try_from(std::process::id()).unwrap_or(i32::MAX);
        let look = self.life.look(self.interval);
        if self.life.is_held() {
            // It waits for a permission, and its limits do too.
            return None;
        }
        if let Some(ending) = &mut self.ending_tool {
            if ending.advance(shim) {
                self.ending_tool = None;
                self.life.tool_ended();
            }
            return is_overdue(&self.job.limits, &look).then_some(HangKind::Wall);
        }
        match remedy(&self.job.limits, &look)? {
            Remedy::End(HangKind::Idle | HangKind::AfterTool) if self.life.has_computed() => None,
            Remedy::End(kind) => {
                if kind == HangKind::Prompt {
                    self.question = self.life.output.question().map(str::to_owned);
                }
                Some(kind)
            }
            Remedy::EndTool => {
                self.end_tool(shim);
                None
            }
        }
    }

    /// Begins to end the tool that has been at work for the longest time.
    fn end_tool(&mut self, shim: i32) {
        let Some((call, ran)) = self.life.output.tools.give_up_longest() else {
            return;
        };
        self.ending_tool = ToolEnd::begin(&call, self.group.as_raw(), shim);
        if self.ending_tool.is_none() {
            // It is in the agent itself.
            self.life.tool_ended();
        } else if self.ended_tools.len() < MAX_ENDED_TOOLS {
            self.ended_tools.push(EndedTool {
                command: call.about,
                ran_s: ran.as_secs(),
            });
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
            self.input.close();
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

/// Returns how often limits must be checked so that the shortest is noticed in time.
fn interval(limits: &AttemptLimits) -> Duration {
    let AttemptLimits {
        wall_s: _,
        start_s,
        idle_s,
        tool_s,
        after_tool_s,
        after_result_s,
        prompt_s: _,
        permission_s: _,
    } = *limits;
    [start_s, idle_s, tool_s, after_tool_s, after_result_s]
        .into_iter()
        .filter(|limit_s| 0 < *limit_s)
        .map(|limit_s| Duration::from_secs(limit_s) / CHECKS)
        .fold(CHECK_INTERVAL, Duration::min)
}
