//! What `ap logs` and `ap tail` are asked to show.
use super::{events, follow, target};
use crate::cli::context::Context;
use crate::cli::format::Format;
use crate::cli::session::find;
use crate::error::{Error, ExitCode, Result};
use crate::model::SessionName;
use crate::store::layout::RunDir;
use crate::store::session::{Snapshot, load_cached};

/// How many lines are shown by default.
pub(in crate::cli) const LINES: usize = 50;

/// What `--json` prints here.
pub(in crate::cli) const JSON_HELP: &str = "Print JSON lines of branch, stage, iteration, attempt and activity; with --events the journal's own lines";

pub(in crate::cli) struct LogRequest<'a> {
    pub(in crate::cli) session: &'a SessionName,
    pub(in crate::cli) branch: Option<&'a str>,
    /// A run of the pipeline, from 1; by default the current or last one.
    pub(in crate::cli) run: Option<u32>,
    pub(in crate::cli) lines: usize,
    pub(in crate::cli) follow: bool,
    pub(in crate::cli) format: Format,
}

impl LogRequest<'_> {
    /// Returns the run directory that is meant: the session's, or a branch's.
    pub(super) fn dir(&self, context: &Context) -> Result<RunDir> {
        let snapshot = find(self.session, context)?;
        let dir = context.project.session(self.session);
        match self.branch {
            Some(name) => target::branch(&dir, &snapshot, name, self.run),
            None => Ok(dir),
        }
    }

    /// Loads what must exist there.
    pub(super) fn load(&self, context: &Context) -> Result<Snapshot> {
        load_cached(&self.dir(context)?)?.ok_or_else(|| {
            let name = self.branch.unwrap_or_default();
            Error::failed(format!("branch `{name}` has not started yet"))
        })
    }

    /// Prints what the agents do from now on, until the session ends.
    pub(in crate::cli) fn follow(&self, context: &Context) -> Result<ExitCode> {
        follow::attempts(self, context)
    }

    /// Prints the journal, and what is added to it if it is to be followed.
    pub(in crate::cli) fn print_journal(&self, context: &Context) -> Result<ExitCode> {
        let path = self.dir(context)?.journal();
        let mut journal = events::JournalPrinter::open(&path, self.lines, self.format)?;
        if journal.print()? && self.follow {
            follow::journal(&mut journal, self, context)
        } else {
            Ok(ExitCode::Done)
        }
    }
}
