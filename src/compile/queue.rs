//! Makes a node's queue from what its loop and the caller say.
use super::definition::{QueueCommandsDef, QueueDef, Span};
use super::diagnostics::{Place, Problem};
use super::overrides::Overrides;
use super::sources::Request;
use crate::model::SessionName;
use crate::plan::{
    BACKLOGS, ClaimBy, QueueSource, QueueSpec, TrackerCommands, bad_label, session_label, suggest,
};
use camino::{Utf8Path, Utf8PathBuf};

pub(super) const PROVIDERS: [&str; 4] = ["beads", "backlog", "prd", "command"];

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
    let usual = QueueSpec::new(source?);
    Some(QueueSpec {
        claim,
        max_wait_s: def.max_wait.map_or(usual.max_wait_s, Span::seconds),
        max_attempts: def.max_attempts.unwrap_or(usual.max_attempts).max(1),
        timeout_s: def.timeout.map_or(usual.timeout_s, Span::seconds).max(1),
        ..usual
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
