//! `ap continue`: continues a paused session, or ends a wait early; without a session all projects.
use super::candidates;
use super::context::Context;
use super::control;
use super::format::Format;
use super::nested;
use super::request;
use super::session::find;
use super::supervisor::pause::continue_all;
use crate::error::{Error, ExitCode, Result};
use crate::model::{Request, SessionName};
use crate::store::session::load_cached;

#[derive(clap::Args, Debug)]
#[command(mut_arg("json", |json| json.help("Print JSON (`ap schema ap-control`, without a session `ap schema ap-pause-all`)")))]
pub(super) struct Args {
    /// Name of the session; without it the supervisor gives slices again
    #[arg(add = candidates::sessions())]
    session: Option<SessionName>,
    #[command(flatten)]
    format: Format,
}

pub(super) fn run(args: &Args, context: &Context) -> Result<ExitCode> {
    let Some(session) = &args.session else {
        return continue_all(args.format, context);
    };
    let before = find(session, context)?;
    if before.state.first_question().is_some() {
        nested::refuse_own_answer(&before, context)?;
    }
    request::send(session, &Request::Continue, context)?;
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
    let message = format!("Session '{session}' continues.");
    control::report(session, args.format, "continued", &message)?;
    Ok(ExitCode::Done)
}
