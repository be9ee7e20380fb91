//! What `ap logs` and `ap tail` are asked to show.
use super::target;
use crate::cli::context::Context;
use crate::cli::format::Format;
use crate::cli::session::find;
use crate::error::{Error, ErrorKind, Result};
use crate::model::SessionName;
use crate::store::layout::RunDir;
use crate::store::session::{Snapshot, load_cached};

/// How many lines are shown by default.
pub(crate) const LINES: usize = 50;

/// What `--json` prints here.
pub(crate) const JSON_HELP: &str =
    "Print lines of JSON (`ap schema ap-logs`); with --events the journal's own lines";

pub(crate) struct LogRequest<'a> {
    pub(crate) session: &'a SessionName,
    pub(crate) branch: Option<&'a str>,
    /// A run of the pipeline, from 1; by default the current or last one.
    pub(crate) run: Option<u32>,
    pub(crate) lines: usize,
    pub(crate) follow: bool,
    pub(crate) format: Format,
}

impl LogRequest<'_> {
    /// Returns the run directory to read: the session's, or a branch's.
    pub(super) fn dir(&self, context: &Context) -> Result<RunDir> {
        let snapshot = find(self.session, context)?;
        let dir = context.project.session(self.session);
        match self.branch {
            Some(name) => target::branch(&dir, &snapshot, name, self.run),
            None => Ok(dir),
        }
    }

    /// Loads the session or branch, which must exist.
    pub(super) fn load(&self, context: &Context) -> Result<Snapshot> {
        load_cached(&self.dir(context)?)?.ok_or_else(|| {
            let name = self.branch.unwrap_or_default();
            Error::new(
                ErrorKind::NotYet,
                format!("branch `{name}` has not started yet"),
            )
        })
    }
}
