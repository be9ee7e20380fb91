//! `ap notify flush`: sends now what waits to be sent.
use super::configuration::{configuration, sender_env};
use crate::cli::context::Context;
use crate::cli::format::Format;
use crate::error::{ExitCode, Result};
use crate::exec::holder::is_running;
use crate::notify::outbox::Outbox;
use crate::notify::sender::{self, Flushed};
use crate::runner::{self, RunnerEnv};
use crate::store::layout::Project;
use crate::store::roots;
use crate::store::session::{load_cached, names};
use crate::text::count;
use crate::ui::{json, say};
use crate::workspace::Workspace;
use serde::Serialize;

/// The shape of `ap notify flush --json`.
#[derive(Serialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
pub(in crate::cli) struct FlushResult {
    /// Messages that were delivered.
    sent: usize,
    /// Messages that were given up.
    failed: usize,
    /// Messages that wait: for another try, for the end of quiet hours or of the hour's limit.
    waiting: usize,
    /// Whether another process sends, which was woken instead.
    sender_is_alive: bool,
}

pub(super) fn run(format: Format, context: &Context) -> Result<ExitCode> {
    configuration(context)?;
    notify_missed(context)?;
    let (done, sender_is_alive) = match sender::flush(&sender_env(context))? {
        Flushed::Done(done) => (done, false),
        Flushed::SenderIsAlive => (sender::Round::default(), true),
    };
    let env = sender_env(context);
    if Outbox::new(&env.dirs).needs_sender() {
        sender::ensure(&env.dirs, &env.exe, &env.vars)?;
    }
    let result = FlushResult {
        sent: done.sent,
        failed: done.failed,
        waiting: done.waiting,
        sender_is_alive,
    };
    match format {
        Format::Json => json::print(&result)?,
        Format::Text if sender_is_alive => {
            say(
                "Another process sends messages; it was woken. `ap notify list` shows what waits.",
            )?;
        }
        Format::Text => {
            let mut text = format!("{} sent", count(result.sent, "message"));
            if 0 < result.failed {
                text += &format!(", {} given up: see `ap notify list`", result.failed);
            }
            if 0 < result.waiting {
                text += &format!(", {} waiting", result.waiting);
            }
            say(format!("{text}."))?;
        }
    }
    Ok(if 0 < result.failed {
        ExitCode::Failed
    } else {
        ExitCode::Done
    })
}

/// Writes the messages of sessions whose runners were killed before they did.
fn notify_missed(context: &Context) -> Result<()> {
    for known in roots::read(&context.dirs)? {
        let project = Project::new(known.root).with_state(&context.dirs.state);
        if !project.root().is_dir() {
            continue;
        }
        let mut env = None;
        for session in names(&project)? {
            let dir = project.session(&session);
            let Ok(Some(snapshot)) = load_cached(&dir) else {
                continue;
            };
            if !is_running(&project, &session) {
                let env = env.get_or_insert_with(|| runner_env(&project, context));
                runner::notify_missed(env, &snapshot)?;
            }
        }
    }
    Ok(())
}

fn runner_env(project: &Project, context: &Context) -> RunnerEnv {
    let workspace = Workspace::in_place(project.clone());
    RunnerEnv::new(workspace, context.exe.clone(), context.env.clone())
}
