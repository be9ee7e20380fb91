//! `ap say`: sends a message to the running agent, which reads it within its turn.
use super::context::Context;
use super::format::Format;
use super::request;
use super::session::{SessionArgs, find, is_alive};
use crate::clock;
use crate::error::{Error, ErrorKind, ExitCode, Result};
use crate::exec::shim::message::{self, Delivery};
use crate::model::{NodeId, Request, Said, SessionName, SessionStatus};
use crate::store::inbox;
use crate::store::layout::RunDir;
use crate::store::session::{Snapshot, load_cached};
use crate::ui;
use crate::ui::next_command::NextCommand;
use serde::Serialize;
use std::time::Duration;

/// Longest text, in bytes: agents are briefed with it.
const LONGEST: usize = 64 * 1024;
/// How long the agent's shim may take to deliver a text.
const DELIVERY_TIMEOUT: Duration = Duration::from_secs(3);

#[derive(clap::Args, Debug)]
#[command(mut_arg("json", |json| json.help("Print JSON (`ap schema ap-say`)")))]
pub(super) struct Args {
    #[command(flatten)]
    of: SessionArgs,
    /// The message to the agent
    text: String,
    /// The branch whose agent is meant; in a parallel block, those of all branches by default
    #[arg(long, value_name = "BRANCH")]
    branch: Option<NodeId>,
    /// End the agent's current turn first
    #[arg(long)]
    interrupt: bool,
    #[command(flatten)]
    format: Format,
}

/// The shape of `ap say --json`.
#[derive(Serialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
pub(super) struct SayResult<'a> {
    session: &'a SessionName,
    branch: Option<&'a NodeId>,
    /// `delivered` to the agent at work, `waiting` for the next agent, or `stored` until the session is resumed.
    result: &'static str,
    message: &'a str,
}

pub(super) fn run(args: &Args, context: &Context) -> Result<ExitCode> {
    let session = &args.of.session;
    let snapshot = find(session, context)?;
    let now = clock::now();
    let said = Said {
        id: format!("{}-{}", now.as_nanosecond(), std::process::id()),
        text: checked(&args.text)?,
        by: "ap say".to_owned(),
        said_at: now,
        branch: args.branch.clone(),
        interrupt: args.interrupt,
    };
    check_branch(&snapshot, args.branch.as_ref())?;
    let request = Request::Say(said.clone());
    if !is_alive(&context.project, &snapshot) {
        if snapshot.state.status() == SessionStatus::Complete {
            let message = format!("session '{session}' is complete: no agent of it will read that");
            return Err(Error::new(ErrorKind::NotRunning, message));
        }
        inbox::put(&context.project.session(session), &request, now)?;
        let resume = NextCommand::resume(&snapshot.plan, &snapshot.state);
        let message = format!(
            "Stored: the session does not run now. Its next agent reads it after `{resume}`."
        );
        return report(args, "stored", &message);
    }
    request::send(session, &request, context)?;
    let dir = context.project.session(session);
    let (result, message) = match outlook(&dir, &said)? {
        Outlook::Delivered => (
            "delivered",
            "The agent has it, and reads it at its next step.".to_owned(),
        ),
        Outlook::Waiting(why) => ("waiting", format!("{why} The next agent begins with it.")),
    };
    report(args, result, &message)
}

fn checked(text: &str) -> Result<String> {
    let text = text.trim();
    if text.is_empty() {
        return Err(Error::usage("the text is empty"));
    }
    if LONGEST < text.len() {
        let message = format!(
            "the text has {} bytes; at most {LONGEST} are said at once",
            text.len()
        );
        return Err(Error::usage(message).hint("write it to a file, and say where that is"));
    }
    Ok(text.to_owned())
}

fn check_branch(snapshot: &Snapshot, branch: Option<&NodeId>) -> Result<()> {
    let Some(branch) = branch else {
        return Ok(());
    };
    let block = snapshot.plan.block(snapshot.state.current.cursor.node);
    let names: Vec<&str> = block
        .iter()
        .flat_map(|block| &block.branches)
        .map(|branch| branch.name.as_str())
        .collect();
    if names.contains(&branch.as_str()) {
        return Ok(());
    }
    let session = &snapshot.plan.session;
    let message = format!("session '{session}' has no branch `{branch}` now");
    Err(Error::usage(message).hint(if names.is_empty() {
        "it is in no parallel block: leave out `--branch`".to_owned()
    } else {
        format!("its branches are {}", names.join(", "))
    }))
}

/// What becomes of a text.
enum Outlook {
    Delivered,
    /// Why no agent gets it now.
    Waiting(String),
}

/// Waits until the text has reached an agent, if one takes messages.
fn outlook(dir: &RunDir, said: &Said) -> Result<Outlook> {
    let Some(snapshot) = load_cached(dir)? else {
        return Ok(no_agent());
    };
    let (plan, state) = (&snapshot.plan, &snapshot.state);
    if let Some(block) = plan.block(state.current.cursor.node) {
        let step = state.current.cursor.node;
        let branches = block.branches.iter().map(|branch| &branch.name);
        let meant = branches.filter(|name| said.branch.as_ref().is_none_or(|it| it == *name));
        let mut last = no_agent();
        for name in meant {
            let dir = dir.branch(step, &block.id, name);
            let branch = load_cached(&dir)?;
            match branch.map_or_else(no_agent, |branch| of_agent(&dir, &branch, said)) {
                Outlook::Delivered => return Ok(Outlook::Delivered),
                waiting @ Outlook::Waiting(_) => last = waiting,
            }
        }
        return Ok(last);
    }
    Ok(of_agent(dir, &snapshot, said))
}

/// Waits until the text has reached the agent of a session or branch, if it takes messages.
fn of_agent(dir: &RunDir, snapshot: &Snapshot, said: &Said) -> Outlook {
    let (plan, state) = (&snapshot.plan, &snapshot.state);
    if !state.phase.is_running() {
        return no_agent();
    }
    let Some(node) = state.changed_node(plan) else {
        return no_agent();
    };
    if node.agent.dialogue.is_none() {
        let agent = node.agent.label();
        return Outlook::Waiting(format!("`{agent}` takes no messages while it works."));
    }
    let folder = dir.iteration(state.current.cursor, &node.id);
    let name = message::name_of(said);
    let delivered = clock::wait_until(DELIVERY_TIMEOUT, || {
        message::delivery(&folder, &name) == Delivery::Delivered
    });
    if delivered {
        Outlook::Delivered
    } else {
        Outlook::Waiting("No agent has read it yet.".to_owned())
    }
}

fn no_agent() -> Outlook {
    Outlook::Waiting("No agent is at work now.".to_owned())
}

fn report(args: &Args, result: &'static str, message: &str) -> Result<ExitCode> {
    match args.format {
        Format::Text => ui::say(message)?,
        Format::Json => ui::json::print(&SayResult {
            session: &args.of.session,
            branch: args.branch.as_ref(),
            result,
            message,
        })?,
    }
    Ok(ExitCode::Done)
}
