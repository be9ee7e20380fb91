//! `ap queue`: how people, and the prompts of loops, see, take, give back and close tasks.
mod show;
mod source;

use super::context::Context;
use crate::error::{Error, ExitCode, Result};
use crate::model::{SessionName, TaskState};
use crate::plan::session_label;
use crate::queue::{Claim, Owner, Queue, Release, Released, Unlabelled, liveness};
use camino::Utf8PathBuf;
use source::Source;
use std::io::{self, Write as _};

/// See, take, give back and close tasks
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
    /// List the tasks that can be claimed, the next one first
    #[command(
        long_about = "List the tasks that can be claimed, the next one first.\n\nJSON: an array of tasks."
    )]
    Ready,
    /// Show one task
    #[command(long_about = "Show one task.\n\nJSON: the task.")]
    Show { id: String },
    /// Take a task, so that nobody else does
    #[command(
        long_about = "Take the named task, or the next one, so that nobody else does. An agent that holds one gets the same again.\n\nJSON: the task, or null. Exit code 4 when there is none, 1 when somebody else holds it."
    )]
    Claim { id: Option<String> },
    /// Give a task back, or open one that was parked
    #[command(
        long_about = "Give a task back, if it is still yours. From an agent that counts as a failed attempt, and too many of them park the task; a person who releases a parked task opens it again.\n\nJSON: {\"id\",\"released\":true,\"parked\":false}."
    )]
    Release {
        id: String,
        /// Why, for the log beside the tasks
        #[arg(long, default_value = "")]
        reason: String,
        /// Take it back from this owner instead, for instance pipeline/auth/3
        #[arg(long, value_name = "OWNER")]
        from: Option<String>,
    },
    /// Close a task: it is done
    #[command(
        long_about = "Close a task: it is done. Closing a closed one changes nothing and succeeds.\n\nJSON: {\"id\",\"closed\":true}."
    )]
    Close {
        id: String,
        /// What was done, for the log beside the tasks
        #[arg(long, default_value = "")]
        reason: String,
    },
    /// Make tasks a session's: put its label on them
    #[command(
        long_about = "Make tasks a session's: put its label on them, `pipeline/<session>` unless another is named. For trackers that have labels, such as beads.\n\nJSON: {\"label\",\"labelled\":[id]}."
    )]
    Label {
        /// The session the tasks are for; it need not have started
        #[arg(value_name = "SESSION")]
        name: SessionName,
        /// The tasks
        #[arg(required_unless_present = "all_ready", conflicts_with = "all_ready")]
        ids: Vec<String>,
        /// Every task that can be worked on and has no session's label
        #[arg(long)]
        all_ready: bool,
        /// Another label
        #[arg(long, value_name = "LABEL")]
        label: Option<String>,
    },
    /// Count the tasks and say what that means for a loop
    #[command(
        long_about = "Count the tasks and say what that means for a loop.\n\nJSON: {\"queue\",\"total\",\"closed\",\"ready\":[id],\"held\":[{\"id\",\"owner\"}],\"stale\":[{\"id\",\"owner\"}],\"blocked\":[{\"id\",\"why\"}],\"verdict\":{\"kind\",…}}, where kind is done, work, wait, release_stale, stalled or no_items. Tasks of agents that are gone are under stale: a session's runner takes them back."
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
        Self {
            data,
            note: String::new(),
            code: ExitCode::Done,
        }
    }
}

/// Runs `ap queue`.
pub fn run(args: &Args, context: &Context) -> Result<ExitCode> {
    crate::store::crash::role("queue");
    let answer = answer(args, context)?;
    // Nobody is left to be told that stderr is gone.
    let _ = io::stderr().write_all(answer.note.as_bytes());
    match io::stdout()
        .write_all(answer.data.as_bytes())
        .and_then(|()| io::stdout().flush())
    {
        // Whoever reads has read enough.
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(answer.code),
        written => Ok(written.map(|()| answer.code)?),
    }
}

fn answer(args: &Args, context: &Context) -> Result<Answer> {
    let (source, answer) = match &args.action {
        Action::Label {
            name,
            ids,
            all_ready,
            label,
        } => {
            if args.session.is_some() || args.file.is_some() {
                let hint =
                    format!("write `ap queue label {name} ID…`; a file of tasks has no labels");
                return Err(Error::usage(
                    "`label` takes the session as its first argument, not `--session` or `--file`",
                )
                .hint(hint));
            }
            let source = Source::of_session(name, context)?;
            let answer = put_label(
                &source,
                name,
                (!all_ready).then_some(ids),
                label.as_deref(),
                args.json,
            )?;
            (source, answer)
        }
        action => {
            let source = Source::find(args.session.as_deref(), args.file.as_deref(), context)?;
            let flag = flag(args);
            let answer = asked(action, &source, args.json).map_err(|error| match error.help() {
                Some(hint) => error.hint(complete(&hint, &flag)),
                None => error,
            })?;
            let note = complete(&answer.note, &flag);
            (source, Answer { note, ..answer })
        }
    };
    let remarks: String = source
        .queue
        .remarks()
        .iter()
        .map(|remark| format!("Note: {remark}.\n"))
        .collect();
    Ok(Answer {
        note: remarks + &answer.note,
        ..answer
    })
}

/// Returns how this call named the queue, as part of a command.
fn flag(args: &Args) -> String {
    let session = args.session.iter().map(|name| format!(" --session {name}"));
    session
        .chain(args.file.iter().map(|path| format!(" --file '{path}'")))
        .collect()
}

/// Makes commands in a hint mean the same queue, so that they work as they stand.
fn complete(hint: &str, flag: &str) -> String {
    let mut parts: Vec<String> = hint.split('`').map(str::to_owned).collect();
    // Every second part stands between two of them.
    for command in parts.iter_mut().skip(1).step_by(2) {
        let named = ["ap queue label ", " --session ", " --file "]
            .iter()
            .any(|part| command.contains(part));
        if command.starts_with("ap queue ") && !named {
            command.push_str(flag);
        }
    }
    parts.join("`")
}

fn asked(action: &Action, source: &Source, json: bool) -> Result<Answer> {
    let queue = &*source.queue;
    match action {
        Action::Ready => {
            let tasks = queue.next()?;
            let note = if tasks.is_empty() {
                why_none(queue)?
            } else {
                String::new()
            };
            Ok(Answer {
                note,
                ..show::tasks(&tasks, json).into()
            })
        }
        Action::Show { id } => Ok(show::task(&queue.show(id)?, json).into()),
        Action::Claim { id } => claim(source, id.as_deref(), json),
        Action::Release { id, reason, from } => {
            if from.is_some() && source.for_agent {
                let hint = format!(
                    "`ap queue release {id}` gives back what this iteration holds; tell a person about the rest"
                );
                return Err(Error::usage(
                    "an agent cannot take a task back from somebody else: `--from` is for people",
                )
                .hint(hint));
            }
            let owner = from
                .as_deref()
                .map_or_else(|| source.owner.clone(), Owner::read);
            release(source, id, &owner, reason, json)
        }
        Action::Close { id, reason } => {
            // A person may close anything; an agent only what nobody else holds.
            let owner = matches!(source.owner, Owner::Agent { .. }).then_some(&source.owner);
            queue.close(id, owner, reason)?;
            Ok(show::done(id, "closed", json).into())
        }
        Action::Status => {
            let counts = queue.counts(&liveness(queue))?;
            Ok(show::status(
                &source.name,
                &counts,
                &counts.status(|| queue.searched()),
                json,
            )
            .into())
        }
        Action::Label { .. } => unreachable!("it has its own queue"),
    }
}

fn claim(source: &Source, id: Option<&str>, json: bool) -> Result<Answer> {
    match source.queue.claim(id, &source.owner)? {
        Claim::Won(task) => Ok(show::task(&task, json).into()),
        Claim::Lost { by } => {
            let id = id.unwrap_or("the task");
            Err(Error::failed(format!("task `{id}` is held by {by}"))
                .hint("claim another: `ap queue ready` lists them"))
        }
        Claim::None => {
            let data = if json { "null\n" } else { "" };
            Ok(Answer {
                data: data.to_owned(),
                note: why_none(&*source.queue)?,
                code: ExitCode::Short,
            })
        }
    }
}

/// Says why there is nothing to claim.
fn why_none(queue: &dyn Queue) -> Result<String> {
    let status = queue.counts(&liveness(queue))?.status(|| queue.searched());
    Ok(format!(
        "No task can be claimed: {}.\n",
        show::meaning(&status)
    ))
}

fn release(source: &Source, id: &str, owner: &Owner, reason: &str, json: bool) -> Result<Answer> {
    let failed = source.for_agent;
    let why = if reason.is_empty() {
        "no reason was given"
    } else {
        reason
    };
    match source.queue.release(id, owner, &Release { why, failed })? {
        Released::NotHeld => Err(not_released(source, id, owner)?),
        released => Ok(show::released(id, released == Released::Parked, json).into()),
    }
}

fn not_released(source: &Source, id: &str, owner: &Owner) -> Result<Error> {
    let task = source.queue.show(id)?;
    let state = match (task.state, task.owner) {
        (_, Some(by)) => format!("is held by {by}, not by {owner}"),
        (TaskState::Closed, None) => "is closed already".to_owned(),
        (TaskState::Blocked, None) => task.why.unwrap_or_else(|| "is blocked".to_owned()),
        (TaskState::Ready | TaskState::Held, None) => "is not held by anybody".to_owned(),
    };
    let hint = match source.for_agent {
        true => "`ap queue status` shows who holds what; leave it to its holder",
        false => {
            "`ap queue status` shows who holds what; a person may take one back with `--from OWNER`"
        }
    };
    Ok(Error::failed(format!("task `{id}` {state}, so it was not released")).hint(hint))
}

/// Puts the session's label, or another, on these tasks, or on all that are ready and have none.
fn put_label(
    source: &Source,
    session: &SessionName,
    ids: Option<&Vec<String>>,
    label: Option<&str>,
    json: bool,
) -> Result<Answer> {
    let usual = session_label(session);
    let label = label.unwrap_or(&usual);
    let Some(ids) = ids else {
        let labelled = source.queue.label(Unlabelled::AllReady, label)?;
        let note = if labelled.is_empty() {
            "No task is ready and without a session's label.\n"
        } else {
            ""
        };
        return Ok(Answer {
            note: note.to_owned(),
            ..show::labelled(&labelled, label, json).into()
        });
    };
    // A name mistyped must not leave half of them labelled.
    for id in ids {
        source.queue.show(id)?;
    }
    let mut labelled: Vec<String> = Vec::new();
    for id in ids {
        match source
            .queue
            .label(Unlabelled::These(std::slice::from_ref(id)), label)
        {
            Ok(done) => labelled.extend(done),
            Err(error) if labelled.is_empty() => return Err(error.into()),
            Err(error) => {
                let done = format!(
                    "{}; labelled before that: {}",
                    error.what,
                    labelled.join(", ")
                );
                return Err(Error::failed(done).hint(error.next));
            }
        }
    }
    Ok(show::labelled(&labelled, label, json).into())
}

#[cfg(test)]
mod tests;
