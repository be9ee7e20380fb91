//! `ap snapshot`: everything about one project on one page, in thirteen sections. Reads only.
mod extra;
mod history;
mod machine;
mod project;
mod section;
mod session;

use super::context::Context;
use super::format::Format;
use super::{moment, supervised};
use crate::clock;
use crate::error::{Error, ErrorKind, ExitCode, Result};
use crate::store::layout::StateFile;
use crate::store::registry;
use crate::ui::{json, out, style};
use camino::{Utf8Path, Utf8PathBuf};
use jiff::Timestamp;
use project::Shown;
use section::Section;
use serde::Serialize;

#[derive(clap::Args, Debug)]
#[command(
    mut_arg("json", |json| json.help("Print JSON (`ap schema ap-snapshot`)")),
    after_help = "`--project` takes the id or a path of a registered project, or the folder of any other project; without it,\nthe project is the one you are in."
)]
pub(super) struct Args {
    /// Show what happened since then, as 2h, yesterday, '6 hours ago' or '2026-11-30 06:00'
    #[arg(long, value_name = "WHEN", default_value = "6 hours ago", value_parser = Since::parse)]
    since: Since,
    /// Events of all projects to show
    #[arg(long, value_name = "N", default_value_t = 15)]
    events: usize,
    /// Events of the project's iterations to show
    #[arg(long, value_name = "N", default_value_t = 25)]
    timeline: usize,
    /// Errors to show
    #[arg(long, value_name = "N", default_value_t = 15)]
    errors: usize,
    #[command(flatten)]
    format: Format,
}

/// A moment, and how you wrote it.
#[derive(Clone, Debug)]
struct Since {
    text: String,
    at: Timestamp,
}

impl Since {
    fn parse(text: &str) -> Result<Self, String> {
        Ok(Self {
            text: text.to_owned(),
            at: moment::parse(text)?,
        })
    }
}

/// `ap snapshot --json`.
#[derive(Serialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
pub(super) struct SnapshotReport {
    /// The project's id, if it is registered.
    project: Option<String>,
    root: String,
    at: Timestamp,
    since: Timestamp,
    /// The folder of the supervisor's files.
    state_folder: String,
    sections: Vec<Section>,
}

pub(super) fn run(args: &Args, project: Option<&Utf8Path>, context: &Context) -> Result<ExitCode> {
    let (registered, own) = find(project, context)?;
    let shown = Shown::read(registered, &own);
    let mut sections = vec![
        machine::supervisor(&own)?,
        session::task(&shown, &own),
        project::status(&shown),
        session::state(&shown),
        history::timeline(&shown, args.since.at, args.timeline, &own)?,
        history::errors(&shown, args.since.at, args.errors, &own)?,
        history::events(args.since.at, args.events, &own)?,
        project::backlog(&shown),
        session::processes(&shown),
        project::knowledge(&shown),
        machine::resources(&shown, args.since.at, &own)?,
        machine::supervisor_log(args.since.at, &own),
    ];
    sections.extend(extra::section(&shown, &args.since.text, &own));
    let report = SnapshotReport {
        project: shown.id(),
        root: shown.root.to_string(),
        at: clock::now(),
        since: args.since.at,
        state_folder: context.dirs.state.to_string(),
        sections,
    };
    match args.format {
        Format::Json => json::print(&report)?,
        Format::Text => out(text(&report))?,
    }
    Ok(ExitCode::Done)
}

/// Returns the registered project that is meant, if it is one, and the context of its folder.
fn find(
    project: Option<&Utf8Path>,
    context: &Context,
) -> Result<(Option<registry::RegisteredProject>, Context)> {
    let registry = registry::read(&context.dirs)?;
    let name = project.map_or(context.project.root().as_str(), Utf8Path::as_str);
    if let Some(found) = super::projects::lookup(&registry, name, context) {
        let own = supervised::context_of(found, context);
        return Ok((Some(found.clone()), own));
    }
    let Some(folder) = project else {
        return Ok((None, context.clone()));
    };
    let root: Option<Utf8PathBuf> = folder.canonicalize_utf8().ok().filter(|it| it.is_dir());
    let root = root.ok_or_else(|| {
        let message = format!("there is no project `{folder}`");
        Error::new(ErrorKind::NotFound, message)
            .hint("`ap projects` lists the registered ones; any other is named by its folder")
    })?;
    let own = Context {
        project: crate::store::layout::Project::new(root).with_state(&context.dirs.state),
        ..context.clone()
    };
    Ok((None, own))
}

fn text(report: &SnapshotReport) -> String {
    let mut text = String::new();
    for section in &report.sections {
        let title = format!("{}. {}", section.number, section.title);
        text += &format!("{}\n", style::heading(&title));
        for line in &section.lines {
            text += &format!("   {line}\n");
        }
        text.push('\n');
    }
    let log = Utf8PathBuf::from(&report.state_folder).join(StateFile::Log.name());
    text + &format!("Project: {}   Logs: {log}", report.root)
}
