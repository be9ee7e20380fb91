//! The names a shell completes. Read at each press of Tab: a few folders and files, and nothing is written.
use super::context::Context;
use crate::plan::PlanKind;
use crate::store::session::names;
use clap_complete::CompletionCandidate;
use clap_complete::engine::{
    ArgValueCandidates, ArgValueCompleter, PathCompleter, ValueCompleter as _,
};
use std::ffi::OsStr;

/// Completes the sessions of the project.
pub(crate) fn sessions() -> ArgValueCandidates {
    ArgValueCandidates::new(session_names)
}

/// Completes loops, or the path of one.
pub(crate) fn loops() -> ArgValueCompleter {
    ArgValueCompleter::new(|current: &OsStr| names_or_paths(current, Some(PlanKind::Loop)))
}

/// Completes pipelines, or the path of one.
pub(crate) fn pipelines() -> ArgValueCompleter {
    ArgValueCompleter::new(|current: &OsStr| names_or_paths(current, Some(PlanKind::Pipeline)))
}

/// Completes loops and pipelines, or the path of one.
pub(crate) fn definitions() -> ArgValueCompleter {
    ArgValueCompleter::new(|current: &OsStr| names_or_paths(current, None))
}

/// Returns the names of all loops or pipelines; of both without a kind.
pub(crate) fn definition_names(kind: Option<PlanKind>) -> Vec<String> {
    let Ok(context) = Context::read(None) else {
        return Vec::new();
    };
    let mut entries = context.library().list();
    entries.retain(|entry| kind.is_none_or(|kind| entry.kind == kind));
    entries.into_iter().map(|entry| entry.name).collect()
}

fn session_names() -> Vec<CompletionCandidate> {
    let found = Context::read(None)
        .ok()
        .and_then(|context| names(&context.project).ok());
    let names = found.unwrap_or_default();
    names
        .iter()
        .map(|name| CompletionCandidate::new(name.as_str()))
        .collect()
}

fn names_or_paths(current: &OsStr, kind: Option<PlanKind>) -> Vec<CompletionCandidate> {
    let Some(text) = current.to_str() else {
        return Vec::new();
    };
    if text.contains('/') || text.starts_with('.') {
        return PathCompleter::any().complete(current);
    }
    let mut names = definition_names(kind);
    names.retain(|name| name.starts_with(text));
    names.into_iter().map(CompletionCandidate::new).collect()
}
