//! What an agent may not do with sessions: start one that would end with it, and answer for you.
use super::context::Context;
use crate::error::{Error, ErrorKind, Result};
use crate::exec::process;
use crate::model::env_tag;
use crate::store::session::Snapshot;

/// Refuses an agent that would answer its own session.
pub(super) fn refuse_own_answer(snapshot: &Snapshot, context: &Context) -> Result<()> {
    let run = snapshot.plan.run.as_str();
    // A branch's run has the session's in its name.
    let is_own = context.env.get(env_tag::RUN).is_some_and(|own| {
        let rest = own.strip_prefix(run);
        rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('_'))
    });
    if !is_own {
        return Ok(());
    }
    let session = &snapshot.plan.session;
    let message =
        format!("an agent of session '{session}' cannot answer what it asks: that is for the user");
    Err(Error::usage(message)
        .hint("continue without it, or end the iteration with `decision: ask`"))
}

/// Refuses a session in tmux that would end with the agent that starts it: everything an agent leaves behind is ended,
/// and with it a tmux server that it had to start.
pub(super) fn check(context: &Context) -> Result<()> {
    if !context.env.contains_key("CLAUDE_PIPELINE_AGENT") {
        return Ok(());
    }
    let outlives_agent = |server| {
        let marked = process::find_with_env(&[env_tag::ATTEMPT]);
        !marked.iter().any(|(process, _)| process.pid == server)
    };
    if context.tmux().server().is_some_and(outlives_agent) {
        return Ok(());
    }
    Err(Error::new(
        ErrorKind::RunsElsewhere,
        "a session that an agent starts would end with the agent, because no tmux server outlives it",
    )
    .hint("run it within the agent with `--foreground`, or start a tmux server before the agent's own session"))
}
