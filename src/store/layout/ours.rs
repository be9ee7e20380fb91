//! Which folders are ours: what is below them was put there by `ap` or by an agent, never by the user as a link.
use camino::{Utf8Component, Utf8Path};

/// The folder in a project that holds what agents and people write for `ap`.
pub const PROJECT_FOLDER: &str = ".agent-pipelines";

/// Splits a path into the part that is trusted, where links are followed, and the part that is ours, where none is.
/// Elsewhere the last component alone is not trusted.
pub(in crate::store) fn split(path: &Utf8Path) -> (&Utf8Path, &Utf8Path) {
    let trusted = ours(path).unwrap_or_else(|| path.components().count());
    let mut length = 0;
    let mut components = path.components();
    while length < trusted && components.next().is_some() {
        length += 1;
    }
    let below = components.as_path();
    let end = path.as_str().len() - below.as_str().len();
    let head = Utf8Path::new(path.as_str()[..end].trim_end_matches('/'));
    let head = if head.as_str().is_empty() && path.is_absolute() {
        Utf8Path::new("/")
    } else {
        head
    };
    (head, below)
}

/// Whether a file may hold an agent's words or a secret, so that only its user may read it.
pub(in crate::store) fn is_private(path: &Utf8Path) -> bool {
    ours(path).is_some()
}

/// Returns how many components lead to the folder whose content is ours.
fn ours(path: &Utf8Path) -> Option<usize> {
    let names: Vec<&str> = path
        .components()
        .map(|component| match component {
            Utf8Component::Normal(name) => name,
            _ => "",
        })
        .collect();
    let last = |wanted: &[&str]| {
        names
            .windows(wanted.len())
            .rposition(|found| found == wanted)
    };
    last(&[".claude", "pipeline-runs"])
        .map(|at| at + 2)
        .or_else(|| last(&[".claude", "locks"]).map(|at| at + 2))
        .or_else(|| last(&[PROJECT_FOLDER]))
        .or_else(|| last(&["kept-runs"]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_are_followed_above_our_folders_only() {
        let split = |path: &'static str| {
            let (trusted, below) = split(path.into());
            (trusted.as_str(), below.as_str())
        };
        assert_eq!(
            split("/p/.claude/pipeline-runs/s/stage-00-work/iterations"),
            ("/p/.claude/pipeline-runs", "s/stage-00-work/iterations")
        );
        assert_eq!(
            split("/p/.claude/pipeline-runs"),
            ("/p/.claude/pipeline-runs", "")
        );
        assert_eq!(split("/p/.claude/locks"), ("/p/.claude/locks", ""));
        assert_eq!(split("/p/.agent-pipelines/s"), ("/p", ".agent-pipelines/s"));
        assert_eq!(split("/p/docs"), ("/p/docs", ""));
        assert_eq!(split("/"), ("/", ""));
        assert_eq!(split("docs"), ("docs", ""));
    }
}
