//! `ap plugin`: puts the built-in Claude Code plugin on disk and has Claude Code load it.
use super::context::Context;
use crate::error::{Error, ExitCode, Result};
use crate::plugin::{self, Copy, Entry, NAME, Standing};
use crate::text::count;
use crate::ui::{self, note, out};
use camino::{Utf8Path, Utf8PathBuf};
use clap::{Args as ClapArgs, Subcommand, ValueEnum};
use etcetera::BaseStrategy as _;
use serde::Serialize;
use std::process::Command;

/// Give Claude Code the skills, slash commands, sub-agents and hook of Agent Pipelines
#[derive(ClapArgs, Debug)]
pub(super) struct Args {
    #[command(subcommand)]
    what: What,
}

#[derive(Clone, Copy, Debug, Subcommand)]
enum What {
    /// Write the plugin's files and have Claude Code load them
    Install(Change),
    /// Write what is new in this version of ap, where the plugin is installed
    Update(Files),
    /// Take the plugin out of Claude Code and remove its files
    Uninstall(Change),
    /// Say what is installed, and show what of it was edited
    Status {
        /// Print JSON: `{folder, version, installed, files: [{path, standing}], claude: {found, version, enabled, folder}}`
        #[arg(long)]
        json: bool,
    },
}

#[derive(ClapArgs, Clone, Copy, Debug)]
struct Change {
    /// For whom Claude Code loads it
    #[arg(long, value_enum, default_value = "user")]
    scope: Scope,
    #[command(flatten)]
    files: Files,
}

#[derive(ClapArgs, Clone, Copy, Debug)]
struct Files {
    /// Only the files; `claude --plugin-dir` with their folder loads them
    #[arg(long)]
    files_only: bool,
    /// Replace or remove files that were edited, too
    #[arg(long)]
    overwrite: bool,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Scope {
    User,
    Project,
    Local,
}

impl Scope {
    fn word(self) -> &'static str {
        match self {
            Self::User => "user",
            Self::Project => "project",
            Self::Local => "local",
        }
    }
}

pub(super) fn run(args: &Args, context: &Context) -> Result<ExitCode> {
    let copy = copy(context)?;
    match args.what {
        What::Install(change) => install(&copy, change, context),
        What::Update(files) => update(&copy, files, context),
        What::Uninstall(change) => uninstall(&copy, change, context),
        What::Status { json } => status(&copy, json, context),
    }
}

/// The copy of the plugin that is this user's: in `~/.local/share/agent-pipelines/plugin`.
fn copy(context: &Context) -> Result<Copy> {
    let data = etcetera::choose_base_strategy()
        .map_err(|error| Error::failed(format!("the home folder: {error}")))?
        .data_dir();
    let data = Utf8PathBuf::from_path_buf(data)
        .map_err(|path| Error::usage(format!("the path {} is not UTF-8", path.display())))?;
    Ok(Copy::new(
        data.join(NAME).join("plugin"),
        plugin::files(context.exe.as_str()),
    ))
}

fn install(copy: &Copy, change: Change, context: &Context) -> Result<ExitCode> {
    let claude = if change.files.files_only {
        None
    } else {
        Some(claude(context)?)
    };
    let kept = write(copy, change.files.overwrite)?;
    if let Some(claude) = claude {
        claude.call(&[
            "marketplace",
            "add",
            copy.root().as_str(),
            "--scope",
            change.scope.word(),
        ])?;
        claude.call(&["install", &id(), "--scope", change.scope.word()])?;
        out(
            "Claude Code loads the plugin from its next session on: try `/agent-pipelines:sessions`, or just ask whether anything runs.",
        )?;
    } else {
        out(format!(
            "Load it with `claude --plugin-dir {}`.",
            crate::text::shell_quote(copy.root().as_str())
        ))?;
    }
    Ok(exit_code(kept))
}

fn update(copy: &Copy, files: Files, context: &Context) -> Result<ExitCode> {
    if copy
        .compare()?
        .iter()
        .all(|entry| entry.standing == Standing::Missing)
    {
        return Err(
            Error::failed("the plugin is not installed, so there is nothing to update")
                .hint("`ap plugin install` installs it"),
        );
    }
    let claude = if files.files_only {
        None
    } else {
        Some(claude(context)?)
    };
    let kept = write(copy, files.overwrite)?;
    let Some(claude) = claude else {
        return Ok(exit_code(kept));
    };
    let states = claude.states()?;
    for State { scope, .. } in &states {
        claude.call(&["update", &id(), "--scope", scope])?;
    }
    out(if states.is_empty() {
        "Claude Code does not load the plugin: `ap plugin install` has it do so."
    } else {
        "Claude Code loads what is new from its next session on."
    })?;
    Ok(exit_code(kept))
}

/// Writes what is not as it should be, and returns how many edits were kept.
fn write(copy: &Copy, overwrite: bool) -> Result<usize> {
    let (mut written, mut kept) = (0, 0);
    for Entry { path, standing } in copy.compare()? {
        match standing {
            Standing::Same => {}
            Standing::Edited if !overwrite && !may_go(copy, &path, "Replace")? => kept += 1,
            Standing::Missing | Standing::Outdated | Standing::Edited | Standing::Left => {
                copy.put(&path)?;
                written += 1;
            }
        }
    }
    note(format!(
        "{} written to {}.",
        count(written, "file"),
        copy.root()
    ));
    Ok(kept)
}

/// Shows an edit, and asks whether it may be lost; where nobody can answer, it may not.
fn may_go(copy: &Copy, path: &Utf8Path, what: &str) -> Result<bool> {
    note(copy.difference(path)?);
    let terminal = console::Term::stderr();
    if !(console::user_attended() && console::user_attended_stderr()) {
        note(format!("{path} was edited and is kept."));
        return Ok(false);
    }
    terminal.write_str(&format!("{path} was edited. {what} it? [y/N] "))?;
    Ok(matches!(terminal.read_line()?.trim(), "y" | "Y" | "yes"))
}

fn exit_code(kept: usize) -> ExitCode {
    if kept == 0 {
        return ExitCode::Done;
    }
    note(format!(
        "{} kept as edited; `--overwrite` replaces or removes them too.",
        count(kept, "file")
    ));
    ExitCode::Short
}

fn uninstall(copy: &Copy, change: Change, context: &Context) -> Result<ExitCode> {
    if !change.files.files_only
        && let Ok(claude) = claude(context)
        && !claude.states()?.is_empty()
    {
        claude.call(&["uninstall", &id(), "--scope", change.scope.word()])?;
        claude.call(&["marketplace", "remove", NAME])?;
    }
    let mut kept = 0;
    for Entry { path, standing } in copy.compare()? {
        match standing {
            Standing::Missing => {}
            Standing::Edited if !change.files.overwrite && !may_go(copy, &path, "Remove")? => {
                kept += 1
            }
            Standing::Same | Standing::Outdated | Standing::Edited | Standing::Left => {
                copy.remove(&path)?
            }
        }
    }
    if kept == 0 {
        copy.forget()?;
        out("The plugin is uninstalled.")?;
    } else {
        out(format!(
            "The plugin is uninstalled, but for {} of yours in {}.",
            count(kept, "edited file"),
            copy.root()
        ))?;
    }
    Ok(exit_code(kept))
}

/// `ap plugin status --json`.
#[derive(Serialize)]
struct Status {
    folder: String,
    version: &'static str,
    /// Whether every file is there.
    installed: bool,
    files: Vec<Entry>,
    claude: State,
}

fn status(copy: &Copy, json: bool, context: &Context) -> Result<ExitCode> {
    let files = copy.compare()?;
    let installed = files
        .iter()
        .all(|entry| entry.standing != Standing::Missing);
    let states = claude(context)
        .and_then(|claude| claude.states())
        .unwrap_or_default();
    let state = states.into_iter().next().unwrap_or_default();
    if json {
        let folder = copy.root().to_string();
        ui::json(&Status {
            folder,
            version: env!("CARGO_PKG_VERSION"),
            installed,
            files,
            claude: state,
        })?;
        return Ok(ExitCode::Done);
    }
    let of = |standing| {
        files
            .iter()
            .filter(|entry| entry.standing == standing)
            .map(|entry| entry.path.as_str())
            .collect::<Vec<_>>()
    };
    let (missing, old, edited) = (
        of(Standing::Missing),
        of(Standing::Outdated).len() + of(Standing::Left).len(),
        of(Standing::Edited),
    );
    out(match (missing.len(), installed) {
        (_, true) => format!("Files   {} in {}", files.len(), copy.root()),
        (some, _) if some + 1 < files.len() => format!(
            "Files   {some} missing in {}; `ap plugin install` writes them",
            copy.root()
        ),
        _ => "Files   none; `ap plugin install` writes them".to_owned(),
    })?;
    if 0 < old {
        out(format!(
            "Older   {}; `ap plugin update` brings them up to {}",
            count(old, "file"),
            env!("CARGO_PKG_VERSION")
        ))?;
    }
    if !edited.is_empty() {
        out(format!("Edited  {}", edited.join(", ")))?;
    }
    out(match (state.found, state.enabled, &state.folder) {
        (true, true, Some(folder)) => format!("Claude  loads it from {folder}"),
        (true, true, None) => "Claude  loads it".to_owned(),
        (true, false, _) => "Claude  knows it, and it is switched off".to_owned(),
        (false, ..) => "Claude  does not load it".to_owned(),
    })?;
    for path in edited {
        out(format!("\n{}", copy.difference(path.into())?.trim_end()))?;
    }
    Ok(ExitCode::Done)
}

/// The plugin's name for Claude Code: plugin and marketplace.
fn id() -> String {
    format!("{NAME}@{NAME}")
}

/// Claude Code's own command line.
struct Claude<'a> {
    program: Utf8PathBuf,
    context: &'a Context,
}

/// What Claude Code says of the plugin.
#[derive(Default, Serialize)]
struct State {
    found: bool,
    version: Option<String>,
    enabled: bool,
    /// Where it loads the plugin from: our copy, or in older versions a copy of its own.
    folder: Option<String>,
    #[serde(skip)]
    scope: String,
}

fn claude(context: &Context) -> Result<Claude<'_>> {
    let named = context
        .settings()?
        .programs
        .get("claude")
        .cloned()
        .unwrap_or_else(|| "claude".into());
    let found = which::which_in(&named, context.env.get("PATH"), context.project.root()).ok();
    let program = found.and_then(|path| Utf8PathBuf::from_path_buf(path).ok()).ok_or_else(|| {
        Error::failed(format!("`{named}` is not on PATH, so nothing was changed"))
            .hint("install Claude Code (`npm install -g @anthropic-ai/claude-code`), or use `--files-only` and load the files with `claude --plugin-dir`")
    })?;
    Ok(Claude { program, context })
}

impl Claude<'_> {
    /// Calls `claude plugin …`, and returns what it printed.
    fn call(&self, args: &[&str]) -> Result<String> {
        let mut command = Command::new(&self.program);
        let output = command
            .arg("plugin")
            .args(args)
            .current_dir(self.context.project.root())
            .output()?;
        let [stdout, stderr] = [&output.stdout, &output.stderr]
            .map(|bytes| String::from_utf8_lossy(bytes).trim().to_owned());
        if output.status.success() {
            return Ok(stdout);
        }
        let said = if stderr.is_empty() { stdout } else { stderr };
        Err(
            Error::failed(format!("`claude plugin {}` failed: {said}", args.join(" ")))
                .hint("the files are in place; `ap plugin status` says how it stands"),
        )
    }

    /// Returns one for each scope the plugin is installed in.
    fn states(&self) -> Result<Vec<State>> {
        let listed: serde_json::Value =
            serde_json::from_str(&self.call(&["list", "--json"])?).map_err(Error::failed)?;
        let ours = listed
            .as_array()
            .into_iter()
            .flatten()
            .filter(|plugin| plugin["id"] == id().as_str());
        let text = |value: &serde_json::Value| value.as_str().map(str::to_owned);
        Ok(ours
            .map(|plugin| State {
                found: true,
                version: text(&plugin["version"]),
                enabled: plugin["enabled"].as_bool().unwrap_or_default(),
                folder: text(&plugin["readFromFolder"]).or_else(|| text(&plugin["installPath"])),
                scope: text(&plugin["scope"]).unwrap_or_else(|| Scope::User.word().to_owned()),
            })
            .collect())
    }
}
