//! Finds the queue that a command is about, and the owner on whose behalf it acts.
use crate::cli::context::Context;
use crate::error::{Error, ErrorKind, Result};
use crate::model::{RunId, SessionName};
use crate::plan::{BACKLOGS, QueueSource, QueueSpec, session_label};
use crate::queue::{self, Owner, Queue, QueueEnv};
use crate::store::session::read_plan;
use camino::Utf8Path;
use serde::Deserialize;

/// A queue, and the owner on whose behalf the command acts.
pub(super) struct Source {
    pub(super) queue: Box<dyn Queue>,
    /// Its file, or its program and label.
    pub(super) name: String,
    /// The same for the user: a file of the project by its relative path.
    pub(super) title: String,
    pub(super) owner: Owner,
    /// Whether an agent, or a program it started, runs the command.
    pub(super) for_agent: bool,
}

impl Source {
    /// Returns the file that was named, else the session's own queue, else the project's default queue.
    pub(super) fn find(
        session: Option<&str>,
        file: Option<&Utf8Path>,
        context: &Context,
    ) -> Result<Self> {
        let agent = AgentContext::read(context)?;
        let of_agent = agent.as_ref().and_then(|agent| agent.session.as_deref());
        let session = session
            .or(of_agent)
            .or(context.session.as_deref())
            .map(name)
            .transpose()?;
        let spec = match (file, &session) {
            (Some(file), _) => QueueSpec::new(QueueSource::file(file.to_owned())),
            (None, Some(session)) => match planned(session, agent.as_ref(), context)? {
                Some(spec) => spec,
                None => usual(Some(session), context)?,
            },
            (None, None) => usual(None, context)?,
        };
        Self::open(&spec, owner(agent, context)?, context)
    }

    /// Returns the session's own queue, whether or not the session has started.
    pub(super) fn of_session(session: &SessionName, context: &Context) -> Result<Self> {
        let planned = planned(session, None, context)?;
        let spec = planned.map_or_else(|| usual(Some(session), context), Ok)?;
        Self::open(
            &spec,
            owner(AgentContext::read(context)?, context)?,
            context,
        )
    }

    fn open(spec: &QueueSpec, owner: Owner, context: &Context) -> Result<Self> {
        let at = QueueEnv {
            project: context.project.root().to_owned(),
            env: context.env.clone(),
        };
        Ok(Self {
            queue: queue::open(spec, &at),
            name: spec.source.name(),
            title: spec.source.name_in(context.project.root()),
            owner,
            for_agent: agent_asks(context).is_some(),
        })
    }
}

/// Returns the path of the agent's context, if an agent runs the command.
fn agent_asks(context: &Context) -> Option<&String> {
    context
        .env
        .get("AP_CONTEXT")
        .filter(|path| !path.is_empty())
}

/// The fields of an agent's `context.json` that are needed here.
#[derive(Debug, Deserialize)]
struct AgentContext {
    session: Option<String>,
    run: Option<RunId>,
    iteration: u32,
    stage: Option<Stage>,
}

#[derive(Debug, Deserialize)]
struct Stage {
    id: Option<String>,
}

impl AgentContext {
    /// Reads the file that `AP_CONTEXT` names, if an agent runs the command.
    fn read(context: &Context) -> Result<Option<Self>> {
        let Some(path) = agent_asks(context) else {
            return Ok(None);
        };
        let wrong = |why: &dyn std::fmt::Display| {
            let hint = "`ap` sets AP_CONTEXT for its agents; unset it elsewhere";
            Error::failed(format!("cannot read the iteration from {path}: {why}")).hint(hint)
        };
        // Not `fs_err`: the path is in the message already.
        let text = std::fs::read(path).map_err(|error| wrong(&error))?;
        serde_json::from_slice(&text)
            .map(Some)
            .map_err(|error| wrong(&error))
    }
}

/// Returns the owner of a claim: the iteration of an agent, or the user.
fn owner(agent: Option<AgentContext>, context: &Context) -> Result<Owner> {
    // The agent's own session, even when the command names the queue of another session.
    let own = |agent: AgentContext| {
        Some((
            agent.session.or_else(|| context.session.clone())?,
            agent.run,
            agent.iteration,
        ))
    };
    match agent.and_then(own) {
        Some((session, run, iteration)) => Ok(Owner::Agent {
            session: name(&session)?,
            run,
            iteration,
        }),
        None => {
            let id = nix::unistd::getuid();
            let user = nix::unistd::User::from_uid(id).ok().flatten();
            Ok(Owner::user(
                &user.map_or_else(|| id.to_string(), |user| user.name),
            ))
        }
    }
}

fn name(session: &str) -> Result<SessionName> {
    session
        .parse()
        .map_err(|error| Error::bad_value(error).hint("`ap list` shows the sessions there are"))
}

/// Returns the queue of the agent's own node, or of the first node that has one.
fn planned(
    session: &SessionName,
    agent: Option<&AgentContext>,
    context: &Context,
) -> Result<Option<QueueSpec>> {
    let dir = context.project.session(session);
    if !dir.plan().exists() {
        return Ok(None);
    }
    let plan = read_plan(&dir).map_err(|error| error.hint("name the tasks with `--file PATH`"))?;
    let here = agent.and_then(|agent| agent.stage.as_ref()?.id.as_deref());
    let own = plan
        .all_nodes()
        .find(|node| Some(node.id.as_str()) == here)
        .and_then(|node| node.queue.clone());
    Ok(own.or_else(|| plan.all_nodes().find_map(|node| node.queue.clone())))
}

/// Returns the default queue: the project's beads (with the session's label, if there is one), else the first task file
/// that exists.
fn usual(session: Option<&SessionName>, context: &Context) -> Result<QueueSpec> {
    if context.has_beads() {
        let mut source = QueueSource::beads(session.map(session_label));
        context.settings()?.place_tracker(&mut source);
        return Ok(QueueSpec::new(source));
    }
    let root = context.project.root();
    let found = BACKLOGS
        .iter()
        .map(|name| root.join(name))
        .find(|path| path.is_file());
    found.map(|path| QueueSpec::new(QueueSource::file(path))).ok_or_else(|| {
        let usual = "write them in backlog.md (`- [ ] task`, one a line), or name the file with `--file PATH`; for beads, `bd init` makes a database";
        Error::new(ErrorKind::NoTasks, format!("no tasks found in {root}: looked for beads, {}", BACKLOGS.join(", ")))
            .hint(queue::candidates_hint(root, "--file").unwrap_or_else(|| usual.to_owned()))
    })
}
