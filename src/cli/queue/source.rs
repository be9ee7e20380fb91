//! Which queue is meant, and who asks.
use crate::cli::context::Context;
use crate::error::{Error, Result};
use crate::model::SessionName;
use crate::plan::{BACKLOGS, QueueProvider, QueueSpec};
use crate::queue::{self, Owner, Queue};
use crate::store::session::read_plan;
use camino::{Utf8Path, Utf8PathBuf};
use serde::Deserialize;
use std::path::Path;

/// A queue and the one who asks.
pub(super) struct Source {
    pub(super) queue: Box<dyn Queue>,
    /// The file it is in.
    pub(super) place: Utf8PathBuf,
    pub(super) owner: Owner,
}

impl Source {
    /// Takes the file that was named, else the session's own queue, else the first usual one.
    pub(super) fn find(session: Option<&str>, file: Option<&Utf8Path>, context: &Context, agent: Option<&Path>) -> Result<Self> {
        let agent = agent.map(AgentContext::read).transpose()?;
        let of_agent = agent.as_ref().and_then(|agent| agent.session.as_deref());
        let session = session.or(of_agent).or(context.session.as_deref()).map(name).transpose()?;
        let spec = match (file, &session) {
            (Some(file), _) => named(file),
            (None, Some(session)) => match planned(session, agent.as_ref(), context)? {
                Some(spec) => spec,
                None => usual(context)?,
            },
            (None, None) => usual(context)?,
        };
        Ok(Self { queue: queue::open(&spec), place: spec.path, owner: owner(agent, context)? })
    }
}

/// What we need of the `context.json` an agent was given.
#[derive(Debug, Deserialize)]
struct AgentContext {
    session: Option<String>,
    iteration: u32,
    stage: Option<Stage>,
}

#[derive(Debug, Deserialize)]
struct Stage {
    id: Option<String>,
}

impl AgentContext {
    fn read(path: &Path) -> Result<Self> {
        let wrong = |why: &dyn std::fmt::Display| {
            let hint = "AP_CONTEXT is set by `ap` for its agents; outside of one, unset it";
            Error::failed(format!("cannot tell which iteration this is from {}: {why}", path.display())).hint(hint)
        };
        // Not `fs_err`: the path is in the message already.
        let text = std::fs::read(path).map_err(|error| wrong(&error))?;
        serde_json::from_slice(&text).map_err(|error| wrong(&error))
    }
}

/// An agent claims for its iteration, anybody else for themselves.
fn owner(agent: Option<AgentContext>, context: &Context) -> Result<Owner> {
    // The session an agent works for, even when it looks into the queue of another.
    let own = |agent: AgentContext| Some((agent.session.or_else(|| context.session.clone())?, agent.iteration));
    match agent.and_then(own) {
        Some((session, iteration)) => Ok(Owner::agent(name(&session)?, iteration)),
        None => {
            let id = nix::unistd::getuid();
            let user = nix::unistd::User::from_uid(id).ok().flatten();
            Ok(Owner::person(&user.map_or_else(|| id.to_string(), |user| user.name)))
        }
    }
}

fn name(session: &str) -> Result<SessionName> {
    session.parse().map_err(|error| Error::usage(error).hint("`ap list` shows the sessions there are"))
}

/// Returns the queue of the agent's own node, or of the first node that has one.
fn planned(session: &SessionName, agent: Option<&AgentContext>, context: &Context) -> Result<Option<QueueSpec>> {
    let dir = context.project.session(session);
    if !dir.plan().exists() {
        return Ok(None);
    }
    let plan = read_plan(&dir).map_err(|error| error.hint("name the tasks with `--file PATH`"))?;
    let here = agent.and_then(|agent| agent.stage.as_ref()?.id.as_deref());
    let own = plan.nodes.iter().find(|node| Some(node.id.as_str()) == here).and_then(|node| node.queue.clone());
    Ok(own.or_else(|| plan.nodes.into_iter().find_map(|node| node.queue)))
}

fn named(file: &Utf8Path) -> QueueSpec {
    QueueSpec { provider: QueueProvider::of(file), path: file.to_owned(), max_wait_s: 0 }
}

fn usual(context: &Context) -> Result<QueueSpec> {
    let root = context.project.root();
    let found = BACKLOGS.iter().map(|name| root.join(name)).find(|path| path.is_file());
    found.map(|path| named(&path)).ok_or_else(|| {
        Error::failed(format!("no tasks found in {root}: looked for {}", BACKLOGS.join(", ")))
            .hint("write them in backlog.md (`- [ ] task`, one a line), or name the file with `--file PATH`")
    })
}
