//! A session made out of the beginning of another one. It is made beside its place and then renamed, so that there is all
//! of it or nothing.
use super::journal::{Journal, JournalError, Position, read_from};
use super::layout::{Project, RunDir};
use super::{atomic, crash};
use crate::fingerprint::fingerprint;
use crate::model::{Cursor, Ending, Event, FinishedAttempt, ForkedFrom, NodeId, Outcome, WorkTree};
use crate::plan::{Block, Plan, PlanKind, Step};
use camino::{Utf8Path, Utf8PathBuf};
use fs_err as fs;
use jiff::Timestamp;
use serde_json::Value;
use std::io;

/// The end of an iteration, in a journal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cut {
    /// The number of the line that says so.
    pub seq: u64,
    pub cursor: Cursor,
    /// The project's files then, if they are in git.
    pub tree: Option<WorkTree>,
}

/// Returns the end of an iteration of the node at a place. If it has not ended, the number of the last one that has; 0 if
/// none has.
pub fn find(
    journal: &Utf8Path,
    place: u32,
    iteration: u32,
) -> Result<Result<Cut, u32>, JournalError> {
    let (mut found, mut last) = (None, 0);
    read_from(journal, Position::default(), |line| match &line.event {
        Event::AgentExited(FinishedAttempt {
            cursor,
            outcome: Outcome::Reported { .. } | Outcome::Unreported { .. },
            tree,
            ..
        }) if cursor.node == place => {
            last = cursor.iteration;
            if cursor.iteration == iteration {
                found = Some(Cut {
                    seq: line.seq,
                    cursor: *cursor,
                    tree: tree.clone(),
                });
            }
        }
        _ => (),
    })?;
    Ok(found.ok_or(last))
}

/// A session to be made.
#[derive(Debug)]
pub struct Fork<'a> {
    /// Where the session is that it comes from.
    pub old: (&'a Project, &'a RunDir),
    pub new: &'a Project,
    /// The plan, with the session and run it is for; its paths are still the old session's.
    pub plan: Plan,
    pub cut: Cut,
    pub from: ForkedFrom,
}

/// Makes the session in a draft and puts it in its place. Tells whether its progress file is as it was then; else it is as
/// it is now.
pub fn make(fork: &Fork<'_>, draft: &RunDir, now: Timestamp) -> Result<bool, JournalError> {
    let place = fork.new.session(&fork.plan.session);
    let as_it_was = fork.copy_folders(&place, draft)?;
    let fingerprint = write_plan(draft, &fork.moved(&fork.plan, &place)?)?;
    fork.write_journal(draft, &fingerprint, now)?;
    crash::point("fork: complete, not in its place");
    fs::rename(draft.root(), place.root())?;
    crash::point("fork: in its place");
    atomic::sync_folder(&fork.new.runs())?;
    Ok(as_it_was)
}

/// Makes an empty draft, without what a crashed fork left of one. Its folder shows that a session is being made here.
pub fn begin(place: &RunDir) -> io::Result<RunDir> {
    let draft = place.draft();
    crash::point("fork: before its draft");
    match fs::remove_dir_all(draft.root()) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        Ok(()) | Err(_) => (),
    }
    fs::create_dir_all(draft.inbox())?;
    crash::point("fork: draft made");
    Ok(draft)
}

impl Fork<'_> {
    /// Copies what the iterations up to the cut left, and the progress they had made.
    fn copy_folders(&self, place: &RunDir, draft: &RunDir) -> io::Result<bool> {
        let (old, at) = (self.old.1, self.cut.cursor);
        for before in 0..at.node {
            match self.plan.step(before) {
                Some(Step::Node(node)) => {
                    copy(&old.stage(before, &node.id), &draft.stage(before, &node.id))?
                }
                Some(Step::Block(block)) => self.copy_block(before, block, place, draft)?,
                None => (),
            }
        }
        let Some(node) = self.plan.node(at.node) else {
            return Err(io::Error::other("the plan has no such node"));
        };
        let (stage, new_stage) = (old.stage(at.node, &node.id), draft.stage(at.node, &node.id));
        for iteration in 1..=at.iteration {
            let cursor = Cursor { iteration, ..at };
            copy(
                old.iteration(cursor, &node.id).root(),
                draft.iteration(cursor, &node.id).root(),
            )?;
        }
        crash::point("fork: iterations copied");
        let progress = kept_progress(old, at, &node.id);
        if self.plan.kind == PlanKind::Loop {
            return Ok(copy_first(&[progress, old.progress()], &draft.progress())? == Some(0));
        }
        copy_first(
            &[old.iteration(at, &node.id).output()],
            &new_stage.join("output.md"),
        )?;
        // What the pipeline as a whole has is not written by its stages.
        copy_first(&[old.progress()], &draft.progress())?;
        Ok(copy_first(
            &[progress, stage.join("progress.md")],
            &new_stage.join("progress.md"),
        )? == Some(0))
    }

    /// Copies a block that is over: its branches become runs within the new run.
    fn copy_block(
        &self,
        step: u32,
        block: &Block,
        place: &RunDir,
        draft: &RunDir,
    ) -> io::Result<()> {
        let old = self.old.1;
        copy(&old.block(step, &block.id), &draft.block(step, &block.id))?;
        if let Ok(text) = fs::read(old.manifest(step, &block.id)) {
            let manifest = self.moved_value(serde_json::from_slice(&text)?, place);
            atomic::replace(
                &draft.manifest(step, &block.id),
                &serde_json::to_vec_pretty(&manifest)?,
            )?;
        }
        for (index, branch) in block.branches.iter().enumerate() {
            let (from, to) = (
                old.branch(step, &block.id, &branch.name),
                draft.branch(step, &block.id, &branch.name),
            );
            let Ok(text) = fs::read(from.plan()) else {
                continue;
            };
            let plan: Plan = serde_json::from_slice(&text)?;
            let plan = Plan {
                session: self.plan.session.clone(),
                run: self.plan.run.of_branch(step, index),
                ..plan
            };
            let fingerprint = write_plan(&to, &self.moved(&plan, place)?)?;
            fs::remove_file(to.journal())?;
            for view in [to.state(), to.checkpoint()] {
                // It is made again from the journal.
                let _ = fs::remove_file(view);
            }
            let mut journal = Journal::open(&to.journal(), |_| ()).map_err(io::Error::other)?;
            copy_lines(&from, u64::MAX, &mut journal, &plan, &fingerprint)
                .map_err(io::Error::other)?;
            journal.sync()?;
        }
        crash::point("fork: block copied");
        Ok(())
    }

    /// Writes what had happened until then, and what has happened now: the session was forked, and does not run yet.
    fn write_journal(
        &self,
        draft: &RunDir,
        fingerprint: &str,
        now: Timestamp,
    ) -> Result<(), JournalError> {
        let mut journal = Journal::open(&draft.journal(), |_| ())?;
        copy_lines(
            self.old.1,
            self.cut.seq,
            &mut journal,
            &self.plan,
            fingerprint,
        )?;
        journal.append(
            &Event::SessionForked {
                from: self.from.clone(),
            },
            now,
        )?;
        journal.append(
            &Event::SessionFinished {
                ending: Ending::Stopped {
                    by: "ap fork".to_owned(),
                },
            },
            now,
        )?;
        Ok(journal.sync()?)
    }

    /// Returns a plan whose paths are the new session's.
    fn moved(&self, plan: &Plan, place: &RunDir) -> io::Result<Plan> {
        let mut plan: Plan =
            serde_json::from_value(self.moved_value(serde_json::to_value(plan)?, place))?;
        // A recording is the other session's: this one would write over it.
        plan.record = None;
        let gates = plan
            .steps
            .iter_mut()
            .flat_map(Step::all_nodes_mut)
            .flat_map(|node| node.termination.commands_mut());
        for (_, gate) in gates {
            for frozen in &mut gate.frozen {
                // What judges there must be what has judged here, or it is not believed.
                if let Ok(inside) = Utf8Path::new(&frozen.path).strip_prefix(self.old.0.root()) {
                    frozen.path = self.new.root().join(inside).into_string();
                }
            }
        }
        Ok(plan)
    }

    fn moved_value(&self, value: Value, place: &RunDir) -> Value {
        match value {
            Value::String(text) => Value::String(
                self.moved_path(&text, place)
                    .map_or(text, Utf8PathBuf::into_string),
            ),
            Value::Array(all) => all
                .into_iter()
                .map(|value| self.moved_value(value, place))
                .collect(),
            Value::Object(all) => all
                .into_iter()
                .map(|(key, value)| (key, self.moved_value(value, place)))
                .collect(),
            other @ (Value::Null | Value::Bool(_) | Value::Number(_)) => other,
        }
    }

    /// Returns where a file of the old session, or of the project it works on, is for the new one. What is not there stays
    /// where it is.
    fn moved_path(&self, text: &str, place: &RunDir) -> Option<Utf8PathBuf> {
        let ((project, run), path) = (self.old, Utf8Path::new(text));
        if let Ok(inside) = path.strip_prefix(run.root()) {
            return Some(place.root().join(inside));
        }
        let inside = path.strip_prefix(project.root()).ok()?;
        Some(self.new.root().join(inside)).filter(|path| path.exists())
    }
}

/// Copies a journal's lines up to one, as those of the plan's session. It runs the plan as it is now.
fn copy_lines(
    from: &RunDir,
    last: u64,
    journal: &mut Journal,
    plan: &Plan,
    fingerprint: &str,
) -> Result<(), JournalError> {
    let mut written = Ok(());
    read_from(&from.journal(), Position::default(), |line| {
        let started = || Event::SessionStarted {
            session: plan.session.clone(),
            run: plan.run.clone(),
            plan: fingerprint.to_owned(),
        };
        let event = match &line.event {
            Event::PlanReplaced { .. } => return,
            Event::SessionStarted { .. } => &started(),
            event => event,
        };
        if line.seq <= last && written.is_ok() {
            written = journal.append(event, line.at);
        }
    })?;
    Ok(written?)
}

/// Writes a plan and returns its fingerprint.
fn write_plan(dir: &RunDir, plan: &Plan) -> io::Result<String> {
    let text = serde_json::to_string_pretty(plan)?;
    atomic::replace_durably(&dir.plan(), text.as_bytes())?;
    Ok(fingerprint(&text))
}

/// Copies the first of these files that is there and returns which it was.
fn copy_first(files: &[Utf8PathBuf], to: &Utf8Path) -> io::Result<Option<usize>> {
    let Some(found) = files.iter().position(|file| file.is_file()) else {
        return Ok(None);
    };
    fs::create_dir_all(to.parent().unwrap_or(to))?;
    fs::copy(&files[found], to)?;
    Ok(Some(found))
}

/// Copies a folder with all it holds; links as what they lead to, drafts not at all. One that is not there is empty.
fn copy(from: &Utf8Path, to: &Utf8Path) -> io::Result<()> {
    fs::create_dir_all(to)?;
    let entries = match from.read_dir_utf8() {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        entries => entries?,
    };
    for entry in entries {
        let entry = entry?;
        let target = to.join(entry.file_name());
        if entry.file_name().starts_with('.') {
            continue;
        }
        if entry.file_type()?.is_dir() {
            copy(entry.path(), &target)?;
        } else if entry.path().is_file() {
            fs::copy(entry.path(), target)?;
        }
    }
    Ok(())
}

/// Returns where the progress file is kept as it was after an iteration: with the last one that changed it.
fn kept_progress(run: &RunDir, at: Cursor, node: &NodeId) -> Utf8PathBuf {
    let folder = |iteration| run.iteration(Cursor { iteration, ..at }, node);
    let changed = (1..=at.iteration)
        .rev()
        .map(folder)
        .find(|folder| folder.progress().exists() || folder.progress_omitted().exists());
    changed.unwrap_or_else(|| folder(at.iteration)).progress()
}
