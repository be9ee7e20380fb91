//! Beads as a tracker.
use super::call::ACTORS;
use super::client::{Beads, READY_LIMIT, VERSION, checked};
use super::database;
use super::issue::{Issue, IssueContext};
use crate::model::{Searched, Task};
use crate::plan::{QueueSpec, bad_label};
use crate::queue::claims::ClaimsDir;
use crate::queue::error::{QueueError, Result};
use crate::queue::interface::{LabelTarget, Queue};
use crate::queue::owner::Owner;
use crate::queue::program::Program;
use crate::queue::queue_env::QueueEnv;
use crate::queue::tracker::{Ready, Tracker, TrackerQueue};
use camino::Utf8Path;
use std::collections::HashMap;
use std::sync::PoisonError;

/// Opens the issues with a label, or all of the database.
pub(in crate::queue) fn open(
    program: &str,
    database: Option<&Utf8Path>,
    label: Option<&str>,
    spec: &QueueSpec,
    env: &QueueEnv,
) -> Box<dyn Queue> {
    let label = label.map(str::to_owned);
    let beads = Beads::new(program, database, label, spec.timeout_s, env);
    Box::new(TrackerQueue::new(beads, spec.max_attempts))
}

impl Tracker for Beads {
    fn claims_dir(&self) -> Result<ClaimsDir> {
        let found = database::find(self.database.as_deref(), &self.bd.program.cwd);
        // If `bd` finds its database in a way unknown here, the lock is in the project.
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
        let mut seen = IssueContext {
            ready: Some(HashMap::new()),
            done: self.done_statuses(&issues)?,
            ..IssueContext::default()
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
        let ready = self.list_ready(READY_LIMIT)?;
        if ready.is_empty() {
            return Ok(Vec::new());
        }
        let held = self.in_progress()?;
        // An issue claimed between the two calls is in both answers.
        let free = ready
            .into_iter()
            .filter(|issue| !held.iter().any(|held| held.id == issue.id))
            .collect::<Vec<_>>();
        let seen = IssueContext::default();
        Ok(free
            .into_iter()
            .chain(held)
            .map(|issue| issue.task(&seen))
            .collect())
    }

    fn ready(&self, how: Ready) -> Result<Vec<Task>> {
        let (seen, limit) = (
            IssueContext::default(),
            if how == Ready::All { "0" } else { READY_LIMIT },
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
        Ok(issue.task(&IssueContext {
            done,
            ..IssueContext::default()
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
        check(&now, id, "be released", |issue| {
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
        // The reason is in our own records; where `bd` can keep it too, `bd show` prints it.
        let _ = self.update(
            id,
            &["--append-notes", &format!("agent-pipelines: {why}")],
            Some(owner),
        );
        let now = self.update(id, &["--status", "blocked", "--assignee", ""], Some(owner))?;
        check(&now, id, "be parked", |issue| issue.status == "blocked")
    }

    fn label(&self, which: LabelTarget<'_>, label: &str) -> Result<Vec<String>> {
        if let Some(why) = bad_label(label) {
            return Err(QueueError::rejected(
                format!("the label `{label}` cannot be used: {why}"),
                "choose another with `--label NAME`",
            ));
        }
        let ids = match which {
            LabelTarget::These(ids) => ids.to_vec(),
            LabelTarget::AllReady => self.unlabelled()?,
        };
        for id in &ids {
            self.one(id)?;
            self.bd
                .run(&["label", "add", checked(id)?, label, "--json"])?;
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
            .map(|version| (VERSION, version.output.clone()));
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

/// Checks by reading an issue again that a change was made: an exit code of 0 is not enough.
fn check(now: &[Issue], id: &str, what: &str, is: impl Fn(&Issue) -> bool) -> Result<()> {
    if now.iter().any(|issue| issue.id == id && is(issue)) {
        return Ok(());
    }
    Err(QueueError::protocol(
        format!("`{id}` could not {what}: bd shows it unchanged"),
        format!("see `bd show {id}`"),
    ))
}
