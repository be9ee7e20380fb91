//! What one attempt's agent said and did, read from its `stdout.log`.
use super::growing::Growing;
use super::place::{Attempt, agent_of, stdout};
use crate::agent::{Activity, Transcript, output_format};
use crate::error::Result;
use crate::model::{Cursor, Exit, Outcome, Status};
use crate::plan::{AgentSpec, Node, Plan};
use crate::store::layout::RunDir;
use crate::store::session::Snapshot;
use crate::text::first_line;
use crate::ui::{self, note};
use camino::Utf8Path;
use fs_err as fs;
use serde::Serialize;
use std::collections::VecDeque;
use std::io::{self, Read as _};

/// An output up to this size is read from its beginning.
const SMALL: u64 = 8 * 1024 * 1024;
/// How many lines of standard error are shown when an attempt went wrong.
const STDERR_LINES: usize = 10;
/// The most that is read of a file that should be small.
const LARGEST: u64 = 1024 * 1024;

/// One line of `ap logs --json`.
#[derive(Serialize)]
struct Line<'a> {
    /// From 1.
    run_number: u32,
    /// The branch of a parallel block, as `--branch` names it.
    branch: Option<&'a str>,
    stage: &'a str,
    iteration: u32,
    attempt: u32,
    activity: &'a Activity,
}

/// An attempt being shown.
pub(super) struct Shown<'a> {
    speaker: Speaker<'a>,
    agent: &'a AgentSpec,
    output: Growing,
    transcript: Transcript,
}

/// Whose words are shown.
struct Speaker<'a> {
    /// Which run it belongs to, from 1.
    run_number: u32,
    branch: Option<String>,
    node: &'a Node,
    cursor: Cursor,
    json: bool,
}

/// Shows the last lines of an attempt. Tells whether somebody still reads it.
pub(super) fn show(
    attempt: &Attempt,
    dir: &RunDir,
    snapshot: &Snapshot,
    lines: usize,
    json: bool,
) -> Result<bool> {
    let Some(node) = snapshot.plan.node(attempt.cursor.node) else {
        return Ok(true);
    };
    let mut shown = Shown::open(
        &snapshot.plan,
        (node, agent_of(dir, node, attempt.cursor)),
        attempt,
        json,
    )?;
    if !shown.header(snapshot) || !shown.last(lines)? {
        return Ok(false);
    }
    let ended = attempt.folder.join("exit.json").exists();
    if ended && !shown.finish() {
        return Ok(false);
    }
    Ok(json
        || ending(&attempt.folder)
            .iter()
            .all(|line| ui::tell(&format!("  {line}\n"))))
}

impl<'a> Shown<'a> {
    pub(super) fn open(
        plan: &Plan,
        (node, agent): (&'a Node, &'a AgentSpec),
        attempt: &Attempt,
        json: bool,
    ) -> io::Result<Self> {
        let (cursor, output) = (attempt.cursor, Growing::open(&stdout(&attempt.folder))?);
        let speaker = Speaker {
            run_number: plan.turn(cursor.node).0 + 1,
            branch: branch(plan),
            node,
            cursor,
            json,
        };
        Ok(Self {
            speaker,
            agent,
            output,
            transcript: Transcript::new(output_format(agent)),
        })
    }

    /// Says which attempt follows.
    pub(super) fn header(&self, snapshot: &Snapshot) -> bool {
        self.speaker.json
            || ui::tell(&format!(
                "{}\n",
                heading(self.speaker.node, self.agent, self.speaker.cursor, snapshot)
            ))
    }

    /// Shows the last activities up to now; 0 stands for all of them.
    pub(super) fn last(&mut self, lines: usize) -> Result<bool> {
        if lines == 0 {
            return self.more();
        }
        let (mut last, mut behind, mut before) = (VecDeque::new(), lines.saturating_mul(4), None);
        let left_out = loop {
            let whole = self.output.length()? <= SMALL;
            let start = self
                .output
                .go_to_last_lines(if whole { 0 } else { behind })?;
            let dropped = self.read_last(lines, &mut last)?;
            // Where looking for more lines begins no earlier, that is as far back as anybody looks.
            if start == 0 || lines <= last.len() || before.replace(start) == Some(start) {
                break dropped || 0 < start;
            }
            behind = behind.saturating_mul(8);
        };
        if left_out && !self.speaker.json {
            note("  … what came before is left out; --lines 0 shows all\n");
        }
        Ok(last.iter().all(|activity| self.speaker.say(activity)))
    }

    /// Reads on, keeping the last activities. Tells whether there were more.
    fn read_last(&mut self, lines: usize, last: &mut VecDeque<Activity>) -> Result<bool> {
        let (mut transcript, mut dropped) = (Transcript::new(output_format(self.agent)), false);
        last.clear();
        self.output.read(|piece| {
            last.extend(transcript.push(piece));
            let over = last.len().saturating_sub(lines);
            last.drain(..over);
            dropped |= 0 < over;
            true
        })?;
        self.transcript = transcript;
        Ok(dropped)
    }

    /// Shows what has been added since.
    pub(super) fn more(&mut self) -> Result<bool> {
        let Self {
            speaker,
            output,
            transcript,
            ..
        } = self;
        let read = output.read(|piece| {
            transcript
                .push(piece)
                .iter()
                .all(|activity| speaker.say(activity))
        });
        Ok(read?)
    }

    /// Shows the last line, which has no end: the output is complete.
    pub(super) fn finish(&mut self) -> bool {
        self.transcript
            .finish()
            .iter()
            .all(|activity| self.speaker.say(activity))
    }
}

impl Speaker<'_> {
    /// Shows one thing. Tells whether somebody still reads it.
    fn say(&self, activity: &Activity) -> bool {
        let Self {
            run_number,
            branch,
            node,
            cursor,
            json,
        } = self;
        if !json {
            return ui::tell(&format!("  {}\n", activity.line()));
        }
        let (iteration, attempt) = (cursor.iteration, cursor.attempt);
        let line = Line {
            run_number: *run_number,
            branch: branch.as_deref(),
            stage: node.id.as_str(),
            iteration,
            attempt,
            activity,
        };
        ui::tell(&format!(
            "{}\n",
            serde_json::to_string(&line).unwrap_or_default()
        ))
    }
}

/// Returns what `--branch` calls the branch that a plan is of.
fn branch(plan: &Plan) -> Option<String> {
    plan.branch
        .as_ref()
        .map(|branch| format!("{}/{}", branch.block, branch.name))
}

fn heading(node: &Node, agent: &AgentSpec, cursor: Cursor, snapshot: &Snapshot) -> String {
    let Snapshot { plan, state } = snapshot;
    let of = if state.cursor.node == cursor.node {
        state.max_iterations(node)
    } else {
        node.max_iterations
    };
    let stage = if plan.nodes.len() > 1 {
        format!("stage {}  ", node.id)
    } else {
        String::new()
    };
    let attempt = if 1 < cursor.attempt {
        format!("  attempt {}", cursor.attempt)
    } else {
        String::new()
    };
    let run = plan
        .run_in_words(cursor.node)
        .map_or_else(String::new, |run| format!("{run}  "));
    let by = if node.agent.fallback.is_empty() {
        String::new()
    } else {
        format!("  by {}", agent.label())
    };
    let branch = branch(plan).map_or_else(String::new, |branch| format!("{branch}  "));
    format!(
        "● {run}{branch}{stage}iteration {}/{of}{attempt}{by}",
        cursor.iteration
    )
}

/// Returns what a person wants to know of an attempt's end, one line each; nothing while it runs.
fn ending(folder: &Utf8Path) -> Vec<String> {
    let Some(exit) =
        small(&folder.join("exit.json")).and_then(|text| serde_json::from_str::<Exit>(&text).ok())
    else {
        return Vec::new();
    };
    let status = small(&folder.join("status.json")).and_then(|text| Status::parse(&text).ok());
    let mut lines = match (&exit, status) {
        (Exit { code: Some(0), .. }, Some(status)) => return vec![reported(&status)],
        (exit, _) => vec![format!("ended {}", exited(exit))],
    };
    lines.extend(stderr(folder));
    lines
}

fn exited(exit: &Exit) -> String {
    match exit {
        Exit {
            spawn_error: Some(error),
            ..
        } => format!("before it began: {error}"),
        Exit {
            limit: Some(limit), ..
        } => Outcome::TimedOut { limit: *limit }.to_string(),
        Exit {
            cancelled: true, ..
        } => "because the session was told to stop".to_owned(),
        Exit {
            signal: Some(signal),
            ..
        } => format!("by signal {signal}"),
        Exit { code: Some(0), .. } => "without a valid status.json".to_owned(),
        Exit { code, .. } => format!(
            "with exit code {}",
            code.map_or_else(|| "unknown".to_owned(), |code| code.to_string())
        ),
    }
}

/// Returns how an attempt ended that the journal tells of.
pub(super) fn ended(outcome: &Outcome) -> String {
    match outcome {
        Outcome::Reported { status } => reported(status),
        other => format!("ended: {}", first_line(&other.to_string())),
    }
}

fn reported(status: &Status) -> String {
    format!(
        "status: {} {}",
        status.decision.word(),
        first_line(status.said())
    )
    .trim_end()
    .to_owned()
}

/// Returns the last lines of what it said on standard error.
fn stderr(folder: &Utf8Path) -> Vec<String> {
    let Ok(mut stderr) = Growing::open(&folder.join("stderr.log")) else {
        return Vec::new();
    };
    let mut last = VecDeque::new();
    let read = stderr.go_to_last_lines(STDERR_LINES).and_then(|_| {
        stderr.read_lines(|line| {
            last.push_back(format!(
                "stderr: {}",
                first_line(&String::from_utf8_lossy(line))
            ));
            true
        })
    });
    if read.is_err() {
        Vec::new()
    } else {
        last.into()
    }
}

fn small(path: &Utf8Path) -> Option<String> {
    let mut text = String::new();
    fs::File::open(path)
        .ok()?
        .take(LARGEST)
        .read_to_string(&mut text)
        .ok()?;
    Some(text)
}
