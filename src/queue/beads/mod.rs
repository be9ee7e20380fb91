//! Issues in beads, through `bd` 0.24 to 1.3 or a program that speaks like it.
//!
//! Nothing of `bd` is trusted alone: an exit code of 0 may be a refusal, `ready` may list what is held and cut its list
//! short, and a claim may be given twice. So stdout must be JSON, limits are always given, and `tracker::TrackerQueue`
//! claims under our lock and reads again.
mod call;
mod database;
mod issue;
mod version;

use super::claims::ClaimsDir;
use super::program::Program;
use super::tracker::{Ready, Tracker};
use super::{Owner, QueueEnv, QueueError, Result, Unlabelled};
use crate::model::{Searched, Task};
use crate::plan::bad_label;
use call::Bd;
use camino::{Utf8Path, Utf8PathBuf};
use issue::{Issue, Seen, done_statuses};
use std::collections::HashMap;
use std::sync::{Mutex, OnceLock, PoisonError};
use version::{Dialect, Version};

/// Who acts, for `bd` of any version: until 0.46, and from 0.47 on.
const ACTORS: [&str; 2] = ["BD_ACTOR", "BEADS_ACTOR"];
/// What `bd version` said, for the calls of `ap queue` by a run's agents.
const VERSION: &str = "AP_BD_VERSION";
/// How much of what is ready one look asks for.
const GLANCE: &str = "100";
/// The same as a number.
const MOST_GLANCED: usize = 100;

/// The issues of a label, or of a whole database.
#[derive(Debug)]
pub(super) struct Beads {
    bd: Bd,
    database: Option<Utf8PathBuf>,
    label: Option<String>,
    version: OnceLock<Version>,
    remarks: Mutex<Vec<String>>,
}

/// Whether `bd` would find a database from here.
pub fn has_database(project: &Utf8Path, named: Option<&str>) -> bool {
    database::find(named.map(Utf8Path::new), project).is_some()
}

/// Says why this version of `bd` cannot be used, if it cannot.
pub fn too_old(said: &str) -> Option<String> {
    version::read(said).err()
}

impl Beads {
    pub(super) fn new(
        program: &str,
        database: Option<&Utf8Path>,
        label: Option<String>,
        timeout_s: u64,
        at: &QueueEnv,
    ) -> Self {
        // What the run's first look was told.
        let version = at
            .env
            .get(VERSION)
            .and_then(|said| version::read(said).ok());
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

    /// Returns what the version can do. It is asked for once.
    fn dialect(&self) -> Result<Dialect> {
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

    /// Asks for a list, in full unless it says otherwise, of our label if there is one.
    fn list(&self, words: &[&str]) -> Result<Vec<Issue>> {
        // Of a version nobody knows nothing is believed.
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

    fn list_ready(&self, limit: &str) -> Result<Vec<Issue>> {
        let listed = self.list(&["ready", "--sort", "priority", "--limit", limit])?;
        let cut = limit == GLANCE && MOST_GLANCED <= listed.len();
        // Old versions list what is in progress, all list containers and what is assigned.
        let free: Vec<Issue> = listed.into_iter().filter(Issue::is_free).collect();
        // What can be taken may come behind all that cannot.
        if cut && free.is_empty() {
            self.list_ready("0")
        } else {
            Ok(free)
        }
    }

    fn in_progress(&self) -> Result<Vec<Issue>> {
        Ok(self
            .list(&["list", "--status", "in_progress", "--limit", "0"])?
            .into_iter()
            .filter(Issue::is_work)
            .collect())
    }

    /// Returns the custom statuses that mean closed, if any issue makes it worth asking.
    fn done_statuses(&self, issues: &[Issue]) -> Result<Vec<String>> {
        if !issues.iter().any(Issue::has_custom_status) {
            return Ok(Vec::new());
        }
        let custom = self
            .bd
            .field(&["config", "get", "status.custom", "--json"], "value")?;
        Ok(done_statuses(&custom.unwrap_or_default()))
    }

    fn blocked_by(&self) -> HashMap<String, Vec<String>> {
        // Only to say why: a status does not hang on it.
        let blocked = self.bd.read(&["blocked", "--json"]).unwrap_or_default();
        blocked
            .into_iter()
            .map(|issue| (issue.id, issue.blocked_by.unwrap_or_default()))
            .collect()
    }

    fn update(&self, id: &str, words: &[&str], owner: Option<&Owner>) -> Result<Vec<Issue>> {
        let args: Vec<&str> = ["update", checked(id)?]
            .into_iter()
            .chain(words.iter().copied())
            .chain(["--json"])
            .collect();
        self.bd.write(&args, owner)
    }

    /// Returns what is ready and has no session's label.
    fn unlabelled(&self) -> Result<Vec<String>> {
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

impl Tracker for Beads {
    fn claims_dir(&self) -> Result<ClaimsDir> {
        let found = database::find(self.database.as_deref(), &self.bd.program.cwd);
        // `bd` may know another way to its database; then the project has the lock.
        Ok(ClaimsDir::beside(
            found.unwrap_or_else(|| self.bd.program.cwd.join(".beads")),
        ))
    }

    fn searched(&self) -> Searched {
        let name = &self.bd.name;
        let Some(label) = &self.label else {
            return Searched {
                what: format!("any issue that `{name} list` shows"),
                next: format!("make one with `{name} create`, then resume"),
            };
        };
        let what = format!("issues with the label `{label}` in `{name}`");
        let session = label.strip_prefix("pipeline/").unwrap_or("SESSION");
        let free = match self.unlabelled().map(|ids| ids.len()) {
            Ok(0) | Err(_) => format!(
                "no ready task is without a session's label: make some with `{name} create … -l {label}`"
            ),
            Ok(number) => format!(
                "{} without a session's label: give them this one with `ap queue label {session} --all-ready`, or some with `ap queue label {session} ID…`",
                crate::text::count(number, "ready task")
            ),
        };
        Searched {
            what,
            next: format!("{free}; or start with another label, `--label NAME`"),
        }
    }

    fn all(&self) -> Result<Vec<Task>> {
        let issues: Vec<Issue> = self
            .list(&["list", "--all", "--limit", "0"])?
            .into_iter()
            .filter(Issue::is_work)
            .collect();
        let mut seen = Seen {
            ready: Some(HashMap::new()),
            done: self.done_statuses(&issues)?,
            ..Seen::default()
        };
        if issues.iter().any(Issue::is_free) {
            let ready: HashMap<String, usize> = self
                .list_ready("0")?
                .into_iter()
                .enumerate()
                .map(|(at, issue)| (issue.id, at))
                .collect();
            if issues
                .iter()
                .any(|issue| issue.is_free() && !ready.contains_key(&issue.id))
            {
                seen.blocked_by = self.blocked_by().into_iter().collect();
            }
            seen.ready = Some(ready);
        }
        let mut tasks: Vec<Task> = issues.into_iter().map(|issue| issue.task(&seen)).collect();
        let place = |task: &Task| {
            seen.ready
                .as_ref()
                .and_then(|ready| ready.get(&task.id))
                .copied()
                .unwrap_or(usize::MAX)
        };
        tasks.sort_by_key(place);
        Ok(tasks)
    }

    fn open(&self) -> Result<Vec<Task>> {
        let ready = self.list_ready(GLANCE)?;
        if ready.is_empty() {
            return Ok(Vec::new());
        }
        let held = self.in_progress()?;
        // Two calls are not one moment: what has been claimed between them is in both.
        let free = ready
            .into_iter()
            .filter(|issue| !held.iter().any(|held| held.id == issue.id))
            .collect::<Vec<_>>();
        let seen = Seen::default();
        Ok(free
            .into_iter()
            .chain(held)
            .map(|issue| issue.task(&seen))
            .collect())
    }

    fn ready(&self, how: Ready) -> Result<Vec<Task>> {
        let (seen, limit) = (
            Seen::default(),
            if how == Ready::All { "0" } else { GLANCE },
        );
        Ok(self
            .list_ready(limit)?
            .into_iter()
            .map(|issue| issue.task(&seen))
            .collect())
    }

    fn one(&self, id: &str) -> Result<Task> {
        let id = checked(id)?;
        self.dialect()?;
        let issue = self
            .bd
            .read(&["show", id, "--json"])?
            .into_iter()
            .find(|issue| issue.id == id);
        let issue = issue.ok_or_else(|| {
            QueueError::protocol(
                format!("`{} show {id}` showed something else", self.bd.name),
                "call it yourself and see",
            )
        })?;
        let done = self.done_statuses(std::slice::from_ref(&issue))?;
        Ok(issue.task(&Seen {
            done,
            ..Seen::default()
        }))
    }

    fn claims_safely(&self) -> Result<bool> {
        Ok(self.dialect()?.claims_safely)
    }

    fn claim(&self, id: &str, owner: &Owner) -> Result<()> {
        let name = owner.to_string();
        let words: &[&str] = if self.dialect()?.has_claim {
            &["--claim"]
        } else {
            &["--status", "in_progress", "--assignee", &name]
        };
        self.update(id, words, Some(owner)).map(drop)
    }

    fn release(&self, id: &str, owner: &Owner) -> Result<()> {
        let now = self.update(id, &["--status", "open", "--assignee", ""], Some(owner))?;
        check(&now, id, "be given back", |issue| {
            issue.status == "open" && issue.assignee.as_deref().unwrap_or_default().is_empty()
        })
    }

    fn close(&self, id: &str, owner: Option<&Owner>, reason: &str) -> Result<()> {
        let reason = if reason.trim().is_empty() {
            "done"
        } else {
            reason
        };
        let now = self.bd.write(
            &["close", checked(id)?, "--reason", reason, "--json"],
            owner,
        )?;
        check(&now, id, "be closed", |issue| issue.status == "closed")
    }

    fn park(&self, id: &str, owner: &Owner, why: &str) -> Result<()> {
        // The reason is in our own records; where `bd` can keep it too, people find it there.
        let _ = self.update(
            id,
            &["--append-notes", &format!("agent-pipelines: {why}")],
            Some(owner),
        );
        let now = self.update(id, &["--status", "blocked", "--assignee", ""], Some(owner))?;
        check(&now, id, "be parked", |issue| issue.status == "blocked")
    }

    fn label(&self, which: Unlabelled<'_>, label: &str) -> Result<Vec<String>> {
        if let Some(why) = bad_label(label) {
            return Err(QueueError::rejected(
                format!("the label `{label}` cannot be used: {why}"),
                "choose another with `--label NAME`",
            ));
        }
        let ids = match which {
            Unlabelled::These(ids) => ids.to_vec(),
            Unlabelled::AllReady => self.unlabelled()?,
        };
        for id in &ids {
            self.one(id)?;
            self.bd
                .tell(&["label", "add", checked(id)?, label, "--json"])?;
            let has = |issue: &Issue| {
                issue.id == *id && issue.labels.iter().flatten().any(|has| has == label)
            };
            if !self.bd.read(&["show", id, "--json"])?.iter().any(has) {
                return Err(QueueError::protocol(
                    format!("`{id}` did not get the label `{label}`"),
                    "call `bd label add` yourself and see",
                ));
            }
        }
        Ok(ids)
    }

    fn keep_alive(&self, owner: &Owner) -> Result<()> {
        if !self.dialect()?.has_leases {
            return Ok(());
        }
        let name = owner.to_string();
        for issue in self
            .in_progress()?
            .into_iter()
            .filter(|issue| issue.assignee.as_deref() == Some(&name))
        {
            // A claim without a lease is refused, and needs none.
            let _ = self
                .bd
                .write(&["heartbeat", checked(&issue.id)?, "--json"], Some(owner));
        }
        Ok(())
    }

    fn agent_env(&self, owner: &Owner) -> Vec<(String, String)> {
        let actor = ACTORS.map(|name| (name, owner.to_string()));
        let folder = self
            .database
            .as_ref()
            .map(|folder| ("BEADS_DIR", folder.to_string()));
        let version = self
            .version
            .get()
            .map(|version| (VERSION, version.said.clone()));
        actor
            .into_iter()
            .chain(folder)
            .chain(version)
            .map(|(name, value)| (name.to_owned(), value))
            .collect()
    }

    fn remarks(&self) -> Vec<String> {
        std::mem::take(&mut *self.remarks.lock().unwrap_or_else(PoisonError::into_inner))
    }

    fn program(&self) -> &Program {
        &self.bd.program
    }

    fn parks(&self) -> bool {
        true
    }
}

/// Returns an id that cannot be taken for an option.
fn checked(id: &str) -> Result<&str> {
    let fits = !id.is_empty()
        && !id.starts_with('-')
        && !id.contains(|c: char| c.is_whitespace() || c.is_control());
    fits.then_some(id).ok_or_else(|| {
        QueueError::rejected(
            format!("`{}` is no id", id.escape_debug()),
            "`ap queue ready` lists the ids",
        )
    })
}

/// Checks what `bd` says an issue is after a change: an exit code of 0 is not enough.
fn check(now: &[Issue], id: &str, what: &str, is: impl Fn(&Issue) -> bool) -> Result<()> {
    if now.iter().any(|issue| issue.id == id && is(issue)) {
        return Ok(());
    }
    Err(QueueError::protocol(
        format!("`{id}` could not {what}: bd shows it unchanged"),
        format!("`bd show {id}` tells what is the matter with it"),
    ))
}
