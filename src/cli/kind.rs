//! Decides whether a command is about a loop or a pipeline: by a word before the name, or by what has that name.
use crate::error::{Error, Result};
use crate::plan::PlanKind;
use crate::store::library::Library;

/// Returns the kind a word names.
pub(super) fn of_word(word: &str) -> Option<PlanKind> {
    match word {
        "loop" | "loops" | "stage" => Some(PlanKind::Loop),
        "pipeline" | "pipelines" => Some(PlanKind::Pipeline),
        _ => None,
    }
}

/// Returns the kind of a definition that was named without one.
pub(super) fn of_name(name: &str, library: &Library) -> Result<PlanKind> {
    match library.entries_of(name)?.as_slice() {
        [entry] => Ok(entry.kind),
        _ => Err(
            Error::usage(format!("there is a loop and a pipeline `{name}`"))
                .hint("put `loop` or `pipeline` before the name"),
        ),
    }
}

/// Returns the error for a word that is no kind, where a name follows.
pub(super) fn unknown(word: &str) -> Error {
    Error::usage(format!(
        "`{}` is neither `loop` nor `pipeline`",
        word.escape_debug()
    ))
}

/// Returns the error for a kind without a name.
pub(super) fn without_name(kind: PlanKind) -> Error {
    Error::usage(format!("the name of the {} is missing", kind.as_str())).hint(format!(
        "put its name after `{}`; `ap` lists all",
        kind.as_str()
    ))
}
