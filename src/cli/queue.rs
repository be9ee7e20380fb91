//! `ap queue`: how people, and the prompts of loops, see, take, give back and close tasks.
mod show;
mod source;

use super::context::Context;
use crate::error::{Error, ExitCode, Result};
use crate::queue::{Claim, Owner, Queue, State};
use camino::Utf8PathBuf;
use source::Source;
use std::io::{self, Write as _};
use std::path::Path;

/// Sees, takes, gives back and closes tasks.
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(subcommand)]
    action: Action,
    /// The session whose queue is meant [default: the session an agent works for]
    #[arg(long, short, global = true, value_name = "NAME")]
    session: Option<String>,
    /// A checklist or prd.json to use instead of the session's queue
    #[arg(long, global = true, value_name = "PATH", conflicts_with = "session")]
    file: Option<Utf8PathBuf>,
    /// Print JSON
    #[arg(long, global = true)]
    json: bool,
}

/// With `--json`, a task is `{"id","title","body","acceptance":[…],"priority":n|null,"state","owner":text|null}`, where
/// `state` is `ready`, `held`, `blocked` or `closed`.
#[derive(Debug, clap::Subcommand)]
enum Action {
    /// Lists the tasks that can be claimed, the next one first
    #[command(long_about = "Lists the tasks that can be claimed, the next one first.\n\nJSON: an array of tasks.")]
    Ready,
    /// Shows one task
    #[command(long_about = "Shows one task.\n\nJSON: the task.")]
    Show { id: String },
    /// Takes a task, so that nobody else does
    #[command(
        long_about = "Takes the named task, or the next one, so that nobody else does. An agent that holds one gets the same again.\n\nJSON: the task, or null. Exit code 4 when there is none, 1 when somebody else holds it."
    )]
    Claim { id: Option<String> },
    /// Gives a task back
    #[command(long_about = "Gives a task back, if it is still yours.\n\nJSON: {\"id\",\"released\":true}.")]
    Release {
        id: String,
        /// Why, for the log beside the tasks
        #[arg(long, default_value = "")]
        reason: String,
        /// Take it back from this owner instead, for instance pipeline/auth/3
        #[arg(long, value_name = "OWNER")]
        from: Option<String>,
    },
    /// Closes a task: it is done
    #[command(
        long_about = "Closes a task: it is done. Closing a closed one changes nothing and succeeds.\n\nJSON: {\"id\",\"closed\":true}."
    )]
    Close {
        id: String,
        /// What was done, for the log beside the tasks
        #[arg(long, default_value = "")]
        reason: String,
    },
    /// Counts the tasks and says what that means for a loop
    #[command(
        long_about = "Counts the tasks and says what that means for a loop.\n\nJSON: {\"queue\",\"total\",\"closed\",\"ready\":[id],\"held\":[{\"id\",\"owner\"}],\"blocked\":[{\"id\",\"why\"}],\"verdict\":{\"kind\",…}}, where kind is done, work, wait, stalled or no_items. Tasks of agents that are gone are among held: the session's runner takes them back."
    )]
    Status,
}

/// What a call says.
#[derive(Debug)]
struct Answer {
    /// For stdout.
    data: String,
    /// For people, on stderr.
    note: String,
    code: ExitCode,
}

impl From<String> for Answer {
    fn from(data: String) -> Self {
        Self { data, note: String::new(), code: ExitCode::Done }
    }
}

/// Runs `ap queue`.
pub fn run(args: &Args, context: &Context) -> Result<ExitCode> {
    crate::store::crash::role("queue");
    let agent = std::env::var_os("AP_CONTEXT").filter(|path| !path.is_empty());
    let answer = answer(args, context, agent.as_deref().map(Path::new))?;
    // Nobody is left to be told that stderr is gone.
    let _ = io::stderr().write_all(answer.note.as_bytes());
    match io::stdout().write_all(answer.data.as_bytes()).and_then(|()| io::stdout().flush()) {
        // Whoever reads has read enough.
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(answer.code),
        written => Ok(written.map(|()| answer.code)?),
    }
}

/// `agent` is the `context.json` of the agent that asks.
fn answer(args: &Args, context: &Context, agent: Option<&Path>) -> Result<Answer> {
    let source = Source::find(args.session.as_deref(), args.file.as_deref(), context, agent)?;
    let queue = &*source.queue;
    match &args.action {
        Action::Ready => {
            let tasks = queue.next()?;
            let note = if tasks.is_empty() { why_none(queue)? } else { String::new() };
            Ok(Answer { note, ..show::tasks(&tasks, args.json).into() })
        }
        Action::Show { id } => Ok(show::task(&queue.show(id)?, args.json).into()),
        Action::Claim { id } => claim(&source, id.as_deref(), args.json),
        Action::Release { id, reason, from } => {
            let owner = from.as_deref().map_or_else(|| source.owner.clone(), Owner::read);
            release(queue, id, &owner, reason, args.json)
        }
        Action::Close { id, reason } => {
            // A person may close anything; an agent only what nobody else holds.
            let owner = matches!(source.owner, Owner::Agent { .. }).then_some(&source.owner);
            queue.close(id, owner, reason)?;
            Ok(show::done(id, "closed", args.json).into())
        }
        Action::Status => {
            let census = queue.census(&|_| true)?;
            Ok(show::status(&source.place, &census, &census.verdict(&queue.looked_for()), args.json).into())
        }
    }
}

fn claim(source: &Source, id: Option<&str>, json: bool) -> Result<Answer> {
    match source.queue.claim(id, &source.owner)? {
        Claim::Won(task) => Ok(show::task(&task, json).into()),
        Claim::Lost { by } => {
            let id = id.unwrap_or("the task");
            Err(Error::failed(format!("task `{id}` is held by {by}")).hint("claim another: `ap queue ready` lists them"))
        }
        Claim::None => {
            let data = if json { "null\n" } else { "" };
            Ok(Answer { data: data.to_owned(), note: why_none(&*source.queue)?, code: ExitCode::Short })
        }
    }
}

/// Says why there is nothing to claim.
fn why_none(queue: &dyn Queue) -> Result<String> {
    let verdict = queue.census(&|_| true)?.verdict(&queue.looked_for());
    Ok(format!("No task can be claimed: {}.\n", show::meaning(&verdict)))
}

fn release(queue: &dyn Queue, id: &str, owner: &Owner, reason: &str, json: bool) -> Result<Answer> {
    if queue.release(id, owner, reason)? {
        return Ok(show::done(id, "released", json).into());
    }
    let task = queue.show(id)?;
    let state = match (task.state, task.owner) {
        (_, Some(by)) => format!("is held by {by}, not by {owner}"),
        (State::Closed, None) => "is closed already".to_owned(),
        (State::Ready | State::Held | State::Blocked, None) => "is not held by anybody".to_owned(),
    };
    let hint = "`ap queue status` shows who holds what; a person may take one back with `--from OWNER`";
    Err(Error::failed(format!("task `{id}` {state}, so it was not released")).hint(hint))
}

#[cfg(test)]
mod tests;
