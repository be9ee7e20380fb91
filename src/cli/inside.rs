//! What an agent calls from inside its session: which session and attempt are its own. Outside, you name the session.
use super::candidates;
use super::context::Context;
use super::session::find;
use crate::error::{Error, ErrorKind, Result};
use crate::model::{Cursor, SessionName, env_tag};
use crate::store::layout::RunDir;
use crate::store::session::{Snapshot, load};
use camino::{Utf8Path, Utf8PathBuf};
use fs_err as fs;
use serde::Deserialize;

/// The session, which an agent does not name.
#[derive(clap::Args, Clone, Debug)]
pub(super) struct InsideArgs {
    /// The session, outside of an agent: an agent's own is known
    #[arg(long, value_name = "NAME", add = candidates::sessions())]
    pub(super) session: Option<SessionName>,
}

/// The session that is meant, and the attempt of it that calls.
#[derive(Debug)]
pub(super) struct Inside {
    /// The run directory of the session, or of the branch whose agent calls.
    pub(super) dir: RunDir,
    pub(super) snapshot: Snapshot,
    /// The attempt of the agent that calls; none outside.
    pub(super) attempt: Option<OwnAttempt>,
}

/// The attempt of the agent that calls.
#[derive(Clone, Debug)]
pub(super) struct OwnAttempt {
    pub(super) cursor: Cursor,
}

/// What of `context.json` says which attempt it is.
#[derive(Debug, Deserialize)]
struct Briefing {
    session: SessionName,
    run: String,
    paths: BriefingPaths,
}

#[derive(Debug, Deserialize)]
struct BriefingPaths {
    session_dir: Utf8PathBuf,
}

/// Returns the session that is meant.
pub(super) fn locate(args: &InsideArgs, context: &Context) -> Result<Inside> {
    match context.env.get("AP_CONTEXT") {
        Some(path) => own(path.as_ref(), args.session.as_ref(), context),
        None => named(args.session.as_ref(), context),
    }
}

/// Returns the session of the agent that calls.
fn own(path: &Utf8Path, named: Option<&SessionName>, context: &Context) -> Result<Inside> {
    let text = fs::read_to_string(path)
        .map_err(|error| not_an_agent(format!("AP_CONTEXT cannot be read: {error}")))?;
    let briefing: Briefing = serde_json::from_str(&text)
        .map_err(|error| not_an_agent(format!("{path} is no context of an agent: {error}")))?;
    let session = &briefing.session;
    let main = context.project.session(session);
    let is_own = |dir: &RunDir| dir.root() == briefing.paths.session_dir;
    let dir = std::iter::once(main.clone())
        .chain(main.branches())
        .find(is_own)
        .filter(|_| named.is_none_or(|named| named == session));
    let Some(dir) = dir else {
        let project = context.project.root();
        let other = named.unwrap_or(session);
        let message = format!(
            "an agent of session '{session}' cannot speak for session '{other}' of {project}"
        );
        return Err(Error::usage(message).hint("leave out `--session` and `--project`"));
    };
    let snapshot = load(&dir)?.ok_or_else(|| not_an_agent(format!("{} is gone", dir.root())))?;
    let cursor = snapshot.state.current.cursor;
    let tag = env_tag::attempt(&snapshot.plan.run, cursor);
    let is_current = context.env.get(env_tag::ATTEMPT) == Some(&tag)
        && snapshot.plan.run.as_str() == briefing.run
        && snapshot.state.phase.is_running();
    if !is_current {
        let message = format!("this attempt of session '{session}' is over");
        return Err(Error::new(ErrorKind::NotRunning, message)
            .hint(format!("`ap status {session}` shows what it does now")));
    }
    Ok(Inside {
        dir,
        snapshot,
        attempt: Some(OwnAttempt { cursor }),
    })
}

/// Returns the session that you name.
fn named(session: Option<&SessionName>, context: &Context) -> Result<Inside> {
    let session = session.ok_or_else(|| {
        Error::usage("this command is for agents of sessions: no session is known here").hint(
            "outside of one, name it with `--session`: `ap list` shows the sessions there are",
        )
    })?;
    Ok(Inside {
        dir: context.project.session(session),
        snapshot: find(session, context)?,
        attempt: None,
    })
}

fn not_an_agent(message: impl std::fmt::Display) -> Error {
    Error::new(ErrorKind::NotRunning, message).hint(
        "an agent of a session calls this; outside of one, unset AP_CONTEXT and name the session with `--session`",
    )
}

/// Returns a text given as an argument, or on standard input.
pub(super) fn text_or_input(text: Option<&str>, what: &str) -> Result<String> {
    use std::io::{IsTerminal as _, Read as _};
    let text = match text {
        Some(text) => text.to_owned(),
        None if std::io::stdin().is_terminal() => {
            return Err(Error::usage(format!("{what} is missing"))
                .hint("give it as an argument, or on standard input"));
        }
        None => {
            let mut bytes = Vec::new();
            std::io::stdin()
                .take(MAX_TEXT + 1)
                .read_to_end(&mut bytes)?;
            String::from_utf8(bytes).map_err(|_| Error::failed(format!("{what} is not UTF-8")))?
        }
    };
    if MAX_TEXT < text.len() as u64 {
        let message = format!("{what} has more than {MAX_TEXT} bytes");
        return Err(Error::failed(message).hint("write it to a file, and name that"));
    }
    Ok(text.trim().to_owned())
}

/// Longest text, in bytes.
const MAX_TEXT: u64 = 64 * 1024;
