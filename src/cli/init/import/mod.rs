//! `ap init --import`: takes over a project of cc-autopipe. Its folder stays as it is.
mod config;
mod state;

use crate::autopilot::{Prd, phase_names};
use crate::error::{Error, ErrorKind, Result};
use crate::store::project_folder::{self, FOLDER};
use crate::store::{atomic, imported};
use camino::{Utf8Path, Utf8PathBuf};
use fs_err as fs;
use std::io;
use std::os::unix::fs::PermissionsExt as _;

/// The folder of a project of cc-autopipe.
const OLD: &str = ".cc-autopipe";

/// The check that says whether the work is done.
const GATE: &str = "verify.sh";

/// Files that are copied: their name there and here.
const FILES: [(&str, &str); 8] = [
    ("prd.md", "prd.md"),
    ("context.md", "context.md"),
    ("rules.md", "rules.md"),
    (GATE, GATE),
    ("agents.json", "agents.json"),
    ("knowledge.md", "knowledge.md"),
    ("findings_index.md", "findings.md"),
    ("backlog-archive.md", "backlog-archive.md"),
];

/// Takes over a project, and returns what was done: a line each.
pub(super) fn import(root: &Utf8Path) -> Result<Vec<String>> {
    let old = root.join(OLD);
    if !old.is_dir() {
        return Err(
            Error::new(ErrorKind::NotFound, format!("there is no {OLD}/ in {root}"))
                .hint("`ap init` without `--import` makes a new project"),
        );
    }
    // Everything that can be wrong is found before anything is written.
    let refused = |what: &str, why: String| {
        Error::new(
            ErrorKind::BadValue,
            format!("{OLD}/{what} cannot be imported: {why}"),
        )
        .hint("nothing was changed; fix the file and run `ap init --import` again")
    };
    let state = state::read(&old).map_err(|why| refused("state.json", why))?;
    let threshold = state.as_ref().and_then(|state| state.threshold);
    let config = match text(&old.join("config.yaml"))? {
        Some(text) => {
            Some(config::translate(&text, threshold).map_err(|why| refused("config.yaml", why))?)
        }
        None => None,
    };
    let mut done = Vec::new();
    for (from, to) in FILES {
        done.extend(copy(root, &old.join(from), to)?);
    }
    if !root.join("backlog.md").exists() {
        done.extend(copy(root, &old.join("backlog.md"), "backlog.md")?);
    }
    if let Some(config) = config {
        let path = root.join(FOLDER).join("config.yaml");
        if is_free(root, "config.yaml") {
            atomic::replace(&path, config.text.as_bytes())?;
            done.push("config.yaml: translated".to_owned());
        }
        done.extend(
            config
                .notes
                .iter()
                .map(|note| format!("config.yaml: {note}")),
        );
    }
    if let Some(state) = &state {
        done.extend(take_state(root, state)?);
    }
    done.extend(left_for_you(root, &old)?);
    Ok(done)
}

/// Keeps the old state for the first session, once.
fn take_state(root: &Utf8Path, state: &state::OldState) -> Result<Vec<String>> {
    let prd = text(&root.join(FOLDER).join("prd.md"))?.unwrap_or_default();
    let names = phase_names(&Prd::parse(&prd));
    let name = |number: &u64| {
        let number = number.to_string();
        let found = names.iter().find(|(of, _)| *of == number);
        found.map_or_else(|| format!("phase {number}"), |(_, name)| name.clone())
    };
    let phases: Vec<String> = state.phases.iter().map(name).collect();
    let mut done: Vec<String> = state.remark.iter().cloned().collect();
    if imported::keep(root, &phases, &state.record)? {
        done.push(format!(
            "state.json: {}, {} cycles, {} phases over; the first session begins with that",
            state.phase,
            state.iteration,
            phases.len()
        ));
    }
    Ok(done)
}

/// Copies a file, unless there is one that is not as `ap init` wrote it.
fn copy(root: &Utf8Path, from: &Utf8Path, name: &str) -> Result<Option<String>> {
    let about = match fs::metadata(from) {
        Ok(about) => about,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error.into()),
    };
    let to = root.join(FOLDER).join(name);
    if !about.is_file() || !is_free(root, name) {
        return Ok(None);
    }
    crate::store::beneath::create_dir_all(&root.join(FOLDER))?;
    atomic::replace(&to, &fs::read(from)?)?;
    let mut permissions = about.permissions();
    if name == GATE {
        // A check that cannot be executed decides nothing.
        permissions.set_mode(permissions.mode() | 0o111);
    }
    fs::set_permissions(&to, permissions)?;
    Ok(Some(format!(
        "{name}: from {}",
        from.strip_prefix(root).unwrap_or(from)
    )))
}

/// Whether a file of the folder is missing, or still as `ap init` wrote it.
fn is_free(root: &Utf8Path, name: &str) -> bool {
    let path = root.join(FOLDER).join(name);
    !path.exists() || project_folder::is_template(root, name)
}

/// Returns what the old program left that you decide about.
fn left_for_you(root: &Utf8Path, old: &Utf8Path) -> Result<Vec<String>> {
    let mut left = Vec::new();
    for (file, what) in [
        (
            "HUMAN_NEEDED.md",
            "the old program waits for you; read it before you start",
        ),
        (
            "checkpoint.md",
            "what its last agent noted down; copy what still counts into knowledge.md",
        ),
        (
            "CURRENT_TASK.md",
            "what its last agent worked on; `ap queue status` shows the tasks",
        ),
    ] {
        if old.join(file).exists() {
            left.push(format!("{OLD}/{file}: {what}"));
        }
    }
    let settings = Utf8PathBuf::from(".claude/settings.json");
    if text(&root.join(&settings))?.is_some_and(|text| text.contains("cc-autopipe")) {
        left.push(format!(
            "{settings}: it has hooks of cc-autopipe; delete those under `hooks` whose command is in its folder"
        ));
    }
    Ok(left)
}

/// Returns the text of a file, if it exists.
fn text(path: &Utf8Path) -> Result<Option<String>> {
    match fs::read(path) {
        Ok(bytes) => Ok(Some(String::from_utf8_lossy(&bytes).into_owned())),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error.into()),
    }
}
