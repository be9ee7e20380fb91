//! The plan a session froze, `plan.json`, and the one that is about to replace it.
use crate::engine::State;
use crate::error::{Error, ErrorKind};
use crate::fingerprint::fingerprint;
use crate::model::{RunId, SessionName};
use crate::plan::Plan;
use crate::store::layout::RunDir;
use crate::store::{atomic, beneath};
use camino::Utf8Path;
use fs_err as fs;
use serde::Deserialize;
use serde_json::Value;
use std::collections::BTreeMap;
use std::io;

/// Returns the fingerprint of a plan as it is on disk: of what it says, so that a formatter changes nothing.
pub(super) fn plan_fingerprint(plan: &Utf8Path) -> io::Result<String> {
    beneath::read(plan).map(|text| fingerprint_of(&text))
}

/// Returns the fingerprint of a plan's text.
pub fn fingerprint_of(text: &[u8]) -> String {
    let Ok(value) = serde_json::from_slice::<Value>(text) else {
        return fingerprint(text);
    };
    let mut meaning = String::with_capacity(text.len());
    write_meaning(&value, &mut meaning);
    fingerprint(meaning)
}

/// Writes a value with its keys sorted, without spaces, and whole numbers without a fraction.
fn write_meaning(value: &Value, text: &mut String) {
    match value {
        Value::Object(fields) => {
            let sorted: BTreeMap<&String, &Value> = fields.iter().collect();
            text.push('{');
            for (key, value) in sorted {
                *text += &Value::String(key.clone()).to_string();
                text.push(':');
                write_meaning(value, text);
                text.push(',');
            }
            text.push('}');
        }
        Value::Array(all) => {
            text.push('[');
            for value in all {
                write_meaning(value, text);
                text.push(',');
            }
            text.push(']');
        }
        Value::Number(number) if number.is_f64() => {
            *text += &number.as_f64().unwrap_or_default().to_string();
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {
            *text += &value.to_string();
        }
    }
}

/// Whether the journal already names the next plan, whose file has not replaced the old one yet.
pub(super) fn takes_next(dir: &RunDir, state: &State) -> bool {
    !state.session.plan_hash.is_empty()
        && plan_fingerprint(&dir.next_plan()).is_ok_and(|next| next == state.session.plan_hash)
}

/// Moves the next plan to the place of the old one.
pub(super) fn put_in_place(dir: &RunDir) -> io::Result<()> {
    // The checkpoint holds a summary of the old plan.
    match fs::remove_file(dir.checkpoint()) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        Ok(()) | Err(_) => (),
    }
    beneath::rename(&dir.next_plan(), &dir.plan())?;
    atomic::sync_folder(dir.root())
}

/// Refuses a plan that is not the one the session started with: an agent must not edit what judges it.
pub(super) fn check_fingerprint(dir: &RunDir, state: &State) -> Result<(), Error> {
    if state.session.plan_hash.is_empty()
        || plan_fingerprint(&dir.plan())? == state.session.plan_hash
    {
        return Ok(());
    }
    Err(Error::new(ErrorKind::PlanChanged, format!("{}: the plan has been changed since session '{}' started", dir.plan(), dir.session()))
        .hint("a session runs the plan it started with: restore the file, or start again with `--force`, which keeps the old run under `.archive`"))
}

/// Reads the plan a session froze. One in another session's directory is an error: a runner that followed it would
/// write into the first session's files without its lock.
pub fn read_plan(dir: &RunDir) -> Result<Plan, Error> {
    read_plan_at(dir, &dir.plan())
}

pub(super) fn read_plan_at(dir: &RunDir, path: &Utf8Path) -> Result<Plan, Error> {
    let text = beneath::read(path)?;
    let plan: Plan = serde_json::from_slice(&text).map_err(|error| {
        Error::new(ErrorKind::Damaged, format!("{path}:{}:{}: the plan cannot be read: {error}", error.line(), error.column()))
            .hint("it is frozen at the start of a session; start again with `--force`, which keeps the old run under `.archive`")
    })?;
    if Plan::VERSION < plan.version {
        return Err(Error::new(
            ErrorKind::NewerFormat,
            format!(
                "{path}: written by a newer version of ap (format {})",
                plan.version
            ),
        )
        .hint("update ap, then try again"));
    }
    if plan.session != *dir.session() {
        return Err(Error::new(ErrorKind::PlanChanged, format!("{path}: the plan of session '{}', in the directory of '{}'", plan.session, dir.session()))
            .hint(
                "a run directory cannot be copied or renamed; move it back, or start again with `--force`, which keeps it under `.archive`",
            ));
    }
    Ok(plan)
}

/// Returns the id of a session's run, also of one whose plan cannot be read as a whole.
pub fn run_of(dir: &RunDir) -> Option<RunId> {
    Owner::of(&dir.plan())
        .filter(|owner| owner.session == *dir.session())
        .map(|owner| owner.run)
}

/// The part of a plan that names its session and run.
#[derive(Debug, Deserialize)]
pub struct Owner {
    pub session: SessionName,
    pub run: RunId,
}

impl Owner {
    /// Reads it from a `plan.json`; `None` if it is not there.
    pub fn of(plan: &Utf8Path) -> Option<Self> {
        serde_json::from_slice(&beneath::read(plan).ok()?).ok()
    }
}
