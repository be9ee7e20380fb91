//! The record of how runs ended: `completions.jsonl` beside the run directories of a project.
use crate::model::{Event, RunId, SessionName, SessionStatus};
use crate::store::layout::Project;
use crate::store::lock::FileLock;
use crate::store::observer::{Fact, Observer, Reaction};
use crate::store::{atomic, beneath};
use fs_err as fs;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::io;
use std::time::Duration;

/// How long another session of the project may write to the file.
const PATIENCE: Duration = Duration::from_secs(5);

/// Keeps one line for each run, with its last end.
pub(in crate::runner) struct Completions {
    project: Project,
}

/// A line of the file.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Completion {
    session: SessionName,
    #[serde(rename = "type")]
    kind: String,
    status: SessionStatus,
    completed_at: Timestamp,
    run: RunId,
}

impl Completions {
    pub(in crate::runner) fn new(project: Project) -> Self {
        Self { project }
    }

    fn record(&self, completion: &Completion) -> io::Result<()> {
        let folder = fs::File::open(self.project.runs())?;
        let held = || {
            io::Error::new(
                io::ErrorKind::TimedOut,
                "completions.jsonl is being written",
            )
        };
        let _turn = FileLock::exclusive_within(&folder, PATIENCE)?.ok_or_else(held)?;
        let path = self.project.runs().join("completions.jsonl");
        let text = match beneath::open_if_there(&path)? {
            Some(_) => String::from_utf8_lossy(&beneath::read(&path)?).into_owned(),
            None => String::new(),
        };
        // Lines of others stay as they are.
        let is_other = |line: &&str| {
            let read = serde_json::from_str::<Completion>(line);
            !line.trim().is_empty() && read.map_or(true, |known| known.run != completion.run)
        };
        let mut lines: Vec<&str> = text.lines().filter(is_other).collect();
        let line = serde_json::to_string(completion)?;
        lines.push(&line);
        atomic::replace(&path, (lines.join("\n") + "\n").as_bytes())
    }
}

impl Observer for Completions {
    fn durable_name(&self) -> Option<&'static str> {
        Some("completions")
    }

    fn observe(&mut self, fact: &Fact<'_>) -> io::Result<Reaction> {
        let Event::SessionFinished { ending } = fact.event else {
            return Ok(Reaction::Transient);
        };
        let status = ending.status();
        let counts = matches!(
            status,
            SessionStatus::Complete | SessionStatus::Failed | SessionStatus::LimitReached
        );
        if !counts || fact.is_copied() {
            return Ok(Reaction::Transient);
        }
        self.record(&Completion {
            session: fact.plan.session.clone(),
            kind: fact.plan.name.to_string(),
            status,
            completed_at: fact.at,
            run: fact.key.run.clone(),
        })?;
        Ok(Reaction::Durable)
    }
}
