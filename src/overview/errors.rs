//! Errors in the log of everything, by their kinds: none is looked for in words.
use crate::model::ProjectId;
use crate::store::event_log::{Filter, last_lines};
use crate::store::layout::UserDirs;
use jiff::Timestamp;
use serde::Deserialize;
use std::io;

/// The kinds that may be errors, and the one that says that a project works again.
const KINDS: [&str; 7] = [
    "agent_exited",
    "gate_answered",
    "session_finished",
    "status_changed",
    "journal_repaired",
    "notification_failed",
    "supervisor_started",
];
/// Lines that are read at most.
const MOST: usize = 10_000;

/// An error in the log.
#[derive(Clone, Debug)]
pub struct LoggedError {
    pub at: Timestamp,
    pub project: Option<ProjectId>,
    pub kind: String,
    /// What it was.
    pub text: String,
    /// Whether the project worked again after it.
    pub is_over: bool,
}

/// The fields by which a line is an error.
#[derive(Deserialize)]
#[serde(default)]
struct Fields {
    at: Timestamp,
    project: Option<ProjectId>,
    kind: String,
    reason: String,
    outcome: String,
    verdict: String,
    status: String,
    after_crash: bool,
}

impl Default for Fields {
    fn default() -> Self {
        Self {
            at: Timestamp::UNIX_EPOCH,
            project: None,
            kind: String::new(),
            reason: String::new(),
            outcome: String::new(),
            verdict: String::new(),
            status: String::new(),
            after_crash: false,
        }
    }
}

impl Fields {
    fn is_error(&self) -> bool {
        match self.kind.as_str() {
            "agent_exited" => matches!(
                self.outcome.as_str(),
                "unreported"
                    | "crashed"
                    | "refused"
                    | "timed_out"
                    | "environment"
                    | "budget_exhausted"
                    | "lost"
            ),
            "gate_answered" => self.verdict == "broken",
            "session_finished" => self.status == "failed",
            "status_changed" => matches!(self.status.as_str(), "blocked" | "unfit"),
            "supervisor_started" => self.after_crash,
            "journal_repaired" | "notification_failed" => true,
            _ => false,
        }
    }

    /// Whether the project works again.
    fn is_good(&self) -> bool {
        match self.kind.as_str() {
            "agent_exited" => self.outcome == "reported",
            "status_changed" => !matches!(self.status.as_str(), "blocked" | "unfit" | "waiting"),
            "supervisor_started" => true,
            _ => false,
        }
    }

    fn text(&self) -> String {
        let what = [&self.outcome, &self.verdict, &self.status];
        let what = what.into_iter().find(|it| !it.is_empty());
        match what {
            _ if self.after_crash => "the supervisor was killed".to_owned(),
            Some(what) if self.reason.is_empty() => what.clone(),
            Some(what) if self.reason.starts_with(what.as_str()) => self.reason.clone(),
            Some(what) => format!("{what}: {}", self.reason),
            None => self.reason.clone(),
        }
    }
}

/// Returns the errors since a moment, oldest first.
pub fn since(dirs: &UserDirs, since: Timestamp) -> io::Result<Vec<LoggedError>> {
    let filter = Filter {
        kinds: KINDS.map(str::to_owned).into(),
        since: Some(since),
        ..Filter::default()
    };
    let mut found: Vec<LoggedError> = Vec::new();
    for line in last_lines(dirs, &filter, MOST)?.lines {
        let Ok(fields) = serde_json::from_slice::<Fields>(&line) else {
            continue;
        };
        if fields.is_good() {
            let same = |error: &&mut LoggedError| error.project == fields.project;
            found
                .iter_mut()
                .filter(same)
                .for_each(|it| it.is_over = true);
        }
        if fields.is_error() {
            found.push(LoggedError {
                at: fields.at,
                text: fields.text(),
                project: fields.project,
                // The supervisor is up again.
                is_over: fields.kind == "supervisor_started",
                kind: fields.kind,
            });
        }
    }
    Ok(found)
}

/// Returns those of the errors since a moment after which the project did not work again.
pub fn open(dirs: &UserDirs, moment: Timestamp) -> io::Result<Vec<LoggedError>> {
    let mut found = since(dirs, moment)?;
    found.retain(|error| !error.is_over);
    Ok(found)
}
