//! What is yours in a project's folder `.agent-pipelines/`.

/// Your files and folders in `.agent-pipelines/`, which belong in commits. Everything else there is written by `ap`. A
/// folder ends in `/`; no session has its name.
pub const OWN_FILES: [&str; 13] = [
    ".gitignore",
    "prd.md",
    "context.md",
    "rules.md",
    "verify.sh",
    "config.yaml",
    "agents.json",
    "backlog.md",
    "knowledge.md",
    "findings.md",
    "backlog-archive.md",
    "snapshot-extra.sh",
    "schemas/",
];

/// Whether a name is that of one of your files or folders.
pub(super) fn is_own(name: &str) -> bool {
    OWN_FILES
        .iter()
        .any(|file| file.trim_end_matches('/') == name)
}
