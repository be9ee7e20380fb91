//! Where a node's tasks are: as written, and as run.
use super::definition::{QueueCommandsDef, QueueDef};
use super::duration::Span;
use super::place::Place;
use super::problem::Problem;
use super::sources::{Overrides, Request};
use super::suggest;
use crate::model::SessionName;
use camino::{Utf8Path, Utf8PathBuf};
use serde::{Deserialize, Serialize};

/// A node's tasks, frozen in the plan.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct QueueSpec {
    #[serde(flatten)]
    pub source: QueueSource,
    /// Who takes a task for an iteration. In the plan beside the source's keys, of which `claim` is one.
    #[serde(default)]
    pub claim: ClaimBy,
    /// Seconds to wait for tasks that others hold before the session ends short of its goal.
    pub max_wait_s: u64,
    /// Failed attempts after which a task is parked.
    #[serde(default = "max_attempts")]
    pub max_attempts: u32,
    /// Seconds one call of the tracker's program may take.
    #[serde(default = "timeout_s")]
    pub timeout_s: u64,
    /// Whether it is done when it has not one task, open or closed; else that is a mistake somewhere.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub none_is_done: bool,
}

/// Where tasks come from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase", tag = "provider")]
pub enum QueueSource {
    /// A Markdown checklist: `- [ ] task`.
    Backlog { path: Utf8PathBuf },
    /// `prd.json` user stories.
    Prd { path: Utf8PathBuf },
    /// Issues in beads, through `bd` or a program compatible with it.
    Beads {
        program: String,
        /// The folder of the database, if `bd` is not to find it itself.
        database: Option<Utf8PathBuf>,
        /// Only issues with this label; all of them without one.
        label: Option<String>,
    },
    /// Any tracker, through commands that speak JSON.
    Command(Box<TrackerCommands>),
}

/// The commands of a tracker: programs with their arguments, never a shell. What they read and print: `queue::command`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TrackerCommands {
    /// Which tasks are meant, as the commands are told it.
    pub label: Option<String>,
    /// What the tracker keeps its tasks in, absolute or below `~`: whoever names the same file or folder takes turns.
    #[serde(default)]
    pub database: Option<Utf8PathBuf>,
    pub list: Vec<String>,
    /// Written as another word: beside it `claim` says who takes a task.
    #[serde(rename = "claim_with")]
    pub claim: Vec<String>,
    pub release: Vec<String>,
    pub close: Vec<String>,
    /// Marks a task as blocked; without it parked tasks are only remembered beside the project.
    pub park: Vec<String>,
}

/// Who takes a task for an iteration.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ClaimBy {
    /// The agent chooses, with `ap queue claim`.
    #[default]
    Agent,
    /// The engine, before the agent starts; it is handed the task.
    Engine,
}

/// Where the default queue's tasks are looked for, relative to the project.
pub const BACKLOGS: [&str; 4] = ["backlog.md", "BACKLOG.md", "docs/backlog.md", "prd.json"];
/// How long to wait for tasks that others hold.
const MAX_WAIT_S: u64 = 600;
pub(super) const PROVIDERS: [&str; 4] = ["beads", "backlog", "prd", "command"];

/// One bad night must not spend itself on one task; and a first failure says little.
const fn max_attempts() -> u32 {
    3
}

/// Longer than any healthy call, also of a `bd` that has to start its database.
const fn timeout_s() -> u64 {
    60
}

/// Returns the label a session's tasks have in a tracker.
pub fn session_label(session: &SessionName) -> String {
    format!("pipeline/{session}")
}

/// Says why a label cannot be one, if it cannot.
pub fn bad_label(label: &str) -> Option<&'static str> {
    if label.contains(',') {
        return Some("beads takes a comma for the end of a label, so it would look for two");
    }
    let plain = !label.trim().is_empty()
        && label.trim() == label
        && !label.starts_with('-')
        && !label.contains(char::is_control);
    (!plain).then_some("a label is one line of text that begins with neither a space nor a `-`")
}

impl QueueSource {
    /// Returns a file of tasks as its name speaks of it.
    pub fn file(path: Utf8PathBuf) -> Self {
        if path
            .extension()
            .is_some_and(|extension| extension.eq_ignore_ascii_case("json"))
        {
            Self::Prd { path }
        } else {
            Self::Backlog { path }
        }
    }

    /// Returns the beads that `bd` finds from the project.
    pub fn beads(label: Option<String>) -> Self {
        Self::Beads {
            program: "bd".to_owned(),
            database: None,
            label,
        }
    }

    /// Returns the file the tasks are in, if it is one.
    pub fn path(&self) -> Option<&Utf8Path> {
        match self {
            Self::Backlog { path } | Self::Prd { path } => Some(path),
            Self::Beads { .. } | Self::Command(_) => None,
        }
    }

    /// Returns the label of the tasks that are meant.
    pub fn label(&self) -> Option<&str> {
        match self {
            Self::Beads { label, .. } => label.as_deref(),
            Self::Command(commands) => commands.label.as_deref(),
            Self::Backlog { .. } | Self::Prd { .. } => None,
        }
    }

    /// Returns what people call it: a path, or a program and a label.
    pub fn name(&self) -> String {
        let label = self
            .label()
            .map_or_else(String::new, |label| format!(", label {label}"));
        match self {
            Self::Backlog { path } | Self::Prd { path } => path.to_string(),
            Self::Beads { program, .. } => format!("{program}{label}"),
            Self::Command(commands) => format!(
                "{}{label}",
                commands.list.first().map_or("command", String::as_str)
            ),
        }
    }
}

impl QueueSpec {
    /// Returns a queue with everything else as usual.
    pub fn new(source: QueueSource) -> Self {
        Self {
            source,
            claim: ClaimBy::default(),
            max_wait_s: MAX_WAIT_S,
            max_attempts: max_attempts(),
            timeout_s: timeout_s(),
            none_is_done: false,
        }
    }
}

/// Makes the queue of a node from what its loop and the caller say.
pub(super) fn queue(
    def: &QueueDef,
    place: &Place<'_>,
    request: &Request,
    over: &Overrides,
    problems: &mut Vec<Problem>,
) -> Option<QueueSpec> {
    let label = label(def, place, over, &request.session, problems);
    let source = match over.queue.as_deref() {
        Some(word) => named(word, def, &label, request, problems),
        None => written(def, place, &label, request, problems),
    };
    let said = over
        .claim
        .as_deref()
        .map(|word| (Place::Flag, word))
        .or(def.claim.as_deref().map(|word| (place.clone(), word)));
    let claim = match said {
        None | Some((_, "agent")) => ClaimBy::Agent,
        Some((_, "engine")) => ClaimBy::Engine,
        Some((place, word)) => {
            problems.push(place.at(
                "claim",
                "bad-value",
                format!("`claim` must be `agent` or `engine`, not `{word}`"),
            ));
            ClaimBy::Agent
        }
    };
    if let Some(source) = source
        .as_ref()
        .filter(|source| over.label.is_some() && source.path().is_some())
    {
        let problem = Place::Flag.at(
            "label",
            "no-effect",
            format!("{} has no labels", source.name()),
        );
        problems.push(
            problem.hint("every task in the file is the session's; `--queue` names another file"),
        );
    }
    if def.max_attempts == Some(0) {
        problems.push(place.at(
            "max_attempts",
            "bad-value",
            "`max_attempts` must be at least 1",
        ));
    }
    Some(QueueSpec {
        source: source?,
        claim,
        max_wait_s: def.max_wait.map_or(MAX_WAIT_S, Span::seconds),
        max_attempts: def.max_attempts.unwrap_or(max_attempts()).max(1),
        timeout_s: def.timeout.map_or(timeout_s(), Span::seconds).max(1),
        none_is_done: false,
    })
}

fn label(
    def: &QueueDef,
    place: &Place<'_>,
    over: &Overrides,
    session: &SessionName,
    problems: &mut Vec<Problem>,
) -> Option<String> {
    let (place, label) = match (&over.label, &def.label) {
        (Some(label), _) => (Place::Flag, label.clone()),
        (None, Some(label)) => (
            place.clone(),
            label
                .replace("${SESSION_NAME}", session.as_str())
                .replace("${SESSION}", session.as_str()),
        ),
        (None, None) => return Some(session_label(session)),
    };
    if let Some(why) = bad_label(&label) {
        problems.push(
            place
                .at(
                    "label",
                    "bad-value",
                    format!("the label `{label}` cannot be used"),
                )
                .hint(why),
        );
        return None;
    }
    Some(label)
}

/// What `--queue` says: a provider, or a file.
fn named(
    word: &str,
    def: &QueueDef,
    label: &Option<String>,
    request: &Request,
    problems: &mut Vec<Problem>,
) -> Option<QueueSource> {
    if word == "command" && def.commands.is_none() {
        let problem = Place::Flag.at(
            "queue",
            "no-commands",
            "`--queue command` needs a loop that says which commands",
        );
        problems.push(problem.hint("add `queue:` with `commands:` to the loop"));
        return None;
    }
    if PROVIDERS.contains(&word) {
        let def = QueueDef {
            provider: Some(word.to_owned()),
            path: None,
            ..def.clone()
        };
        return written(&def, &Place::Flag, label, request, problems);
    }
    Some(QueueSource::file(request.project.join(word)))
}

fn written(
    def: &QueueDef,
    place: &Place<'_>,
    label: &Option<String>,
    request: &Request,
    problems: &mut Vec<Problem>,
) -> Option<QueueSource> {
    let path = def.path.as_ref().map(|path| request.project.join(path));
    let beads = |program: &str| QueueSource::Beads {
        program: def.program.clone().unwrap_or_else(|| program.to_owned()),
        database: def.database.as_ref().map(|path| request.project.join(path)),
        label: label.clone(),
    };
    match def.provider.as_deref() {
        None if def.commands.is_some() => commands(def, place, label, request, problems),
        None => Some(match path {
            Some(path) => QueueSource::file(path),
            None if def.database.is_some() || def.program.is_some() => beads("bd"),
            None => usual(request, label),
        }),
        Some("backlog") => Some(QueueSource::Backlog {
            path: path.unwrap_or_else(|| usual_file(request, BACKLOGS[0])),
        }),
        Some("prd") => Some(QueueSource::Prd {
            path: path.unwrap_or_else(|| usual_file(request, "prd.json")),
        }),
        Some("beads" | "bd") => Some(beads("bd")),
        Some("br") => Some(beads("br")),
        Some("command") => commands(def, place, label, request, problems),
        Some(word) => {
            let problem = place.at(
                "provider",
                "unknown-queue",
                format!("unknown queue `{word}`"),
            );
            problems.push(problem.hint(suggest::hint(word, PROVIDERS)));
            None
        }
    }
}

/// Where a project's tasks are when nobody says: in its beads, else in the first file there is.
fn usual(request: &Request, label: &Option<String>) -> QueueSource {
    match &request.backlog {
        _ if request.beads => QueueSource::beads(label.clone()),
        Some(file) => QueueSource::file(file.clone()),
        None => QueueSource::Backlog {
            path: request.project.join(BACKLOGS[0]),
        },
    }
}

/// Returns the provider's default file that is there, or the one that should be.
fn usual_file(request: &Request, name: &str) -> Utf8PathBuf {
    let same = |file: &Utf8PathBuf| file.extension() == Utf8Path::new(name).extension();
    request
        .backlog
        .clone()
        .filter(same)
        .unwrap_or_else(|| request.project.join(name))
}

fn commands(
    def: &QueueDef,
    place: &Place<'_>,
    label: &Option<String>,
    request: &Request,
    problems: &mut Vec<Problem>,
) -> Option<QueueSource> {
    let Some(QueueCommandsDef {
        list,
        claim,
        release,
        close,
        park,
    }) = def.commands.clone()
    else {
        let problem = place.here("no-commands", "the queue does not say which commands");
        problems.push(problem.hint(
            "add `commands:` with `list`, `claim`, `release` and `close`; `park` may be left out",
        ));
        return None;
    };
    // Whose home `~` is depends on who runs it.
    let at = |path: &String| {
        if path.starts_with("~/") {
            path.into()
        } else {
            request.project.join(path)
        }
    };
    let database = def.database.as_ref().map(at);
    let inside = place.to("commands");
    for (name, command) in [
        ("list", &list),
        ("claim", &claim),
        ("release", &release),
        ("close", &close),
    ] {
        if command.is_empty() {
            let problem = inside.here("no-commands", format!("the queue has no `{name}` command"));
            problems.push(problem.hint(format!("add `{name}: [program, argument, …]`")));
        }
    }
    Some(QueueSource::Command(Box::new(TrackerCommands {
        label: label.clone(),
        database,
        list,
        claim,
        release,
        close,
        park,
    })))
}
