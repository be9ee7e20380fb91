//! Appends the phases of a PRD that are over to `.agent-pipelines/backlog-archive.md`.
use crate::model::{DonePhase, Event};
use crate::plan::Plan;
use crate::store::observer::{Fact, Observer, Reaction};
use crate::store::project_folder::FOLDER;
use crate::store::{beneath, crash, ignored};
use camino::{Utf8Path, Utf8PathBuf};
use fs_err as fs;
use std::io::{self, Write as _};

/// The file's name.
const FILE: &str = "backlog-archive.md";

/// Keeps what a phase was, once each.
pub(in crate::runner) struct PhaseArchive {
    root: Utf8PathBuf,
}

impl PhaseArchive {
    pub(in crate::runner) fn new(root: &Utf8Path) -> Self {
        Self {
            root: root.to_owned(),
        }
    }

    /// Whether a plan has a PRD with phases to keep.
    pub(in crate::runner) fn is_kept(plan: &Plan) -> bool {
        plan.all_nodes().any(|node| node.termination.has_prd())
    }

    fn append(&self, fact: &Fact<'_>, phase: &DonePhase) -> io::Result<()> {
        let folder = self.root.join(FOLDER);
        ignored::create(&folder)?;
        let path = folder.join(FILE);
        let mark = format!("<!-- {} {} -->", fact.key.run, fact.key.number);
        let there = match fs::read(&path) {
            Ok(bytes) => String::from_utf8_lossy(&bytes).into_owned(),
            Err(error) if error.kind() == io::ErrorKind::NotFound => String::new(),
            Err(error) => return Err(error),
        };
        if there.contains(&mark) {
            return Ok(());
        }
        crash::point("archive: a phase is not in it");
        let gap = if there.is_empty() { "" } else { "\n" };
        let entry = format!(
            "{gap}## {}, {}\n{mark}\n\n{}\n",
            phase.name,
            fact.at.strftime("%Y-%m-%d %H:%M UTC"),
            phase.text
        );
        beneath::append(&path)?.write_all(entry.as_bytes())?;
        crash::point("archive: a phase is in it");
        Ok(())
    }
}

impl Observer for PhaseArchive {
    fn durable_name(&self) -> Option<&'static str> {
        Some("archive")
    }

    fn observe(&mut self, fact: &Fact<'_>) -> io::Result<Reaction> {
        match fact.event {
            Event::PhaseFinished { phase } if !fact.is_copied() => {
                self.append(fact, phase)?;
                Ok(Reaction::Durable)
            }
            _ => Ok(Reaction::Transient),
        }
    }
}
