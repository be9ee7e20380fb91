//! Gives an answer, and reports whether it counted.
use super::super::context::Context;
use super::super::format::Format;
use super::super::request;
use super::super::session::is_alive;
use super::open::OpenQuestion;
use crate::clock;
use crate::error::{Error, ErrorKind, ExitCode, Result};
use crate::model::{Answer, Event, GivenAnswer, NodeId, Reply, Request, Resolved, SessionName};
use crate::store::journal::{Position, read_from};
use crate::store::layout::RunDir;
use crate::store::session::{Snapshot, load_cached};
use crate::store::{fleet, inbox, registry};
use crate::text::clean;
use crate::ui;
use crate::ui::next_command::NextCommand;
use serde::Serialize;

/// An answer that is about to be given.
pub(super) struct Answering<'a> {
    pub(super) snapshot: &'a Snapshot,
    pub(super) asked: &'a OpenQuestion,
    /// How it is given.
    pub(super) by: &'a str,
    pub(super) reply: Reply,
    pub(super) resolved: Resolved,
    pub(super) format: Format,
}

/// The shape of `ap answer --json`.
#[derive(Serialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
pub(in crate::cli) struct AnswerResult<'a> {
    /// The session, or the project that the supervisor asks about.
    pub(super) session: &'a str,
    pub(super) branch: Option<&'a NodeId>,
    /// `q3` of a session, `s1` of the supervisor.
    pub(super) id: String,
    /// `answered`, or `stored` if its runner is gone: the answer counts after a resume. One about a project counts when the
    /// supervisor reads it.
    pub(super) result: &'static str,
    pub(super) answer: &'a str,
    pub(super) message: &'a str,
}

/// Gives the answer to the session's runner, or stores it for the next one.
pub(super) fn give(answering: &Answering<'_>, context: &Context) -> Result<ExitCode> {
    let given = Answer {
        id: answering.asked.question.id,
        branch: answering.asked.branch.clone(),
        reply: answering.reply.clone(),
        by: answering.by.to_owned(),
        given_at: clock::now(),
    };
    let session = &answering.snapshot.plan.session;
    let request = Request::Answer(given.clone());
    if !is_alive(&context.project, answering.snapshot) {
        if let Some(stored) = stored(&given, context, session)? {
            return Err(too_late(
                &given,
                session,
                Some((stored.as_str(), "it counts after a resume")),
            ));
        }
        inbox::put(&context.project.session(session), &request, clock::now())?;
        wake_supervisor(session, context);
        let resume = NextCommand::resume(&answering.snapshot.plan, &answering.snapshot.state);
        let message =
            format!("Stored: the session does not run now. It continues with `{resume}`.");
        return report(answering, "stored", &message);
    }
    request::send(session, &request, context)?;
    match recorded(&given, context, session)? {
        Some(counted) if counted.given_at == given.given_at => {
            let message = format!(
                "Session '{session}' has your answer to {}: {}",
                given.id,
                clean(&answering.resolved.text)
            );
            report(answering, "answered", &message)
        }
        other => {
            let other = other.map(|it| (it.by, it.text));
            let other = other
                .as_ref()
                .map(|(by, text)| (by.as_str(), text.as_str()));
            Err(too_late(&given, session, other))
        }
    }
}

/// Has a supervisor that works on the session look at it now. Otherwise its next sweep finds the answer.
fn wake_supervisor(session: &SessionName, context: &Context) {
    let Ok(registry) = registry::read(&context.dirs) else {
        return;
    };
    let root = context.project.root();
    let root = root.canonicalize_utf8().unwrap_or_else(|_| root.to_owned());
    if let Some(project) = registry.by_root(&root).filter(|it| it.session == *session) {
        let _ = fleet::wake(&context.dirs, project.id.as_str());
    }
}

/// Returns the answer that counts for the question, if there is one.
fn recorded(
    given: &Answer,
    context: &Context,
    session: &SessionName,
) -> Result<Option<GivenAnswer>> {
    let dir = context.project.session(session);
    let counted = load_cached(&dir)?.and_then(|snapshot| {
        let state = snapshot.state;
        let counted = match &given.branch {
            Some(branch) => state.current.branch_answers.get(branch).cloned(),
            None => state.session.last_answer,
        };
        counted.filter(|counted| counted.id == given.id)
    });
    match counted {
        Some(counted) => Ok(Some(counted)),
        // What follows from it may have ended the block, or brought the next question and its answer.
        None => journalled(given, &dir),
    }
}

/// Returns the last answer to the question in the journal.
fn journalled(given: &Answer, dir: &RunDir) -> Result<Option<GivenAnswer>> {
    let mut last = None;
    read_from(&dir.journal(), Position::default(), |line| {
        if let Event::QuestionAnswered { branch, answer } = &line.event
            && (branch, answer.id) == (&given.branch, given.id)
        {
            last = Some(answer.clone());
        }
    })
    .map_err(std::io::Error::from)?;
    Ok(last)
}

/// Returns how an answer to the same question was given that waits for a resume, if there is one.
fn stored(given: &Answer, context: &Context, session: &SessionName) -> Result<Option<String>> {
    let waiting = inbox::waiting(&context.project.session(session))?;
    Ok(waiting
        .into_iter()
        .find_map(|waiting| match waiting.request {
            Request::Answer(other) if (other.id, &other.branch) == (given.id, &given.branch) => {
                Some(other.by)
            }
            _ => None,
        }))
}

/// Returns the error for an answer after another one: how that was given, and what it says.
fn too_late(given: &Answer, session: &SessionName, other: Option<(&str, &str)>) -> Error {
    let message = match other {
        Some((by, text)) => format!(
            "question {} of session '{session}' was answered before, by {}: {}",
            given.id,
            clean(by),
            clean(text)
        ),
        None => format!("session '{session}' does not ask {} any more", given.id),
    };
    Error::new(ErrorKind::NotAsking, message).hint("`ap questions` shows what your sessions ask")
}

fn report(answering: &Answering<'_>, result: &'static str, message: &str) -> Result<ExitCode> {
    match answering.format {
        Format::Text => ui::say(message)?,
        Format::Json => ui::json::print(&AnswerResult {
            session: answering.snapshot.plan.session.as_str(),
            branch: answering.asked.branch.as_ref(),
            id: answering.asked.question.id.to_string(),
            result,
            answer: &answering.resolved.text,
            message,
        })?,
    }
    Ok(ExitCode::Done)
}
