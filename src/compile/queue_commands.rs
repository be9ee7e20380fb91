//! `commands:` of a queue: the programs that reach its tracker.
use super::definition::{QueueCommandsDef, QueueDef};
use super::diagnostics::{LintCode, Location};
use super::sources::Request;
use crate::plan::{QueueSource, TrackerCommands};

/// Returns the source behind a queue's commands; reports missing ones.
pub(super) fn commands(
    def: &QueueDef,
    location: &Location<'_>,
    label: &Option<String>,
    request: &Request,
) -> Option<QueueSource> {
    let Some(QueueCommandsDef {
        list,
        claim,
        release,
        close,
        park,
    }) = def.commands.clone()
    else {
        let problem = location.here(LintCode::NoCommands, "the queue has no `commands`");
        location.report(problem.hint(
            "add `commands:` with `list`, `claim`, `release` and `close`; `park` may be left out",
        ));
        return None;
    };
    // `~` is resolved when the commands run.
    let at = |path: &String| {
        if path.starts_with("~/") {
            path.into()
        } else {
            request.project.join(path)
        }
    };
    let database = def.database.as_ref().map(at);
    let inside = location.to("commands");
    for (name, command) in [
        ("list", &list),
        ("claim", &claim),
        ("release", &release),
        ("close", &close),
    ] {
        if command.is_empty() {
            let problem = inside.here(
                LintCode::NoCommands,
                format!("the queue has no `{name}` command"),
            );
            location.report(problem.hint(format!("add `{name}: [program, argument, …]`")));
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
