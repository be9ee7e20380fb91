//! How many mistakes are reported before checking stops.
use super::diagnostics::{Diagnostics, Document, LintCode, Path};

/// Reported mistakes after which no more nodes are checked.
const MAX_REPORTED: usize = 200;

/// Whether checking stops because too many mistakes are reported: locating each one reads the whole file.
pub(super) fn too_many_reported(diagnostics: &Diagnostics) -> bool {
    MAX_REPORTED <= diagnostics.count()
}

/// Reports that the remaining nodes were not checked.
pub(super) fn report_unread_nodes(document: &Document) {
    let message = format!(
        "more than {} mistakes; the remaining nodes were not checked",
        document.diagnostics().count()
    );
    document.report(document.spanning(0..0, &Path::default(), LintCode::TooMany, message));
}
