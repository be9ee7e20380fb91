//! `ap init`: prepares a project for `ap autopilot`. It adds files, and never changes yours.
mod agents_md;
mod import;

use super::context::Context;
use super::projects;
use crate::error::{Error, ExitCode, Result};
use crate::store::ignored;
use crate::store::project_folder::{FOLDER, TEMPLATES, Template, Written};
use crate::ui::style::Look;
use crate::ui::table::{Cell, Fit, Table};
use crate::ui::{note, say};
use crate::workspace::git;
use camino::{Utf8Path, Utf8PathBuf};

/// Prepare a project that agents build from its PRD
#[derive(Clone, Debug, clap::Args)]
pub(super) struct Args {
    /// The project [default: the current one]
    dir: Option<Utf8PathBuf>,
    /// Take over the project's `.cc-autopipe/`, which stays as it is
    #[arg(long)]
    import: bool,
    /// Do not add it to the projects that the supervisor works on
    #[arg(long)]
    no_register: bool,
    /// Add a short section on ap to AGENTS.md, or to CLAUDE.md if there is one that does not import AGENTS.md; alone, do
    /// nothing else
    #[arg(long)]
    agents_md: bool,
}

/// Writes the files, and adds the project to those of the supervisor.
pub(super) fn run(args: &Args, context: &Context) -> Result<ExitCode> {
    let root = match &args.dir {
        None => context.project.root().to_owned(),
        Some(dir) => directory(dir)?,
    };
    if args.agents_md && args.dir.is_none() && !args.no_register && !args.import {
        return agents_md::add(&root);
    }
    let imported = if args.import {
        import::import(&root)?
    } else {
        Vec::new()
    };
    let written: Vec<(Template, Written)> = TEMPLATES
        .into_iter()
        .map(|template| Ok((template, template.write(&root)?)))
        .collect::<Result<_>>()?;
    let missing = ignored::let_in(&root.join(FOLDER))?;
    say(report(&root, &written))?;
    if !imported.is_empty() {
        say(format!(
            "\nImported from .cc-autopipe/:\n  {}\n",
            imported.join("\n  ")
        ))?;
    }
    if !missing.is_empty() {
        note(format!(
            "{FOLDER}/.gitignore is yours and was left as it is. Add these lines, so that commits contain your files:\n{}",
            missing.join("\n")
        ));
    }
    if git::repository(&root).is_none() {
        note(format!(
            "{root} is not in a git repository: `git init` makes one, so that you see what agents changed"
        ));
    }
    if !args.no_register {
        say(projects::register_autopilot(&root, context)?)?;
    }
    say(next_steps(&written))?;
    if args.agents_md {
        return agents_md::add(&root);
    }
    Ok(ExitCode::Done)
}

fn directory(dir: &Utf8Path) -> Result<Utf8PathBuf> {
    let real = dir.canonicalize_utf8().ok().filter(|path| path.is_dir());
    real.ok_or_else(|| Error::usage(format!("there is no directory {dir}")))
}

/// Returns what became of each file.
fn report(root: &Utf8Path, written: &[(Template, Written)]) -> String {
    let rows = written.iter().map(|(template, written)| {
        let (mark, text) = match written {
            Written::New => (Cell::new("new", Look::Good), String::new()),
            Written::There => (Cell::new("kept", Look::Faint), "it was there".to_owned()),
            Written::Instead(path) => (
                Cell::new("–", Look::Faint),
                format!("not written: you have {path}"),
            ),
        };
        [mark, template.name.into(), text.into()]
    });
    let table = Table::new([Fit::Keep, Fit::Keep, Fit::Wrap]).rows(rows);
    format!("{root}/{FOLDER} has:\n\n{}", table.indent(2).fit_terminal())
}

/// Returns what you do next.
fn next_steps(written: &[(Template, Written)]) -> String {
    let path = |name: &str| {
        let found = written.iter().find(|(template, _)| template.name == name);
        match found {
            Some((_, Written::Instead(path))) => (*path).to_owned(),
            Some(_) | None => format!("{FOLDER}/{name}"),
        }
    };
    let (prd, gate) = (path("prd.md"), path("verify.sh"));
    format!(
        "\nNext:\n  1. Write what you want into {prd}.\n  2. Write how it is checked into {gate}, and run it.\n  3. Preview the run with `ap dry-run autopilot`, then start it with `ap autopilot`.\n  4. Or start all your projects with `ap start`.\n"
    )
}
