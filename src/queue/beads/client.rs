//! The issues of a database, asked for through `bd`.
use super::call::Bd;
use super::issue::{Issue, done_statuses};
use super::version::{self, Dialect, Version};
use crate::queue::error::{QueueError, Result};
use crate::queue::owner::Owner;
use crate::queue::queue_env::QueueEnv;
use camino::{Utf8Path, Utf8PathBuf};
use std::collections::HashMap;
use std::sync::{Mutex, OnceLock, PoisonError};

/// The variable that passes the output of `bd version` to `ap queue` calls of a run's agents.
pub(super) const VERSION: &str = "AP_BD_VERSION";
/// The limit given to `bd ready`.
pub(super) const READY_LIMIT: &str = "100";
/// The same as a number.
const READY_LIMIT_COUNT: usize = 100;

/// The issues of a label, or of a whole database.
#[derive(Debug)]
pub(super) struct Beads {
    pub(super) bd: Bd,
    pub(super) database: Option<Utf8PathBuf>,
    pub(super) label: Option<String>,
    pub(super) version: OnceLock<Version>,
    pub(super) remarks: Mutex<Vec<String>>,
}

impl Beads {
    pub(super) fn new(
        program: &str,
        database: Option<&Utf8Path>,
        label: Option<String>,
        timeout_s: u64,
        at: &QueueEnv,
    ) -> Self {
        // Agents of a run reuse the version that the run's first call found.
        let version = at
            .env
            .get(VERSION)
            .and_then(|output| version::read(output).ok());
        let named = database.map(Utf8Path::to_owned).or_else(|| {
            at.env
                .get("BEADS_DIR")
                .filter(|dir| !dir.is_empty())
                .map(|dir| at.project.join(dir))
        });
        let bd = Bd::new(program, named.as_deref(), timeout_s, at);
        Self {
            bd,
            database: named,
            label,
            version: version.map(OnceLock::from).unwrap_or_default(),
            remarks: Mutex::default(),
        }
    }

    /// Returns what the installed version supports; `bd` is asked once.
    pub(super) fn dialect(&self) -> Result<Dialect> {
        if let Some(version) = self.version.get() {
            return Ok(version.dialect);
        }
        let version = version::read(&self.bd.text(&["version"])?)
            .map_err(|why| QueueError::unavailable(why, "install a newer bd"))?;
        self.remarks
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .extend(version.remark.clone());
        Ok(self.version.get_or_init(|| version).dialect)
    }

    /// Returns the issues of a list: those with our label, if there is one, and without a limit unless the words set
    /// one.
    pub(super) fn list(&self, words: &[&str]) -> Result<Vec<Issue>> {
        // The answers of an unknown version are not trusted.
        self.dialect()?;
        let label = self
            .label
            .iter()
            .flat_map(|label| ["--label", label.as_str()]);
        let args: Vec<&str> = words
            .iter()
            .copied()
            .chain(label)
            .chain(["--json"])
            .collect();
        self.bd.read(&args)
    }

    pub(super) fn list_ready(&self, limit: &str) -> Result<Vec<Issue>> {
        let listed = self.list(&["ready", "--sort", "priority", "--limit", limit])?;
        let cut = limit == READY_LIMIT && READY_LIMIT_COUNT <= listed.len();
        // Old versions list what is in progress, all list containers and what is assigned.
        let free: Vec<Issue> = listed.into_iter().filter(Issue::is_free).collect();
        // Issues that can be claimed may come after all issues that cannot.
        if cut && free.is_empty() {
            self.list_ready("0")
        } else {
            Ok(free)
        }
    }

    pub(super) fn in_progress(&self) -> Result<Vec<Issue>> {
        Ok(self
            .list(&["list", "--status", "in_progress", "--limit", "0"])?
            .into_iter()
            .filter(Issue::is_work)
            .collect())
    }

    /// Returns the custom statuses that mean closed; asks only if an issue has a custom status.
    pub(super) fn done_statuses(&self, issues: &[Issue]) -> Result<Vec<String>> {
        if !issues.iter().any(Issue::has_custom_status) {
            return Ok(Vec::new());
        }
        let custom = self
            .bd
            .field(&["config", "get", "status.custom", "--json"], "value")?;
        Ok(done_statuses(&custom.unwrap_or_default()))
    }

    pub(super) fn blocked_by(&self) -> HashMap<String, Vec<String>> {
        // The answer only explains a blocked issue; the status does not depend on it.
        let blocked = self.bd.read(&["blocked", "--json"]).unwrap_or_default();
        blocked
            .into_iter()
            .map(|issue| (issue.id, issue.blocked_by.unwrap_or_default()))
            .collect()
    }

    pub(super) fn update(
        &self,
        id: &str,
        words: &[&str],
        owner: Option<&Owner>,
    ) -> Result<Vec<Issue>> {
        let args: Vec<&str> = ["update", checked(id)?]
            .into_iter()
            .chain(words.iter().copied())
            .chain(["--json"])
            .collect();
        self.bd.write(&args, owner)
    }

    /// Returns the ids of ready issues without a session's label.
    pub(super) fn unlabelled(&self) -> Result<Vec<String>> {
        let ready = self
            .bd
            .read(&["ready", "--sort", "priority", "--limit", "0", "--json"])?;
        Ok(ready
            .into_iter()
            .filter(|issue| issue.is_free() && !issue.is_labelled())
            .map(|issue| issue.id)
            .collect())
    }
}

/// Returns the id if it cannot be mistaken for an option.
pub(super) fn checked(id: &str) -> Result<&str> {
    let fits = !id.is_empty()
        && !id.starts_with('-')
        && !id.contains(|c: char| c.is_whitespace() || c.is_control());
    fits.then_some(id).ok_or_else(|| {
        QueueError::rejected(
            format!("`{}` is not an id", id.escape_debug()),
            "`ap queue ready` lists the ids",
        )
    })
}
