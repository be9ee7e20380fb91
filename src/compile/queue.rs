//! Compiles the queue of a node.
use super::definition::{QUEUE_PROVIDERS, QueueDef, Span};
use super::diagnostics::{LintCode, Location};
use super::loaded_loop::LoadedLoop;
use super::node_context::NodeContext;
use super::overrides::Overrides;
use super::queue_commands::commands;
use super::sources::Request;
use crate::model::SessionName;
use crate::plan::{BACKLOGS, ClaimBy, QueueSource, QueueSpec, bad_label, session_label, suggest};
use crate::termination::Termination;
use camino::{Utf8Path, Utf8PathBuf};

/// Compiles the queue of a node, if its loop has one or its termination needs one.
pub(super) fn for_node(
    ctx: &NodeContext<'_>,
    loaded: Option<&LoadedLoop>,
    termination: Option<&Termination>,
) -> Option<QueueSpec> {
    let written = loaded.and_then(|loaded| loaded.def.queue.as_ref());
    if written.is_none() && !termination.is_some_and(Termination::asks_queue) {
        return None;
    }
    let location = loaded.map_or_else(
        || ctx.location.to("queue"),
        |loaded| Location::top(&loaded.document).to("queue"),
    );
    let spec = queue(
        written.unwrap_or(&QueueDef::default()),
        &location,
        ctx.compiler.request,
        ctx.compiler.overrides,
    )?;
    if spec.claim == ClaimBy::Engine
        && termination.is_some_and(|termination| !termination.asks_queue())
    {
        let problem = location.at(
            "claim",
            LintCode::NoEffect,
            "`claim: engine` needs a loop that ends with its queue",
        );
        ctx.location
            .report(problem.hint("add `termination:` with `type: queue`, or let the agents claim"));
    }
    Some(spec)
}

/// Returns the queue that a loop and the overrides describe.
fn queue(
    def: &QueueDef,
    location: &Location<'_>,
    request: &Request,
    over: &Overrides,
) -> Option<QueueSpec> {
    let label = label(def, location, over, &request.session);
    let source = match over.queue.as_deref() {
        Some(word) => named(word, location, def, &label, request),
        None => written(def, location, &label, request),
    };
    let claim = claim_by(def, location, over);
    if let Some(source) = source
        .as_ref()
        .filter(|source| over.label.is_some() && source.path().is_some())
    {
        let problem = location.flag().at(
            "label",
            LintCode::NoEffect,
            format!("{} has no labels", source.name()),
        );
        location.report(
            problem.hint("every task in the file is the session's; `--queue` names another file"),
        );
    }
    if def.max_attempts == Some(0) {
        location.report(location.at(
            "max_attempts",
            LintCode::BadValue,
            "`max_attempts` must be at least 1",
        ));
    }
    let defaults = QueueSpec::new(source?);
    Some(QueueSpec {
        claim,
        dropped: dropped(def, location),
        max_wait_s: def.max_wait.map_or(defaults.max_wait_s, Span::seconds),
        max_attempts: def.max_attempts.unwrap_or(defaults.max_attempts).max(1),
        timeout_s: def.timeout.map_or(defaults.timeout_s, Span::seconds).max(1),
        ..defaults
    })
}

/// Returns who claims the tasks; reports an unknown word.
fn claim_by(def: &QueueDef, location: &Location<'_>, over: &Overrides) -> ClaimBy {
    let claim = over
        .claim
        .as_deref()
        .map(|word| (location.flag(), word))
        .or(def.claim.as_deref().map(|word| (location.clone(), word)));
    claim.map_or(ClaimBy::Agent, |(location, word)| {
        word.parse().unwrap_or_else(|()| {
            location.report(location.at(
                "claim",
                LintCode::BadValue,
                format!("`claim` must be `agent` or `engine`, not `{word}`"),
            ));
            ClaimBy::Agent
        })
    })
}

/// Returns the character in the box of dropped tasks; reports a character that already means something else.
fn dropped(def: &QueueDef, location: &Location<'_>) -> Option<char> {
    let word = def.dropped.as_deref()?;
    let mut letters = word.chars();
    let character = letters.next().filter(|character| {
        letters.next().is_none() && !character.is_whitespace() && !"xX]".contains(*character)
    });
    if character.is_none() {
        let problem = location.at(
            "dropped",
            LintCode::BadValue,
            format!("`dropped` must be one character, not `{word}`"),
        );
        location.report(problem.hint(
            "it marks the box of a dropped task, such as `-`; `x` means done and a space means open",
        ));
    }
    character
}

fn label(
    def: &QueueDef,
    location: &Location<'_>,
    over: &Overrides,
    session: &SessionName,
) -> Option<String> {
    let (location, label) = match (&over.label, &def.label) {
        (Some(label), _) => (location.flag(), label.clone()),
        (None, Some(label)) => (
            location.clone(),
            label
                .replace("${SESSION_NAME}", session.as_str())
                .replace("${SESSION}", session.as_str()),
        ),
        (None, None) => return Some(session_label(session)),
    };
    if let Some(why) = bad_label(&label) {
        location.report(
            location
                .at(
                    "label",
                    LintCode::BadValue,
                    format!("the label `{label}` cannot be used"),
                )
                .hint(why),
        );
        return None;
    }
    Some(label)
}

/// Returns the source that `--queue` names: a provider, or a file.
fn named(
    word: &str,
    location: &Location<'_>,
    def: &QueueDef,
    label: &Option<String>,
    request: &Request,
) -> Option<QueueSource> {
    if word == "command" && def.commands.is_none() {
        let problem = location.flag().at(
            "queue",
            LintCode::NoCommands,
            "`--queue command` needs a loop with `commands` in its `queue`",
        );
        location.report(problem.hint("add `queue:` with `commands:` to the loop"));
        return None;
    }
    if QUEUE_PROVIDERS.contains(&word) {
        let def = QueueDef {
            provider: Some(word.to_owned()),
            path: None,
            ..def.clone()
        };
        return written(&def, &location.flag(), label, request);
    }
    Some(QueueSource::file(request.project.join(word)))
}

fn written(
    def: &QueueDef,
    location: &Location<'_>,
    label: &Option<String>,
    request: &Request,
) -> Option<QueueSource> {
    let path = def.path.as_ref().map(|path| request.project.join(path));
    let beads = |program: &str| QueueSource::Beads {
        program: def.program.clone().unwrap_or_else(|| program.to_owned()),
        database: def.database.as_ref().map(|path| request.project.join(path)),
        label: label.clone(),
    };
    match def.provider.as_deref() {
        None if def.commands.is_some() => commands(def, location, label, request),
        None => Some(match path {
            Some(path) => QueueSource::file(path),
            None if def.database.is_some() || def.program.is_some() => beads("bd"),
            None => default_source(request, label),
        }),
        Some("backlog") => Some(QueueSource::Backlog {
            path: path.unwrap_or_else(|| default_file(request, BACKLOGS[0])),
        }),
        Some("prd") => Some(QueueSource::Prd {
            path: path.unwrap_or_else(|| default_file(request, "prd.json")),
        }),
        Some("beads" | "bd") => Some(beads("bd")),
        Some("br") => Some(beads("br")),
        Some("command") => commands(def, location, label, request),
        Some(word) => {
            let problem = location.at(
                "provider",
                LintCode::UnknownQueue,
                format!("unknown queue `{word}`"),
            );
            location.report(problem.hint(suggest::hint(word, QUEUE_PROVIDERS)));
            None
        }
    }
}

/// Returns the default source: beads if the project has them, else the first backlog file that exists.
fn default_source(request: &Request, label: &Option<String>) -> QueueSource {
    match &request.backlog {
        _ if request.beads => QueueSource::beads(label.clone()),
        Some(file) => QueueSource::file(file.clone()),
        None => QueueSource::Backlog {
            path: request.project.join(BACKLOGS[0]),
        },
    }
}

/// Returns the provider's default file that is there, or the one that should be.
fn default_file(request: &Request, name: &str) -> Utf8PathBuf {
    let same = |file: &Utf8PathBuf| file.extension() == Utf8Path::new(name).extension();
    request
        .backlog
        .clone()
        .filter(same)
        .unwrap_or_else(|| request.project.join(name))
}
