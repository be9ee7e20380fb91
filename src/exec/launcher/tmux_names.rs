//! What a session is called in tmux: one server shows the sessions of all projects.
use crate::fingerprint::fingerprint;
use crate::model::SessionName;
use camino::Utf8Path;

/// How many letters of a fingerprint tell two projects apart.
const LETTERS: usize = 6;

/// The names that a session may have in tmux.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TmuxNames {
    /// `pipeline-<session>`.
    pub usual: String,
    /// `pipeline-<session>-<six letters>`, of the fingerprint of the project's path: while the usual one is taken.
    pub of_project: String,
}

impl TmuxNames {
    /// Returns the names of a session of the project at `root`.
    pub fn new(session: &SessionName, root: &Utf8Path) -> Self {
        let usual = format!("pipeline-{session}");
        let letters: String = fingerprint(root.as_str()).chars().take(LETTERS).collect();
        Self {
            of_project: format!("{usual}-{letters}"),
            usual,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn projects_have_names_of_their_own() {
        let session: SessionName = "auth".parse().unwrap();
        let names = |root: &str| TmuxNames::new(&session, root.into());
        assert_eq!(names("/a").usual, "pipeline-auth");
        assert_eq!(names("/a").of_project.len(), "pipeline-auth-123456".len());
        assert_ne!(names("/a").of_project, names("/b").of_project);
    }
}
