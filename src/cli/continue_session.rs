//! `ap continue`: continues a paused session, or ends a wait early.
use super::context::Context;
use super::control::ControlArgs;
use super::nested;
use super::request;
use super::session::find;
use crate::error::{Error, ExitCode, Result};
use crate::model::Request;
use crate::store::session::load_cached;

pub(super) fn run(args: &ControlArgs, context: &Context) -> Result<ExitCode> {
    let session = &args.of.session;
    let asking = find(session, context)?;
    if asking.state.first_question().is_some() {
        nested::refuse_own_answer(&asking, context)?;
    }
    let before = request::send(session, &Request::Continue, context)?;
    let now = load_cached(&context.project.session(session))?;
    let asked = before.state.session.question.as_ref();
    let open = now
        .as_ref()
        .and_then(|now| now.state.session.question.as_ref());
    let same = open.filter(|open| asked.is_some_and(|asked| asked.id == open.id));
    if let Some(question) = same.filter(|_| !before.state.session.pausing) {
        let message = format!(
            "session '{session}' still asks {}, which only an answer ends",
            question.id
        );
        return Err(
            Error::failed(message).hint("`ap questions` shows what it asks, and how to answer")
        );
    }
    args.report("continued", &format!("Session '{session}' continues."))?;
    Ok(ExitCode::Done)
}
