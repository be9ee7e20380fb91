//! The names of all commands: `ap <name>` runs the command, so a loop of that name needs `ap loop <name>`.

/// Sorted, with aliases.
pub(super) const COMMAND_NAMES: &[&str] = &[
    "answer",
    "approve",
    "attach",
    "cleanup",
    "completions",
    "continue",
    "cost",
    "demo",
    "doctor",
    "dry-run",
    "explain",
    "fork",
    "help",
    "hook",
    "init",
    "kill",
    "lint",
    "list",
    "logs",
    "loop",
    "ls",
    "man",
    "new",
    "notify",
    "pause",
    "pipeline",
    "plugin",
    "projects",
    "questions",
    "queue",
    "quota",
    "reject",
    "resume",
    "run",
    "runs",
    "say",
    "schema",
    "start",
    "status",
    "stop",
    "tail",
    "test",
    "version",
    "wait",
];

/// Whether `ap <name>` is a command.
pub(super) fn is_command(name: &str) -> bool {
    COMMAND_NAMES.contains(&name)
}
