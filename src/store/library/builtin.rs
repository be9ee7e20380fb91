//! The loops and pipelines that are part of the program.
use crate::plan::PlanKind;
use include_dir::{Dir, include_dir};

static LOOPS: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/loops");
static PIPELINES: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/pipelines");

/// Returns the built-in folder of loops or of pipelines.
pub(super) fn definitions(kind: PlanKind) -> &'static Dir<'static> {
    match kind {
        PlanKind::Loop => &LOOPS,
        PlanKind::Pipeline => &PIPELINES,
    }
}
