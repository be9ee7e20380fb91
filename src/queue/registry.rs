//! The queues there are: to add one, write its file and add its line in [`open`].
use super::interface::Queue;
use super::queue_env::QueueEnv;
use super::{backlog, beads, command, prd};
use crate::plan::{QueueSource, QueueSpec};

/// Opens the queue that a plan names. Does not access it yet, so whatever is missing fails the first call.
pub fn open(spec: &QueueSpec, env: &QueueEnv) -> Box<dyn Queue> {
    match &spec.source {
        QueueSource::Backlog { path } => backlog::open(path, spec),
        QueueSource::Prd { path } => prd::open(path, spec),
        QueueSource::Beads {
            program,
            database,
            label,
        } => beads::open(program, database.as_deref(), label.as_deref(), spec, env),
        QueueSource::Command(commands) => command::open(commands, spec, env),
    }
}
