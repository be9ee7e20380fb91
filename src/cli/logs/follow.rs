//! Follows a session until it ends.
use super::attempt::AttemptPrinter;
use super::ending;
use super::events::JournalPrinter;
use super::request::LogRequest;
use super::target::{
    Attempt, Selection, agent_of, attempts as attempts_of, find, folder_of, stdout,
};
use crate::cli::context::Context;
use crate::cli::format::Format;
use crate::cli::session;
use crate::clock;
use crate::engine::Phase;
use crate::error::{ExitCode, Result};
use crate::exec::file_tail::FileTail;
use crate::model::{Cursor, Event, Line, WaitReason};
use crate::plan::{Block, Step};
use crate::store::layout::RunDir;
use crate::store::session::{Snapshot, load_cached};
use crate::text::clean;
use crate::ui::{self, note, report, time};
use std::time::Duration;

const POLL_INTERVAL: Duration = Duration::from_millis(250);
/// How many polls pass between two checks whether the runner lives.
const POLLS_PER_CHECK: u32 = 8;

/// Prints the journal, and what is added to it until the session ends if it is to be followed.
pub(crate) fn print_journal(request: &LogRequest<'_>, context: &Context) -> Result<ExitCode> {
    let path = request.dir(context)?.journal();
    let mut journal = JournalPrinter::open(&path, request.lines, request.format)?;
    if !journal.print()? || !request.follow {
        return Ok(ExitCode::Done);
    }
    let poll = || {
        let is_read = journal.print()?;
        Ok(Poll {
            is_read,
            ended: is_read && journal.ended(),
        })
    };
    until_ended(request, context, poll)
}

/// Prints what the agents do until the session ends.
pub(crate) fn print_attempts(request: &LogRequest<'_>, context: &Context) -> Result<ExitCode> {
    let dir = request.dir(context)?;
    // Read the position in the journal before the state: an event in between is then seen twice rather than missed.
    let mut journal = FileTail::open(&dir.journal())?;
    journal.seek_to_last_lines(1)?;
    let snapshot = request.load(context)?;
    if let Some(Step::Block(block)) = snapshot.state.step(&snapshot.plan) {
        note(branches_hint(block, request));
    }
    let mut follower = Follower {
        dir: &dir,
        snapshot: &snapshot,
        request,
        cursor: Cursor::default(),
        printer: None,
        complete: false,
        is_read: true,
        ended: false,
    };
    follower.print_last()?;
    until_ended(request, context, || follower.poll(&mut journal))
}

fn branches_hint(block: &Block, request: &LogRequest<'_>) -> String {
    let names: Vec<String> = block
        .branches
        .iter()
        .map(|branch| format!("{}/{}", block.id, branch.name))
        .collect();
    format!(
        "The branches of `{}` run in parallel; `ap logs {} --follow --branch` follows one of {}",
        block.id,
        request.session,
        names.join(", ")
    )
}

#[derive(Clone, Copy)]
struct Poll {
    /// Whether stdout is still read.
    is_read: bool,
    /// Whether the session has ended.
    ended: bool,
}

/// Polls until the session has ended or stdout is no longer read, then prints how the session ended.
fn until_ended(
    request: &LogRequest<'_>,
    context: &Context,
    mut poll: impl FnMut() -> Result<Poll>,
) -> Result<ExitCode> {
    let dir = request.dir(context)?;
    let mut polls = 0_u32;
    loop {
        // Checked before the poll, so that the poll sees everything that a dead runner has written.
        let alive = !polls.is_multiple_of(POLLS_PER_CHECK) || is_alive(&dir, context)?;
        let seen = poll()?;
        if !seen.is_read {
            return Ok(ExitCode::Done);
        }
        if seen.ended || !alive {
            break;
        }
        if !ui::wait_while_read(POLL_INTERVAL) {
            return Ok(ExitCode::Done);
        }
        polls += 1;
    }
    if let Some(snapshot) = load_cached(&dir)? {
        note(ending_of(&snapshot));
    }
    Ok(ExitCode::Done)
}

fn is_alive(dir: &RunDir, context: &Context) -> Result<bool> {
    Ok(load_cached(dir)?.is_some_and(|snapshot| {
        !matches!(snapshot.state.phase, Phase::Ended { .. })
            && session::is_alive(&context.project, &snapshot)
    }))
}

fn ending_of(snapshot: &Snapshot) -> String {
    if let Phase::Ended { ending } = &snapshot.state.phase {
        return format!(
            "Session '{}' {}",
            snapshot.plan.session,
            report::ending(ending)
        );
    }
    format!(
        "{}\n{}",
        report::failure(snapshot),
        report::next_steps(snapshot)
    )
}

struct Follower<'a> {
    dir: &'a RunDir,
    snapshot: &'a Snapshot,
    request: &'a LogRequest<'a>,
    /// The attempt being printed, or waited for.
    cursor: Cursor,
    printer: Option<AttemptPrinter<'a>>,
    /// Whether all of the attempt has been printed.
    complete: bool,
    /// Whether stdout is still read.
    is_read: bool,
    ended: bool,
}

impl<'a> Follower<'a> {
    /// Prints the end of the last attempt so far.
    fn print_last(&mut self) -> Result<()> {
        self.cursor = self.snapshot.state.current.cursor;
        let Ok(target) = find(Selection::default(), self.snapshot) else {
            return Ok(());
        };
        let Some(last) = attempts_of(self.dir, &target).pop() else {
            return Ok(());
        };
        let Some(node) = self.snapshot.plan.node(last.cursor.node) else {
            return Ok(());
        };
        let agent = agent_of(self.dir, node, last.cursor);
        let format = self.request.format;
        let mut printer = AttemptPrinter::open(
            (&self.snapshot.plan, self.dir),
            (node, agent),
            &last,
            format,
        )?;
        self.is_read = printer.header(self.snapshot) && printer.last(self.request.lines)?;
        let is_over = !matches!(self.snapshot.state.phase, Phase::Running { .. });
        if last.cursor == self.cursor && !is_over {
            self.printer = Some(printer);
            return Ok(());
        }
        self.is_read &= printer.finish();
        // What the journal has of its end may be before the lines that are read.
        self.complete = last.cursor == self.cursor;
        for line in ending::read(&last.folder) {
            self.print_line(&line);
        }
        Ok(())
    }

    fn poll(&mut self, journal: &mut FileTail) -> Result<Poll> {
        self.print_more()?;
        let mut outcome = Ok(());
        journal.read_lines(|line| {
            // A line of a newer format describes something we do not know.
            if let Ok(line) = serde_json::from_slice::<Line>(line) {
                outcome = self.handle(&line.event);
            }
            outcome.is_ok() && self.is_read
        })?;
        outcome?;
        Ok(Poll {
            is_read: self.is_read,
            ended: self.ended,
        })
    }

    fn handle(&mut self, event: &Event) -> Result<()> {
        self.ended = false;
        match event {
            Event::IterationStarted { cursor, .. } if self.cursor < *cursor => {
                self.finish()?;
                self.cursor = *cursor;
                self.complete = false;
                self.print_more()?;
            }
            Event::AgentExited(attempt) if attempt.cursor == self.cursor && !self.complete => {
                self.print_more()?;
                self.finish()?;
                self.complete = true;
                self.print_line(&ui::outcome::line(&attempt.outcome));
                for note in ui::outcome::notes(&attempt.outcome, attempt.processes.as_deref()) {
                    self.print_line(&note);
                }
            }
            Event::WaitStarted {
                reason: WaitReason::Question { text, .. },
                ..
            } => self.print_line(&format!("waits for your answer: {}", clean(text))),
            Event::WaitStarted { reason, until } => {
                if let Some(reason) = wait_reason(reason) {
                    self.print_line(&format!(
                        "waits until {} {reason}",
                        time::local(*until, clock::now())
                    ));
                }
            }
            Event::SessionFinished { .. } => {
                self.finish()?;
                self.ended = true;
            }
            _ => (),
        }
        Ok(())
    }

    /// Prints what the agent has written since; of one that has just started, from its beginning.
    fn print_more(&mut self) -> Result<()> {
        if self.printer.is_none() && !self.complete && 0 < self.cursor.iteration {
            self.printer = self.open();
            if let Some(printer) = &self.printer {
                self.is_read &= printer.header(self.snapshot);
            }
        }
        if let Some(printer) = &mut self.printer {
            self.is_read &= printer.more()?;
        }
        Ok(())
    }

    fn open(&self) -> Option<AttemptPrinter<'a>> {
        let plan = &self.snapshot.plan;
        let node = plan.node(self.cursor.node)?;
        let agent = agent_of(self.dir, node, self.cursor);
        loop {
            let folder = folder_of(self.dir, node, self.cursor)?;
            if !stdout(&folder).exists() {
                return None;
            }
            let attempt = Attempt {
                cursor: self.cursor,
                folder: folder.clone(),
            };
            let printer = AttemptPrinter::open(
                (plan, self.dir),
                (node, agent),
                &attempt,
                self.request.format,
            )
            .ok();
            // The attempt's files may have been archived while they were opened, and be those of another attempt now.
            if folder_of(self.dir, node, self.cursor).is_some_and(|now| now == folder) {
                return printer;
            }
        }
    }

    fn finish(&mut self) -> Result<()> {
        if let Some(mut printer) = self.printer.take() {
            self.is_read &= printer.more()? && printer.finish();
        }
        Ok(())
    }

    fn print_line(&mut self, line: &str) {
        self.is_read &= self.request.format == Format::Json || ui::stream(&format!("  {line}\n"));
    }
}

/// Returns what a session waits for; nothing for the pause between iterations.
fn wait_reason(reason: &WaitReason) -> Option<String> {
    match reason {
        // Printed by itself: it may have no end.
        WaitReason::Delay | WaitReason::Question { .. } => None,
        WaitReason::Retry { error } => Some(format!("to retry: {error}")),
        WaitReason::RateLimit { reason, .. } => Some(format!("for the quota: {reason}")),
        WaitReason::Quota { reason } => Some(format!("for the quota: {reason}")),
        WaitReason::Budget { reason } => Some(format!("for the budget: {reason}")),
        WaitReason::Throttle { reason, .. } => {
            Some(format!("for the provider, which limits requests: {reason}"))
        }
        WaitReason::Outage { reason, .. } => {
            Some(format!("for the end of the provider's outage: {reason}"))
        }
        WaitReason::Environment {
            requirement,
            reason,
            ..
        } => Some(format!("for {requirement}: {reason}")),
        WaitReason::BusyQueue { error } => Some(format!("for the queue, which is busy: {error}")),
        WaitReason::Queue { held, by } => Some(format!("for {}", crate::text::held(*held, by))),
    }
}
