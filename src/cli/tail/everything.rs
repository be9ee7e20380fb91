//! The log of everything: its last lines, and what comes. Reads only.
use super::args::Args;
use super::shown::shown;
use crate::cli::context::Context;
use crate::cli::format::Format;
use crate::cli::named_projects;
use crate::error::{Error, ErrorKind, ExitCode, Result};
use crate::overview::log::{EVENT_KINDS, old_name};
use crate::plan::suggest;
use crate::store::event_log::{Filter, Follower, last_lines};
use crate::ui::{self, note};
use camino::Utf8Path;
use jiff::Timestamp;
use std::collections::BTreeSet;
use std::time::Duration;

/// Lines to begin with.
const LINES: usize = 20;
const POLL_INTERVAL: Duration = Duration::from_millis(250);

pub(super) fn run(args: &Args, projects: Option<&Utf8Path>, context: &Context) -> Result<ExitCode> {
    let filter = filter(args.since, &args.event, projects, context)?;
    let most = match args.most {
        Some(0) => usize::MAX,
        most => most.unwrap_or(LINES),
    };
    let last = last_lines(&context.dirs, &filter, most)?;
    let print = |line: &[u8]| ui::stream(&(text(line, args.format) + "\n"));
    if args.no_follow && !last.is_there {
        let message = "there is no log yet";
        return Err(Error::new(ErrorKind::NotYet, message)
            .hint("`ap start` starts the supervisor, which writes it"));
    }
    if !last.lines.iter().all(|line| print(line)) || args.no_follow {
        return Ok(ExitCode::Done);
    }
    if !last.is_there {
        note("There is no log yet. `ap start` starts the supervisor, which writes it.");
    }
    let mut follower = Follower::new(&context.dirs, filter, &last.end)?;
    while follower.poll(print)? && ui::wait_while_read(POLL_INTERVAL) {}
    Ok(ExitCode::Done)
}

fn text(line: &[u8], format: Format) -> String {
    match format {
        Format::Json => String::from_utf8_lossy(line).into_owned(),
        Format::Text => shown(line),
    }
}

/// Returns what selects the lines that are asked for.
fn filter(
    since: Option<Timestamp>,
    events: &[String],
    projects: Option<&Utf8Path>,
    context: &Context,
) -> Result<Filter> {
    let projects = named_projects::read(projects, context)?;
    let mut kinds = BTreeSet::new();
    for event in events {
        kinds.extend(kinds_of(event)?);
    }
    Ok(Filter {
        projects: projects.iter().map(ToString::to_string).collect(),
        kinds,
        since,
    })
}

/// Returns the kinds that a name stands for.
fn kinds_of(name: &str) -> Result<Vec<String>> {
    let kinds = EVENT_KINDS.iter().map(|(kind, _)| *kind);
    if kinds.clone().any(|kind| kind == name) {
        return Ok(vec![name.to_owned()]);
    }
    if let Some(old) = old_name(name) {
        return Ok(old.kinds.iter().map(|kind| (*kind).to_owned()).collect());
    }
    let message = format!("there is no event `{name}`");
    Err(Error::new(ErrorKind::BadValue, message).hint(suggest::hint(name, kinds)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_event_is_named_as_today_or_as_cc_autopipe_did() {
        assert_eq!(kinds_of("agent_exited").unwrap(), ["agent_exited"]);
        assert_eq!(kinds_of("cycle_end").unwrap(), ["agent_exited"]);
        let error = kinds_of("agent_exitd").unwrap_err();
        assert_eq!(error.to_string(), "there is no event `agent_exitd`");
        assert_eq!(error.help(), Some("did you mean `agent_exited`?"));
    }
}
