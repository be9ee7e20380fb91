//! The commands as a tracker.
use super::fill::fill;
use super::listed::Listed;
use crate::fingerprint::fingerprint_all;
use crate::model::{Searched, Task, TaskState};
use crate::plan::{QueueSpec, TrackerCommands};
use crate::queue::claims::ClaimsDir;
use crate::queue::error::{QueueError, QueueErrorKind, Result};
use crate::queue::interface::{LabelTarget, Queue};
use crate::queue::json::{self, Envelope};
use crate::queue::owner::Owner;
use crate::queue::program::{Program, error_line, failure};
use crate::queue::queue_env::QueueEnv;
use crate::queue::tracker::{Tracker, TrackerQueue};
use camino::Utf8Path;
use serde_json::json;
use std::sync::Mutex;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

/// `EX_TEMPFAIL` of sysexits.
const BUSY: i32 = 75;

/// A tracker behind commands.
#[derive(Debug)]
pub(in crate::queue) struct Command {
    commands: TrackerCommands,
    /// Shared settings; the program name comes per call.
    program: Program,
}

/// The parameters of a command.
#[derive(Clone, Copy, Debug, Default)]
struct CommandParams<'a> {
    id: &'a str,
    owner: &'a str,
    reason: &'a str,
}

/// Opens a tracker that is reached through the commands.
pub(in crate::queue) fn open(
    commands: &TrackerCommands,
    spec: &QueueSpec,
    env: &QueueEnv,
) -> Box<dyn Queue> {
    let command = Command::new(commands.clone(), spec.timeout_s, env);
    Box::new(TrackerQueue::new(command, spec.max_attempts))
}

impl Command {
    pub(in crate::queue) fn new(commands: TrackerCommands, timeout_s: u64, at: &QueueEnv) -> Self {
        let limit = Duration::from_secs(timeout_s);
        let program = Program {
            cwd: at.project.clone(),
            env: at.env.clone(),
            limit,
            hurried: AtomicBool::new(false),
            is_swept: true,
            call_log: Mutex::default(),
        };
        Self { commands, program }
    }

    /// Calls one of the commands once and returns what it printed.
    fn call(&self, action: &str, command: &[String], params: CommandParams<'_>) -> Result<String> {
        let label = self.commands.label.as_deref().unwrap_or_default();
        let fill = |word: &String| {
            fill(
                word,
                &[
                    ("id", params.id),
                    ("owner", params.owner),
                    ("label", label),
                    ("reason", params.reason),
                ],
            )
        };
        let words: Vec<String> = command.iter().map(fill).collect();
        let Some((name, args)) = words.split_first() else {
            return Err(QueueError::unavailable(
                format!("the queue has no `{action}` command"),
                "add it to `queue: {commands: …}` in the loop",
            ));
        };
        let input = json!({ "action": action, "id": params.id, "owner": params.owner, "label": label, "reason": params.reason }).to_string();
        let output = self.program.call(name, args, &[], input.as_bytes())?;
        let line = || self.program.line(name, args);
        let wrong = |how: &str, words: &str| {
            let kind = if output.code == Some(BUSY) {
                QueueErrorKind::Busy
            } else {
                QueueErrorKind::Protocol
            };
            let what = format!(
                "the `{action}` command of the queue failed ({how}): {}",
                crate::text::clean(words)
            );
            QueueError::new(kind, what, format!("call it yourself and see: {}", line()))
        };
        let error = match json::answer::<serde::de::IgnoredAny>(&output.stdout_text()) {
            Ok(Envelope::Error(words)) => Some(words),
            Ok(Envelope::Items(_)) | Err(_) => None,
        };
        match (failure(&output), error) {
            (Some(how), words) => Err(wrong(&how, &words.unwrap_or_else(|| error_line(&output)))),
            (None, Some(words)) => Err(wrong("an error", &words)),
            (None, None) => Ok(output.stdout_text().into_owned()),
        }
    }

    fn change(&self, action: &str, command: &[String], params: CommandParams<'_>) -> Result<()> {
        self.program
            .change(|| self.call(action, command, params).map(drop))
    }

    fn list(&self) -> Result<Vec<Task>> {
        // A tracker may create a new, empty database where it is gone.
        self.claims_dir()?;
        let text = self.call("list", &self.commands.list, CommandParams::default())?;
        match json::answer::<Listed>(&text) {
            Ok(Envelope::Items(listed)) => Ok(listed.into_iter().map(Listed::task).collect()),
            Ok(Envelope::Error(words)) => Err(QueueError::new(
                QueueErrorKind::Protocol,
                words,
                "call the `list` command yourself and see",
            )),
            Err(why) => Err(QueueError::protocol(
                format!("the `list` command of the queue: {why}"),
                "it must print a JSON list of tasks",
            )),
        }
    }

    /// Verifies a change by reading the task again, because an exit code of 0 is not enough.
    fn is_now(&self, id: &str, what: &str, is: impl Fn(&Task) -> bool) -> Result<()> {
        match self.one(id) {
            Ok(task) if is(&task) => Ok(()),
            Ok(_) => Err(QueueError::protocol(
                format!("`{id}` could not {what}: the `list` command shows it unchanged"),
                "call the commands yourself and see",
            )),
            Err(error) => Err(error),
        }
    }
}

impl Tracker for Command {
    fn claims_dir(&self) -> Result<ClaimsDir> {
        let Some(named) = &self.commands.database else {
            // Two trackers of one project may use the same ids.
            let name = format!("queue-{}", fingerprint_all(&self.commands.list));
            return Ok(ClaimsDir::beside(self.program.cwd.join(name)).alone());
        };
        let at_home = named
            .strip_prefix("~")
            .ok()
            .and_then(|rest| Some(Utf8Path::new(self.program.env.get("HOME")?).join(rest)));
        let found = at_home.as_ref().unwrap_or(named).canonicalize_utf8().map_err(|error| {
            let next = "name what the tracker keeps its tasks in, or leave `database` out of the loop's `queue:`";
            QueueError::unavailable(format!("cannot find {named}, the database of the queue: {error}"), next)
        })?;
        Ok(ClaimsDir::beside(found).alone())
    }

    fn searched(&self) -> Searched {
        let label = self.commands.label.as_deref().unwrap_or_default();
        let command = self.commands.list.join(" ");
        Searched {
            what: format!("what `{command}` prints for the label `{label}`"),
            next: "add a task there, then resume; `--label NAME` names others".to_owned(),
        }
    }

    fn all(&self) -> Result<Vec<Task>> {
        self.program.read(|| self.list())
    }

    fn one(&self, id: &str) -> Result<Task> {
        let found = self.all()?.into_iter().find(|task| task.id == id);
        found.ok_or_else(|| {
            QueueError::rejected(
                format!("there is no task `{}`", id.escape_debug()),
                "`ap queue ready` lists the ids",
            )
        })
    }

    fn claim(&self, id: &str, owner: &Owner) -> Result<()> {
        self.change(
            "claim",
            &self.commands.claim,
            CommandParams {
                id,
                owner: &owner.to_string(),
                reason: "",
            },
        )
    }

    fn release(&self, id: &str, owner: &Owner) -> Result<()> {
        self.change(
            "release",
            &self.commands.release,
            CommandParams {
                id,
                owner: &owner.to_string(),
                reason: "",
            },
        )?;
        // The task may be blocked by now, or claimed by another owner.
        let ours = |task: &Task| {
            task.owner
                .as_deref()
                .is_none_or(|by| Owner::read(by) == *owner)
        };
        self.is_now(id, "be released", |task| {
            task.state != TaskState::Held || !ours(task)
        })
    }

    fn close(&self, id: &str, owner: Option<&Owner>, reason: &str) -> Result<()> {
        let owner = owner.map(ToString::to_string).unwrap_or_default();
        self.change(
            "close",
            &self.commands.close,
            CommandParams {
                id,
                owner: &owner,
                reason,
            },
        )?;
        self.is_now(id, "be closed", |task| task.state == TaskState::Closed)
    }

    fn park(&self, id: &str, owner: &Owner, why: &str) -> Result<()> {
        let params = CommandParams {
            id,
            owner: &owner.to_string(),
            reason: why,
        };
        if self.commands.park.is_empty() {
            // The claims file records that it is parked.
            return self.change("release", &self.commands.release, params);
        }
        self.change("park", &self.commands.park, params)
    }

    fn label(&self, _which: LabelTarget<'_>, label: &str) -> Result<Vec<String>> {
        let what = format!("ap cannot put the label `{label}` on a task of this tracker");
        Err(QueueError::rejected(
            what,
            "do it with the tracker's own program",
        ))
    }

    fn keep_alive(&self, _owner: &Owner) -> Result<()> {
        Ok(())
    }

    fn agent_env(&self, _owner: &Owner) -> Vec<(String, String)> {
        Vec::new()
    }

    fn remarks(&self) -> Vec<String> {
        Vec::new()
    }

    fn program(&self) -> &Program {
        &self.program
    }

    fn parks(&self) -> bool {
        !self.commands.park.is_empty()
    }
}
