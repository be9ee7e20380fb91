//! Prints what one attempt's agent said and did, read from its `stdout.log`.
use super::ending;
use super::target::{Attempt, agent_of, stdout};
use crate::agent::{Activity, AgentSpec, Transcript};
use crate::cli::format::Format;
use crate::error::Result;
use crate::exec::file_tail::FileTail;
use crate::model::Cursor;
use crate::plan::{Node, Plan};
use crate::store::layout::RunDir;
use crate::store::session::Snapshot;
use crate::ui::activity::Shown;
use crate::ui::{self, note, style};
use camino::Utf8Path;
use serde::Serialize;
use std::collections::VecDeque;
use std::io;

/// An output up to this size is read from its beginning.
const SMALL_OUTPUT: u64 = 8 * 1024 * 1024;

/// An attempt being printed.
pub(super) struct AttemptPrinter<'a> {
    printer: ActivityPrinter<'a>,
    agent: &'a AgentSpec,
    output: FileTail,
    transcript: Transcript,
}

/// Prints activities with what identifies their attempt.
struct ActivityPrinter<'a> {
    /// From 1.
    run_number: u32,
    branch: Option<String>,
    node: &'a Node,
    cursor: Cursor,
    format: Format,
    shown: Shown,
}

/// One line of `ap logs --json`.
#[derive(Serialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
pub(in crate::cli) struct Line<'a> {
    /// From 1.
    run_number: u32,
    /// The branch of a parallel block, as `--branch` names it.
    branch: Option<&'a str>,
    stage: &'a str,
    iteration: u32,
    attempt: u32,
    activity: &'a Activity,
}

/// Prints the last lines of an attempt. Returns whether stdout is still read.
pub(super) fn print(
    attempt: &Attempt,
    dir: &RunDir,
    snapshot: &Snapshot,
    (lines, format): (usize, Format),
) -> Result<bool> {
    let Some(node) = snapshot.plan.node(attempt.cursor.node) else {
        return Ok(true);
    };
    let agent = agent_of(dir, node, attempt.cursor);
    let mut printer = AttemptPrinter::open((&snapshot.plan, dir), (node, agent), attempt, format)?;
    if !printer.header(snapshot) || !printer.last(lines)? {
        return Ok(false);
    }
    let ended = attempt.folder.join("exit.json").exists();
    if ended && !printer.finish() {
        return Ok(false);
    }
    let mut end = ending::read(&attempt.folder).into_iter();
    Ok(format == Format::Json || end.all(|line| ui::stream(&format!("  {line}\n"))))
}

impl<'a> AttemptPrinter<'a> {
    pub(super) fn open(
        (plan, dir): (&Plan, &RunDir),
        (node, agent): (&'a Node, &'a AgentSpec),
        attempt: &Attempt,
        format: Format,
    ) -> io::Result<Self> {
        let cursor = attempt.cursor;
        let printer = ActivityPrinter {
            run_number: plan.split(cursor.node).0 + 1,
            branch: branch_name(plan),
            node,
            cursor,
            format,
            shown: shown(dir, &attempt.folder),
        };
        Ok(Self {
            printer,
            agent,
            output: FileTail::open(&stdout(&attempt.folder))?,
            transcript: Transcript::new(agent.adapter().output_format()),
        })
    }

    /// Prints the heading of the attempt.
    pub(super) fn header(&self, snapshot: &Snapshot) -> bool {
        let ActivityPrinter {
            node,
            cursor,
            format,
            ..
        } = self.printer;
        format == Format::Json
            || ui::stream(&format!(
                "{}\n",
                heading(node, self.agent, cursor, snapshot)
            ))
    }

    /// Prints the last activities up to now; 0 stands for all of them.
    pub(super) fn last(&mut self, lines: usize) -> Result<bool> {
        if lines == 0 {
            return self.more();
        }
        let (activities, complete) = self.find_last(lines)?;
        if !complete && self.printer.format == Format::Text {
            note("  … earlier output is not shown; --lines 0 shows all\n");
        }
        Ok(activities
            .iter()
            .all(|activity| self.printer.print(activity)))
    }

    /// Returns the last activities, and whether they are all there are. A large output is read from further and
    /// further back, until enough are found.
    fn find_last(&mut self, count: usize) -> Result<(VecDeque<Activity>, bool)> {
        let is_small = self.output.length()? <= SMALL_OUTPUT;
        let (mut lines, mut previous_start) = (count.saturating_mul(4), None);
        loop {
            let start = self
                .output
                .seek_to_last_lines(if is_small { 0 } else { lines })?;
            let (last, dropped) = self.read_last(count)?;
            // A read of more lines that starts no earlier has reached the beginning.
            if start == 0 || count <= last.len() || previous_start == Some(start) {
                return Ok((last, !dropped && start == 0));
            }
            previous_start = Some(start);
            lines = lines.saturating_mul(8);
        }
    }

    /// Reads to the end and returns the last activities, and whether there were more.
    fn read_last(&mut self, count: usize) -> Result<(VecDeque<Activity>, bool)> {
        let mut transcript = Transcript::new(self.agent.adapter().output_format());
        let (mut last, mut dropped) = (VecDeque::new(), false);
        self.output.read(|piece| {
            last.extend(transcript.push(piece));
            let excess = last.len().saturating_sub(count);
            last.drain(..excess);
            dropped |= 0 < excess;
            true
        })?;
        self.transcript = transcript;
        Ok((last, dropped))
    }

    /// Prints the output that was added since the last call.
    pub(super) fn more(&mut self) -> Result<bool> {
        let Self {
            printer,
            output,
            transcript,
            ..
        } = self;
        let read = output.read(|piece| {
            transcript
                .push(piece)
                .iter()
                .all(|activity| printer.print(activity))
        });
        Ok(read?)
    }

    /// Prints the last, unterminated line, once the output is complete.
    pub(super) fn finish(&mut self) -> bool {
        self.transcript
            .finish()
            .iter()
            .all(|activity| self.printer.print(activity))
    }
}

impl ActivityPrinter<'_> {
    /// Prints one activity. Returns whether stdout is still read.
    fn print(&self, activity: &Activity) -> bool {
        if self.format == Format::Text {
            let mut lines = self.shown.lines(activity, None).into_iter();
            return lines.all(|line| ui::stream(&format!("  {line}\n")));
        }
        let line = Line {
            run_number: self.run_number,
            branch: self.branch.as_deref(),
            stage: self.node.id.as_str(),
            iteration: self.cursor.iteration,
            attempt: self.cursor.attempt,
            activity,
        };
        ui::stream(&format!("{}\n", ui::json::line(&line).unwrap_or_default()))
    }
}

/// Returns how activities are shown: as in the session's window.
fn shown(dir: &RunDir, folder: &Utf8Path) -> Shown {
    // The run directory is `<project>/.claude/pipeline-runs/<session>`.
    let project = dir.root().ancestors().nth(3);
    let mut shown = Shown::new(project.into_iter().chain([dir.root(), folder]));
    shown.width = ui::width().map(|width| width.saturating_sub(2));
    shown
}

/// Returns what `--branch` calls the branch that a plan belongs to.
fn branch_name(plan: &Plan) -> Option<String> {
    plan.branch
        .as_ref()
        .map(|branch| format!("{}/{}", branch.block, branch.name))
}

fn heading(node: &Node, agent: &AgentSpec, cursor: Cursor, snapshot: &Snapshot) -> String {
    let Snapshot { plan, state } = snapshot;
    let max = if state.current.cursor.node == cursor.node {
        state.max_iterations(node)
    } else {
        node.max_iterations
    };
    let mut text = format!("{} ", style::active("●"));
    for name in [plan.run_label(cursor.node), branch_name(plan)]
        .into_iter()
        .flatten()
    {
        text += &format!("{name}  ");
    }
    if 1 < plan.steps.len() {
        text += &format!("stage {}  ", node.id);
    }
    let iteration = format!("iteration {}/{max}", cursor.iteration);
    text += &style::heading(&iteration).to_string();
    if 1 < cursor.attempt {
        text += &format!("  attempt {}", cursor.attempt);
    }
    if node.agent.has_others() {
        text += &format!("  by {}", agent.label());
    }
    text
}
