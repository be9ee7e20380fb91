//! `ap new`: creates a loop or pipeline to start from.
mod editor_schemas;
mod prompt_loop;

use super::command_names::is_command;
use super::context::Context;
use super::format::Format;
use super::kind;
use crate::error::{Error, ErrorKind, ExitCode, Result};
use crate::model::{InvalidName, NodeId};
use crate::plan::{Origin, PlanKind};
use crate::ui::{self, note};
use camino::{Utf8Path, Utf8PathBuf};
use fs_err as fs;
use serde::Serialize;
use std::io::{self, Write as _};

#[derive(Clone, Debug, clap::Args)]
#[command(
    after_help = "It is written to the project's .claude folder and is complete: it can be run as it is. Existing files are never overwritten.",
    mut_arg("json", |json| json.help("Print JSON (`ap schema ap-new`)"))
)]
pub(super) struct Args {
    /// Kind (`loop` or `pipeline`), or directly the name of a loop
    #[arg(value_name = "KIND")]
    pub(super) first: String,
    /// Name of the loop or pipeline
    #[arg(value_name = "NAME")]
    pub(super) second: Option<String>,
    /// Make the loop of this prompt: a text or Markdown file
    #[arg(long, value_name = "FILE")]
    pub(super) prompt: Option<Utf8PathBuf>,
    #[command(flatten)]
    pub(super) format: Format,
}

/// The shape of `ap new --json`.
#[derive(Serialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
pub(super) struct Created<'a> {
    kind: PlanKind,
    name: &'a NodeId,
    files: Vec<CreatedFile<'a>>,
    /// The commands to run next.
    next: Vec<String>,
}

#[derive(Serialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
struct CreatedFile<'a> {
    #[cfg_attr(feature = "schemas", schemars(with = "String"))]
    path: &'a Utf8Path,
    about: &'static str,
}

impl Created<'_> {
    /// Prints a line for each file, and then the commands to run next.
    fn print(&self) -> Result<()> {
        let width = self
            .files
            .iter()
            .map(|file| file.path.as_str().chars().count())
            .max();
        for CreatedFile { path, about } in &self.files {
            ui::out(format!(
                "{path:width$}  {about}",
                width = width.unwrap_or_default()
            ))?;
        }
        note(format!("Edit it, then:\n  {}", self.next.join("\n  ")));
        Ok(())
    }
}

/// A loop's files, in its folder.
const LOOP: [(&str, &str, &str); 3] = [
    (
        "loop.yaml",
        include_str!("new/loop.yaml"),
        "when it ends, and what bounds it",
    ),
    (
        "prompt.md",
        include_str!("new/prompt.md"),
        "the prompt of each agent",
    ),
    (
        "fixtures/script.yaml",
        include_str!("new/script.yaml"),
        "what the scripted agent does in a trial",
    ),
];
const PIPELINE: &str = include_str!("new/pipeline.yaml");
/// What is below a pipeline's folder of fixtures.
const SCRIPTS: [(&str, &str, &str); 2] = [
    (
        "scripts/plan.yaml",
        include_str!("new/script.yaml"),
        "what the scripted agent does in a trial",
    ),
    (
        "scripts/check.yaml",
        include_str!("new/check.yaml"),
        "the same for the node `check`",
    ),
];

/// Writes the definition with its fixture, or nothing.
pub(super) fn run(args: &Args, context: &Context) -> Result<ExitCode> {
    let (kind, name) = named(args)?;
    let prompt = prompt(args, kind)?;
    let overridden = check_free(kind, &name, context)?;
    let claude = context.project.root().join(".claude");
    let mut written = match kind {
        PlanKind::Loop => write_loop(&claude.join("loops"), &name, prompt.as_deref())?,
        PlanKind::Pipeline => write_pipeline(&claude.join("pipelines"), &name)?,
    };
    editor_schemas::add(&claude.join("schemas"))?;
    match super::test::record(kind, name.as_str(), context) {
        Ok(expected) => written.push((
            expected,
            "what the trial comes to: `ap test` fails when that changes",
        )),
        Err(error) => note(format!(
            "`ap test {name} --update` records what it does in a trial, which failed now: {error}"
        )),
    }
    report(kind, &name, &written, args.format, context)?;
    if let Some(origin) = overridden {
        note(format!(
            "It takes precedence over the {} {} `{name}` from now on.",
            if origin == Origin::BuiltIn {
                "built-in"
            } else {
                "other"
            },
            kind.as_str()
        ));
    }
    Ok(ExitCode::Done)
}

/// Returns what is to be created, and its name.
fn named(args: &Args) -> Result<(PlanKind, NodeId)> {
    let (kind, name) = match (kind::of_word(&args.first), &args.second) {
        (Some(kind), Some(name)) => (kind, name),
        (Some(kind), None) => return Err(kind::without_name(kind)),
        (None, Some(_)) => return Err(kind::unknown(&args.first)),
        (None, None) => (PlanKind::Loop, &args.first),
    };
    let name: NodeId = name.parse().map_err(|invalid: InvalidName| {
        Error::new(ErrorKind::BadValue, invalid.of(kind.as_str()))
    })?;
    if kind == PlanKind::Loop && is_command(name.as_str()) {
        return Err(Error::new(
            ErrorKind::NameTaken,
            format!("`ap {name}` is a command, so it could not start a loop of that name"),
        )
        .hint("choose another name"));
    }
    Ok((kind, name))
}

/// Prints the files that were created, and the next commands.
fn report(
    kind: PlanKind,
    name: &NodeId,
    written: &[(Utf8PathBuf, &'static str)],
    format: Format,
    context: &Context,
) -> Result<()> {
    let start = if kind == PlanKind::Loop {
        format!("ap {name}")
    } else {
        format!("ap pipeline {name}")
    };
    let root = context.project.root();
    let files: Vec<(Utf8PathBuf, &str)> = written
        .iter()
        .map(|(path, about)| (path.strip_prefix(root).unwrap_or(path).to_owned(), *about))
        .collect();
    let created = Created {
        kind,
        name,
        files: files
            .iter()
            .map(|(path, about)| CreatedFile { path, about })
            .collect(),
        next: vec![
            format!("ap lint {name}"),
            format!("ap test {name} --update"),
            format!("ap dry-run {} {name}", kind.as_str()),
            start,
        ],
    };
    match format {
        Format::Text => created.print(),
        Format::Json => ui::json::print(&created),
    }
}

/// Reads the prompt a loop is made of, if one is named.
fn prompt(args: &Args, kind: PlanKind) -> Result<Option<String>> {
    let Some(path) = &args.prompt else {
        return Ok(None);
    };
    if kind == PlanKind::Pipeline {
        return Err(
            Error::usage("`--prompt` makes a loop, not a pipeline").hint(format!(
                "`ap new loop {}` with the same options",
                args.second.as_deref().unwrap_or("<name>")
            )),
        );
    }
    let text = fs::read_to_string(path)?;
    if text.trim().is_empty() {
        return Err(Error::usage(format!("{path} is empty"))
            .hint("write what the agents are to do into it"));
    }
    Ok(Some(text))
}

/// Returns the origin of a definition with this name outside the project; refuses a name that the project uses.
fn check_free(kind: PlanKind, name: &NodeId, context: &Context) -> Result<Option<Origin>> {
    match context.library().entry_of(kind, name.as_str()) {
        Ok(entry) if entry.lacks_definition() => Ok(None),
        Ok(entry) if entry.origin == Origin::Project => {
            Err(already_exists(kind.as_str(), name, &entry.path))
        }
        found => Ok(found.ok().map(|entry| entry.origin)),
    }
}

fn already_exists(word: &str, name: &NodeId, path: &str) -> Error {
    Error::new(
        ErrorKind::NameTaken,
        format!("there is a {word} `{name}` already: {path}"),
    )
    .hint("choose another name; nothing was changed")
}

type Written = Vec<(Utf8PathBuf, &'static str)>;

/// Writes the folder beside its destination and then moves it there, so that it is never incomplete.
fn write_loop(shelf: &Utf8Path, name: &NodeId, prompt: Option<&str>) -> Result<Written> {
    let folder = shelf.join(name.as_str());
    if folder.exists() {
        return Err(already_exists("folder", name, folder.as_str()));
    }
    fs::create_dir_all(shelf)?;
    let draft = tempfile::Builder::new().prefix(".new-").tempdir_in(shelf)?;
    let inside = Utf8Path::from_path(draft.path())
        .ok_or_else(|| Error::failed("a folder that is not UTF-8"))?
        .join(name.as_str());
    for (file, text, _) in LOOP {
        let text = text.replace("<name>", name.as_str());
        let text = prompt.map_or_else(
            || text.clone(),
            |prompt| prompt_loop::file(file, &text, prompt),
        );
        create(&inside.join(file), &text)?;
    }
    match fs::rename(&inside, &folder) {
        // Another process has created the folder in the meantime.
        Err(error)
            if matches!(
                error.kind(),
                io::ErrorKind::DirectoryNotEmpty
                    | io::ErrorKind::AlreadyExists
                    | io::ErrorKind::NotADirectory
            ) =>
        {
            Err(already_exists("folder", name, folder.as_str()))
        }
        moved => Ok(moved.map(|()| {
            LOOP.map(|(file, _, about)| (folder.join(file), about))
                .into()
        })?),
    }
}

fn write_pipeline(shelf: &Utf8Path, name: &NodeId) -> Result<Written> {
    let (file, fixture) = (
        shelf.join(format!("{name}.yaml")),
        shelf.join("fixtures").join(name.as_str()),
    );
    if fixture.exists() {
        return Err(already_exists("folder", name, fixture.as_str()));
    }
    create(&file, &PIPELINE.replace("<name>", name.as_str()))?;
    let mut written = vec![(file, "its nodes, in the order they run")];
    for (script, text, about) in SCRIPTS {
        create(&fixture.join(script), text)?;
        written.push((fixture.join(script), about));
    }
    Ok(written)
}

/// Creates a file, and removes it if it cannot be written in full.
fn create(path: &Utf8Path, text: &str) -> Result<()> {
    fs::create_dir_all(path.parent().unwrap_or(path))?;
    let mut file = fs::File::create_new(path)?;
    if let Err(error) = file.write_all(text.as_bytes()) {
        fs::remove_file(path)?;
        return Err(error.into());
    }
    Ok(())
}
