//! The loops and pipelines that are part of the program.
use crate::plan::PlanKind;
use include_dir::{Dir, include_dir};

static LOOPS: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/../../loops");
static PIPELINES: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/../../pipelines");

/// Returns the built-in folder of loops or of pipelines.
pub(super) fn definitions(kind: PlanKind) -> &'static Dir<'static> {
    match kind {
        PlanKind::Loop => &LOOPS,
        PlanKind::Pipeline => &PIPELINES,
    }
}

/// Returns the text of a built-in file, by its path: `loops/work/prompt.md`.
pub fn builtin_text(path: &str) -> Option<String> {
    let (folder, inside) = path.split_once('/')?;
    let dir = match folder {
        "loops" => &LOOPS,
        "pipelines" => &PIPELINES,
        _ => return None,
    };
    dir.get_file(inside)?.contents_utf8().map(str::to_owned)
}
