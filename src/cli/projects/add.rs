//! `ap projects add`: registers a directory, so that the supervisor works on it.
use super::project_change::ProjectChange;
use super::target::absolute;
use crate::cli::context::Context;
use crate::cli::supervised::{Definition, check};
use crate::clock;
use crate::compile::project_loop;
use crate::error::{Error, Result};
use crate::model::SessionName;
use crate::store::fleet;
use crate::store::registry::{self, RegisteredProject};
use camino::{Utf8Path, Utf8PathBuf};

/// Add a directory, so that the supervisor works on it
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The directory [default: the current one]
    dir: Option<Utf8PathBuf>,
    #[command(flatten)]
    definition: DefinitionArgs,
    /// Name of the session [default: the project's id]
    #[arg(long, value_name = "NAME")]
    session: Option<SessionName>,
    /// Its share of the slices, compared with other projects
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..=100))]
    weight: u32,
    /// Add the directory itself, not the top of its repository
    #[arg(long)]
    here: bool,
    /// Flags for the start of its session, as `ap loop` takes them
    #[arg(last = true, value_name = "START FLAGS")]
    flags: Vec<String>,
}

/// What a project runs.
#[derive(Debug, clap::Args)]
pub(super) struct DefinitionArgs {
    /// The loop it runs [default: work]
    #[arg(long = "loop", value_name = "NAME", conflicts_with = "pipeline")]
    loop_name: Option<String>,
    /// The pipeline it runs
    #[arg(long, value_name = "NAME")]
    pipeline: Option<String>,
}

impl DefinitionArgs {
    /// Returns what was named, if anything was.
    pub(super) fn named(&self) -> Option<Definition> {
        match (&self.pipeline, &self.loop_name) {
            (Some(pipeline), _) => Some(Definition::pipeline(pipeline)),
            (None, Some(name)) => Some(Definition::of_loop(name)),
            (None, None) => None,
        }
    }
}

pub(super) fn run(args: &Args, context: &Context) -> Result<ProjectChange> {
    let root = root(args, context)?;
    let definition = args
        .definition
        .named()
        .unwrap_or(Definition::of_loop("work"));
    let known = registry::read(&context.dirs)?;
    if let Some(known) = known.by_root(&root) {
        return Ok(already_known(known));
    }
    let new = RegisteredProject {
        id: known.new_id(&root),
        inode: registry::inode(&root)?,
        session: session(args, &known.new_id(&root))?,
        kind: definition.kind,
        name: definition.name,
        flags: args.flags.clone(),
        weight: args.weight,
        added_at: clock::now(),
        root,
    };
    check(&new, context)?;
    let added = registry::update(&context.dirs, |registry| {
        if let Some(known) = registry.by_root(&new.root) {
            return Ok(Err(already_known(known)));
        }
        // Another project may have got the id meanwhile.
        let id = registry.new_id(&new.root);
        let new = RegisteredProject {
            session: session(args, &id)?,
            id,
            ..new
        };
        registry.projects.push(new.clone());
        Ok(Ok(new))
    })?;
    let added = match added {
        Ok(added) => added,
        Err(known) => return Ok(known),
    };
    fleet::wake(&context.dirs, "projects")?;
    let message = format!(
        "Project '{}' runs {} in {}.\n`ap start` starts the supervisor; `ap projects` shows what it does.",
        added.id, added.name, added.root
    );
    Ok(ProjectChange::new(&added.id, "added", message))
}

/// Adds a directory that runs the loop its settings name, and returns what was done. One that is known already is left
/// alone.
pub(in crate::cli) fn register_autopilot(dir: &Utf8Path, context: &Context) -> Result<String> {
    let root = dir.canonicalize_utf8()?;
    let definition = Definition::of_loop(&project_loop(&Context::project_files(&root)));
    let added = registry::update(&context.dirs, |registry| {
        if let Some(known) = registry.by_root(&root) {
            return Ok(Err(known.id.clone()));
        }
        let id = registry.new_id(&root);
        registry.projects.push(RegisteredProject {
            inode: registry::inode(&root)?,
            session: id.as_str().parse().map_err(Error::bad_value)?,
            id: id.clone(),
            kind: definition.kind,
            name: definition.name.clone(),
            flags: Vec::new(),
            weight: 1,
            added_at: clock::now(),
            root: root.clone(),
        });
        Ok(Ok(id))
    })?;
    Ok(match added {
        Ok(id) => {
            fleet::wake(&context.dirs, "projects")?;
            format!("\nRegistered project '{id}' with the supervisor.\n")
        }
        Err(id) => format!("\nProject '{id}' is registered already.\n"),
    })
}

fn already_known(known: &RegisteredProject) -> ProjectChange {
    let message = format!(
        "{} is project '{}' already; nothing changed.",
        known.root, known.id
    );
    ProjectChange::new(&known.id, "known", message)
}

fn session(args: &Args, id: &crate::model::ProjectId) -> Result<SessionName> {
    match &args.session {
        Some(session) => Ok(session.clone()),
        None => id.as_str().parse().map_err(Error::bad_value),
    }
}

/// Returns the real path of the directory, or of the top of its repository.
fn root(args: &Args, context: &Context) -> Result<Utf8PathBuf> {
    let dir = args.dir.as_deref().unwrap_or(Utf8Path::new("."));
    let path = absolute(dir, context);
    let real = path.canonicalize_utf8().ok().filter(|path| path.is_dir());
    let real = real.ok_or_else(|| Error::usage(format!("there is no directory {path}")))?;
    if args.here {
        return Ok(real);
    }
    let top = real.ancestors().find(|folder| folder.join(".git").exists());
    Ok(top.map_or_else(|| real.clone(), Utf8Path::to_owned))
}
