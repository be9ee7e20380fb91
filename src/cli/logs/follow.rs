//! Goes on as a session does: from attempt to attempt, as its journal tells, until it ends.
use super::growing::Growing;
use super::place::{Attempt, Sought, agent_of, attempts, find, folder_of, stdout};
use super::{Wanted, activity, events};
use crate::cli::context::Context;
use crate::cli::status;
use crate::engine::Phase;
use crate::error::{ExitCode, Result};
use crate::model::{Cursor, Event, Line, WaitReason};
use crate::plan::Step;
use crate::store::layout::RunDir;
use crate::store::session::{Snapshot, load_cached};
use crate::ui::{self, note, report};
use std::time::Duration;

/// How long to rest between two looks.
const LOOK: Duration = Duration::from_millis(250);
/// How many looks pass between two checks whether the runner lives.
const LOOKS_PER_CHECK: u32 = 8;

/// Shows the journal until the session ends.
pub(super) fn events(
    journal: &mut events::Shown,
    wanted: &Wanted<'_>,
    context: &Context,
) -> Result<ExitCode> {
    until_ended(wanted, context, || {
        Ok(if journal.show()? {
            Look {
                gone: false,
                ended: journal.ended(),
            }
        } else {
            Look::GONE
        })
    })
}

/// Shows what the agents say until the session ends.
pub(super) fn activity(wanted: &Wanted<'_>, context: &Context) -> Result<ExitCode> {
    let dir = wanted.dir(context)?;
    // First the place in the journal, then the state: what happens in between is seen twice rather than not at all.
    let mut journal = Growing::open(&dir.journal())?;
    journal.go_to_last_lines(1)?;
    let snapshot = wanted.look(context)?;
    let mut following = Following {
        dir: &dir,
        snapshot: &snapshot,
        wanted,
        cursor: Cursor::default(),
        shown: None,
        over: false,
        gone: false,
        ended: false,
    };
    if let Some(Step::Block(block)) = snapshot.state.step(&snapshot.plan) {
        let names: Vec<String> = block
            .branches
            .iter()
            .map(|branch| format!("{}/{}", block.id, branch.name))
            .collect();
        let how = format!(
            "`ap logs {} --follow --branch` follows one of {}",
            wanted.session,
            names.join(", ")
        );
        note(format!(
            "The branches of `{}` are at work side by side; {how}\n",
            block.id
        ));
    }
    following.begin_with_last()?;
    until_ended(wanted, context, || following.look(&mut journal))
}

/// What a look found.
#[derive(Clone, Copy)]
struct Look {
    /// Nobody reads what we show.
    gone: bool,
    /// The session has ended.
    ended: bool,
}

impl Look {
    const GONE: Self = Self {
        gone: true,
        ended: false,
    };
}

/// Looks again and again until the session has ended or nobody reads any more, then says how it ended.
fn until_ended(
    wanted: &Wanted<'_>,
    context: &Context,
    mut look: impl FnMut() -> Result<Look>,
) -> Result<ExitCode> {
    let dir = wanted.dir(context)?;
    let mut looks = 0_u32;
    loop {
        // Before the look: what a runner that is gone has said must have been seen.
        let alive = !looks.is_multiple_of(LOOKS_PER_CHECK)
            || load_cached(&dir)?.is_some_and(|snapshot| {
                !matches!(snapshot.state.phase, Phase::Ended { .. })
                    && status::is_alive(&context.project, &snapshot)
            });
        let seen = look()?;
        if seen.gone {
            return Ok(ExitCode::Done);
        }
        if seen.ended || !alive {
            break;
        }
        if !ui::rest(LOOK) {
            return Ok(ExitCode::Done);
        }
        looks += 1;
    }
    if let Some(snapshot) = load_cached(&dir)? {
        note(how(&snapshot));
    }
    Ok(ExitCode::Done)
}

/// Says how a session ended.
fn how(snapshot: &Snapshot) -> String {
    match &snapshot.state.phase {
        Phase::Ended { ending } => format!(
            "Session '{}' {}\n",
            snapshot.plan.session,
            report::ending(ending)
        ),
        Phase::New
        | Phase::Ready
        | Phase::Running
        | Phase::Parallel
        | Phase::Exited { .. }
        | Phase::Waiting { .. } => {
            format!(
                "{}\n{}\n",
                report::failure(snapshot),
                report::ways_on(snapshot)
            )
        }
    }
}

struct Following<'a> {
    dir: &'a RunDir,
    snapshot: &'a Snapshot,
    wanted: &'a Wanted<'a>,
    /// The attempt being shown, or waited for.
    cursor: Cursor,
    shown: Option<activity::Shown<'a>>,
    /// Whether all of the attempt has been shown.
    over: bool,
    gone: bool,
    ended: bool,
}

impl<'a> Following<'a> {
    /// Shows the end of what has been said so far.
    fn begin_with_last(&mut self) -> Result<()> {
        self.cursor = self.snapshot.state.cursor;
        let Ok(place) = find(Sought::default(), self.snapshot) else {
            return Ok(());
        };
        let Some(last) = attempts(self.dir, &place).pop() else {
            return Ok(());
        };
        let Some(node) = self.snapshot.plan.node(last.cursor.node) else {
            return Ok(());
        };
        let agent = agent_of(self.dir, node, last.cursor);
        let mut shown =
            activity::Shown::open(&self.snapshot.plan, (node, agent), &last, self.wanted.json)?;
        self.gone = !(shown.header(self.snapshot) && shown.last(self.wanted.lines)?);
        if last.cursor == self.cursor {
            self.shown = Some(shown);
        } else {
            self.gone |= !shown.finish();
        }
        Ok(())
    }

    fn look(&mut self, journal: &mut Growing) -> Result<Look> {
        self.more()?;
        let mut outcome = Ok(());
        journal.read_lines(|line| {
            // A line of a newer format tells of something we do not know.
            if let Ok(line) = serde_json::from_slice::<Line>(line) {
                outcome = self.event(&line.event);
            }
            outcome.is_ok() && !self.gone
        })?;
        outcome?;
        Ok(Look {
            gone: self.gone,
            ended: self.ended,
        })
    }

    fn event(&mut self, event: &Event) -> Result<()> {
        self.ended = false;
        match event {
            Event::IterationStarted { cursor, .. } if self.cursor < *cursor => {
                self.finish()?;
                (self.cursor, self.over) = (*cursor, false);
                self.more()?;
            }
            Event::AgentExited {
                cursor, outcome, ..
            } if *cursor == self.cursor => {
                self.more()?;
                self.finish()?;
                self.over = true;
                self.say(&activity::ended(outcome));
            }
            Event::WaitStarted { reason, until } => match reason {
                WaitReason::Delay => (),
                WaitReason::Retry { error } => {
                    self.say(&format!("waits until {until} to try again: {error}"))
                }
                WaitReason::RateLimit { reason } => {
                    self.say(&format!("waits until {until} for the quota: {reason}"))
                }
                WaitReason::BusyQueue { error } => self.say(&format!(
                    "waits until {until} for the queue, which is busy: {error}"
                )),
                WaitReason::Queue { held, by } => self.say(&format!(
                    "waits until {until} for {}",
                    crate::text::held(*held, by)
                )),
            },
            Event::SessionFinished { .. } => {
                self.finish()?;
                self.ended = true;
            }
            _ => (),
        }
        Ok(())
    }

    /// Shows what the agent has said since; of one that has just begun, from its beginning.
    fn more(&mut self) -> Result<()> {
        if self.shown.is_none() && !self.over && 0 < self.cursor.iteration {
            self.shown = self.open();
            self.gone |= self
                .shown
                .as_ref()
                .is_some_and(|shown| !shown.header(self.snapshot));
        }
        if let Some(shown) = &mut self.shown {
            self.gone |= !shown.more()?;
        }
        Ok(())
    }

    fn open(&self) -> Option<activity::Shown<'a>> {
        let node = self.snapshot.plan.node(self.cursor.node)?;
        let agent = agent_of(self.dir, node, self.cursor);
        loop {
            let folder = folder_of(self.dir, node, self.cursor)?;
            let attempt = Attempt {
                cursor: self.cursor,
                folder: folder.clone(),
            };
            let open = || {
                activity::Shown::open(
                    &self.snapshot.plan,
                    (node, agent),
                    &attempt,
                    self.wanted.json,
                )
                .ok()
            };
            let shown = stdout(&folder).exists().then(open)?;
            // Its files may have moved away while we opened them, and another attempt's stand there.
            if folder_of(self.dir, node, self.cursor).is_some_and(|now| now == folder) {
                return shown;
            }
        }
    }

    fn finish(&mut self) -> Result<()> {
        if let Some(mut shown) = self.shown.take() {
            self.gone |= !(shown.more()? && shown.finish());
        }
        Ok(())
    }

    fn say(&mut self, line: &str) {
        self.gone |= !self.wanted.json && !ui::tell(&format!("  {line}\n"));
    }
}
