//! Starts the runner of a slice: by `ap` itself, in a process and a thread of their own, because a project may be on a
//! file system that hangs.
use super::fitness::look_closely;
use super::messages::{LaunchFailure, Message};
use crate::error::ErrorKind;
use crate::exec::command::{BoundedCommand, CommandError};
use crate::fleet::{Fitness, LaunchProblem};
use crate::model::{CommandOutput, Env};
use crate::store::layout::Project;
use crate::store::registry::RegisteredProject;
use camino::Utf8PathBuf;
use serde::Deserialize;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::Sender;
use std::time::{Duration, Instant};

/// How long a start may take: longer than a runner may take to come up.
const LIMIT: Duration = Duration::from_secs(90);
/// How long a launch may take altogether before its project counts as one that does not answer.
const PATIENCE: Duration = Duration::from_secs(120);

/// How the session of a slice is continued.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum StartMode {
    /// It was never started.
    New,
    Resume,
    /// It is complete, and its queue has grown since.
    Again,
}

/// A launch to make.
pub(super) struct Launch {
    pub(super) project: RegisteredProject,
    pub(super) generation: u64,
    pub(super) mode: StartMode,
    pub(super) exe: Utf8PathBuf,
    pub(super) env: Env,
    pub(super) store: Project,
    pub(super) min_free: u64,
}

/// A launch under way.
#[derive(Debug)]
pub(super) struct Launching {
    since: Instant,
    cancelled: Arc<AtomicBool>,
}

impl Launching {
    /// Whether it takes too long.
    pub(super) fn hangs(&self) -> bool {
        PATIENCE <= self.since.elapsed()
    }

    /// Keeps it from starting a runner later.
    pub(super) fn cancel(&self) {
        self.cancelled.store(true, Ordering::SeqCst);
    }
}

impl Launch {
    /// Starts the runner in the background.
    pub(super) fn start(self, messages: Sender<Message>) -> std::io::Result<Launching> {
        let cancelled = Arc::new(AtomicBool::new(false));
        let launching = Launching {
            since: Instant::now(),
            cancelled: Arc::clone(&cancelled),
        };
        std::thread::Builder::new()
            .name("launch".to_owned())
            .spawn(move || {
                if let Some(message) = self.run(&cancelled) {
                    let _ = messages.send(message);
                }
            })?;
        Ok(launching)
    }

    fn run(&self, cancelled: &AtomicBool) -> Option<Message> {
        let fitness = look_closely(&self.project, &self.store, self.min_free);
        if cancelled.load(Ordering::SeqCst) {
            return None;
        }
        let (project, generation) = (self.project.id.clone(), self.generation);
        if fitness != Fitness::Fit {
            return Some(Message::NotFit {
                project,
                generation,
                fitness,
            });
        }
        let output = BoundedCommand::new(&self.exe)
            .args(self.words())
            .clean_env(&self.env)
            .limit(LIMIT)
            .run();
        Some(Message::Launched {
            project,
            generation,
            result: result(output),
        })
    }

    fn words(&self) -> Vec<String> {
        let mut words = vec!["-C".to_owned(), self.project.root.to_string()];
        match self.mode {
            StartMode::New => words.extend(self.project.start_words()),
            StartMode::Again => {
                words.extend(self.project.start_words());
                words.push("--force".to_owned());
            }
            StartMode::Resume => {
                words.extend(self.project.resume_words());
            }
        }
        let slice = format!("{}:{}", self.project.id, self.generation);
        words.extend(["--slice".to_owned(), slice, "--json".to_owned()]);
        words
    }
}

fn result(output: Result<CommandOutput, CommandError>) -> Result<(), LaunchFailure> {
    /// The error that a command prints with `--json`.
    #[derive(Deserialize)]
    struct Report {
        error: Body,
    }
    #[derive(Deserialize)]
    struct Body {
        kind: ErrorKind,
        message: String,
    }
    let passes = |error: String| LaunchFailure {
        error,
        problem: LaunchProblem::Passes,
    };
    let output = output.map_err(|error| passes(error.to_string()))?;
    if output.is_success() {
        return Ok(());
    }
    Err(match serde_json::from_slice::<Report>(&output.stdout) {
        Ok(Report { error }) => LaunchFailure {
            problem: problem(error.kind),
            error: error.message,
        },
        Err(_) => passes(output.stderr_text().trim().to_owned()),
    })
}

/// Returns what can be done about an error of a start.
fn problem(kind: ErrorKind) -> LaunchProblem {
    match kind {
        ErrorKind::NoTasks => LaunchProblem::NothingToDo,
        ErrorKind::Usage
        | ErrorKind::BadValue
        | ErrorKind::NotFound
        | ErrorKind::InvalidDefinition
        | ErrorKind::BadInput
        | ErrorKind::ProgramMissing
        | ErrorKind::NoGoal
        | ErrorKind::NotSignedIn
        | ErrorKind::RunsAnother
        | ErrorKind::NotResumable
        | ErrorKind::PlanChanged
        | ErrorKind::Damaged
        | ErrorKind::NewerFormat => LaunchProblem::NeedsYou,
        _ => LaunchProblem::Passes,
    }
}
