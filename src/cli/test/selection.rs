//! Which loops and pipelines are tested.
use crate::error::{Error, Result};
use crate::plan::PlanKind;
use crate::store::library::{Entry, FixtureFiles, Library};

/// A definition with its fixture.
pub(super) type Selected = (Entry, FixtureFiles);

/// Returns what is to be tested; everything with a fixture if nothing is named.
pub(super) fn select(names: &[String], library: &Library) -> Result<Vec<Selected>> {
    let (kind, names) = match names {
        [word, names @ ..] if word == "loop" => (Some(PlanKind::Loop), names),
        [word, names @ ..] if word == "pipeline" => (Some(PlanKind::Pipeline), names),
        names => (None, names),
    };
    if names.is_empty() {
        return all(kind, library);
    }
    let mut selected = Vec::new();
    for name in names {
        selected.extend(named(kind, name, library)?);
    }
    Ok(selected)
}

fn all(kind: Option<PlanKind>, library: &Library) -> Result<Vec<Selected>> {
    let mut selected = Vec::new();
    for entry in library.list() {
        if kind.is_none_or(|kind| entry.kind == kind) {
            selected.extend(library.fixture(&entry)?.map(|files| (entry, files)));
        }
    }
    Ok(selected)
}

/// Returns what has a name: a loop, a pipeline, or both. One of them must have a fixture.
fn named(kind: Option<PlanKind>, name: &str, library: &Library) -> Result<Vec<Selected>> {
    let entries = match kind {
        Some(kind) => vec![library.entry_of(kind, name)?],
        None => library.entries_of(name)?,
    };
    let (mut selected, mut without_fixture) = (Vec::new(), None);
    for entry in entries {
        match library.fixture(&entry)? {
            Some(files) => selected.push((entry, files)),
            None => without_fixture = without_fixture.or(Some(entry)),
        }
    }
    match without_fixture {
        Some(entry) if selected.is_empty() => Err(missing_fixture(&entry, library)),
        _ => Ok(selected),
    }
}

pub(super) fn missing_fixture(entry: &Entry, library: &Library) -> Error {
    let (kind, name) = (entry.kind.as_str(), &entry.name);
    let start = match entry.kind {
        PlanKind::Loop => format!("ap {name} --record"),
        PlanKind::Pipeline => format!("ap pipeline {name} --record"),
    };
    let target = library.fixture_target(entry);
    Error::usage(format!(
        "{kind} `{name}` has no fixture: looked for {target}"
    ))
    .hint(format!(
        "record one with a real run (`{start}`), or write its script (`ap explain test`)"
    ))
}
