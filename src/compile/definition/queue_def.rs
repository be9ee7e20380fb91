//! `queue:` of a loop.
use super::duration::Span;
use serde::Deserialize;

/// The values of `queue.provider`.
pub const QUEUE_PROVIDERS: [&str; 4] = ["beads", "backlog", "prd", "command"];

/// Where tasks come from.
#[derive(Clone, Debug, Default, Deserialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, default)]
pub struct QueueDef {
    /// `beads`, `backlog`, `prd` or `command`.
    #[cfg_attr(feature = "schemas", schemars(extend("examples" = QUEUE_PROVIDERS)))]
    pub provider: Option<String>,
    /// The file of a backlog or prd, relative to the project.
    pub path: Option<String>,
    /// Beads: the program, if it is not `bd`.
    pub program: Option<String>,
    /// Beads: the folder of the database, relative to the project, if it is not the one `bd` finds. Command: what the
    /// tracker keeps its tasks in, for sessions of several projects to take turns; may begin with `~/`.
    pub database: Option<String>,
    /// Beads, command: only tasks with this label; may hold `${SESSION_NAME}`.
    pub label: Option<String>,
    /// Command: the programs that are called.
    pub commands: Option<QueueCommandsDef>,
    /// Backlog: the character in the box of a task that is dropped (not to be done), such as `-`.
    #[cfg_attr(feature = "schemas", schemars(length(min = 1, max = 1)))]
    pub dropped: Option<String>,
    /// `agent` or `engine`: who claims a task for an iteration.
    #[cfg_attr(feature = "schemas", schemars(extend("enum" = ["agent", "engine", null])))]
    pub claim: Option<String>,
    /// How long to wait for tasks that others hold.
    pub max_wait: Option<Span>,
    /// Failed attempts after which a task is parked.
    pub max_attempts: Option<u32>,
    /// How long one call of the tracker's program may take.
    pub timeout: Option<Span>,
}

/// The commands of a tracker, each a program with its arguments.
#[derive(Clone, Debug, Default, Deserialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, default)]
pub struct QueueCommandsDef {
    /// Prints all tasks.
    pub list: Vec<String>,
    /// Claims a task.
    pub claim: Vec<String>,
    /// Releases a task.
    pub release: Vec<String>,
    /// Closes a task.
    pub close: Vec<String>,
    /// Marks a task as blocked.
    pub park: Vec<String>,
}
