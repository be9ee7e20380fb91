//! Calls of `bd`: which are repeated, and what their answers mean.
use super::issue::Issue;
use crate::model::CommandOutput;
use crate::model::Env;
use crate::queue::error::{QueueError, Result};
use crate::queue::json::{self, Envelope};
use crate::queue::owner::Owner;
use crate::queue::program::{Program, error_line, failure};
use crate::queue::queue_env::QueueEnv;
use camino::Utf8Path;
use std::sync::Mutex;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

/// Messages of `bd` while another process uses its database; nothing has been changed then.
const BUSY: [&str; 5] = [
    "database is locked",
    "out of sync",
    "exclusive lock",
    "lock timeout",
    "lock-timeout",
];
/// Messages of `bd` where it has no database.
const NO_DATABASE: [&str; 2] = ["no beads database", "database not initialized"];
/// Messages of `bd` about a missing issue. Not just "not found": a table or a program may be missing too.
const NO_ISSUE: [&str; 3] = ["no issue found", "issue not found", "not found: issue"];
/// Messages of `bd` when it refuses a change; from 0.57 on with an exit code of 1.
const REFUSED: [&str; 3] = ["cannot close", "already claimed", "not claimable"];

/// The variables that name the actor: until 0.46, and from 0.47 on.
pub(super) const ACTORS: [&str; 2] = ["BD_ACTOR", "BEADS_ACTOR"];
/// The program, called for one project.
#[derive(Debug)]
pub(super) struct Bd {
    pub(super) name: String,
    pub(super) program: Program,
}

impl Bd {
    pub(super) fn new(
        name: &str,
        database: Option<&Utf8Path>,
        timeout_s: u64,
        at: &QueueEnv,
    ) -> Self {
        let env = environment(&at.env, database);
        let limit = Duration::from_secs(timeout_s);
        Self {
            name: name.to_owned(),
            program: Program {
                cwd: at.project.clone(),
                env,
                limit,
                hurried: AtomicBool::new(false),
                is_swept: false,
                call_log: Mutex::default(),
            },
        }
    }

    /// Returns the issues that a call prints. The call changes nothing, so it is repeated when it fails.
    pub(super) fn read(&self, args: &[&str]) -> Result<Vec<Issue>> {
        self.program.read(|| self.issues(args, None))
    }

    /// Returns the output of a call that prints no issues.
    pub(super) fn text(&self, args: &[&str]) -> Result<String> {
        self.program
            .read(|| Ok(self.call(args, None)?.stdout_text().into_owned()))
    }

    /// Returns a text field from the output of a call that prints no issues.
    pub(super) fn field(&self, args: &[&str], name: &str) -> Result<Option<String>> {
        self.program.read(|| {
            json::field(&self.call(args, None)?.stdout_text(), name)
                .map_err(|why| self.nonsense(args, &why))
        })
    }

    /// Makes a change with a call that prints no issues.
    pub(super) fn run(&self, args: &[&str]) -> Result<()> {
        self.program.change(|| self.call(args, None).map(drop))
    }

    /// Changes an issue. Repeated only where `bd` says that it has changed nothing.
    pub(super) fn write(&self, args: &[&str], owner: Option<&Owner>) -> Result<Vec<Issue>> {
        self.program.change(|| self.issues(args, owner))
    }

    fn issues(&self, args: &[&str], owner: Option<&Owner>) -> Result<Vec<Issue>> {
        let output = self.call(args, owner)?;
        match json::answer(&output.stdout_text()) {
            Ok(Envelope::Items(issues)) => Ok(issues),
            Ok(Envelope::Error(words)) => Err(self.failure(args, "an error", &words)),
            // Before 0.57 a refusal is an exit code of 0, nothing on stdout, and words on stderr.
            Err(_) if output.stdout.trim_ascii().is_empty() && !error_line(&output).is_empty() => {
                Err(self.failure(args, "no answer", &error_line(&output)))
            }
            Err(why) => Err(self.nonsense(args, &why)),
        }
    }

    fn nonsense(&self, args: &[&str], why: &str) -> QueueError {
        let what = format!("`{}`: {why}", self.program.line(&self.name, args));
        QueueError::protocol(what, "call it yourself and see; its stdout must be JSON")
    }

    /// Makes one call. Its exit code counts, whatever it printed.
    fn call(&self, args: &[&str], owner: Option<&Owner>) -> Result<CommandOutput> {
        let actor = owner.map(ToString::to_string);
        let env: Vec<(&str, &str)> = actor
            .iter()
            .flat_map(|actor| ACTORS.map(|name| (name, actor.as_str())))
            .collect();
        let mut args = args.to_vec();
        if let Some(actor) = &actor {
            args.extend(["--actor", actor]);
        }
        let output = self.program.call(&self.name, &args, &env, b"")?;
        let Some(failure) = failure(&output) else {
            return Ok(output);
        };
        let words = match json::answer::<Issue>(&output.stdout_text()) {
            Ok(Envelope::Error(words)) => words,
            Ok(Envelope::Items(_)) | Err(_) => error_line(&output),
        };
        Err(self.failure(&args, &failure, &words))
    }

    /// Classifies a failure by its message; `bd` reports the kind in no other way.
    fn failure(&self, args: &[&str], how: &str, words: &str) -> QueueError {
        let contains = |any: &[&str]| {
            any.iter()
                .any(|text| words.to_ascii_lowercase().contains(text))
        };
        let (name, quoted) = (&self.name, crate::text::clean(words));
        let what = format!(
            "`{}` failed ({how}): {quoted}",
            self.program.line(&self.name, args)
        );
        if contains(&BUSY) {
            return QueueError::busy(
                what,
                "find out what else uses the database and let it finish",
            );
        }
        if contains(&NO_DATABASE) {
            let next = format!(
                "make one with `{name} init --prefix NAME` (see with `git status` what it writes), or say where it is: `queue: {{database: PATH}}`"
            );
            return QueueError::unavailable(
                format!(
                    "there is no beads database for {}: {quoted}",
                    self.program.cwd
                ),
                next,
            );
        }
        if contains(&NO_ISSUE) {
            return QueueError::rejected(what, "`ap queue ready` lists the ids");
        }
        if how == "no answer" || contains(&REFUSED) {
            return QueueError::rejected(what, format!("see `{name} show` and `ap queue show`"));
        }
        QueueError::protocol(
            what,
            format!("call it yourself and see; `{name} doctor` checks the database"),
        )
    }
}

/// Returns the caller's environment without variables that change how `bd` behaves, and with those that keep it quiet.
fn environment(inherited: &Env, database: Option<&Utf8Path>) -> Env {
    let other = |name: &str| {
        ["BD_", "BEADS_", "CLAUDE"]
            .iter()
            .any(|prefix| name.starts_with(prefix))
    };
    let kept = inherited
        .iter()
        .filter(|(name, _)| !other(name))
        .map(|(name, value)| (name.clone(), value.clone()));
    let mut env: Env = kept.collect();
    let chosen = database
        .map(Utf8Path::as_str)
        .or(inherited.get("BEADS_DIR").map(String::as_str));
    let ours = [("NO_COLOR", "1"), ("BEADS_NO_DAEMON", "1")]
        .into_iter()
        .chain(chosen.map(|folder| ("BEADS_DIR", folder)));
    env.extend(ours.map(|(name, value)| (name.to_owned(), value.to_owned())));
    env
}
