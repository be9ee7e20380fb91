//! Sessions that an agent starts.
use super::context::Context;
use crate::error::{Error, ErrorKind, Result};
use crate::exec::process;
use crate::model::env_tag;

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
