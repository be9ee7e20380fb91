//! Answers what the supervisor asks about a project.
use super::asked_id::AskedId;
use super::send::AnswerResult;
use crate::cli::context::Context;
use crate::cli::format::Format;
use crate::cli::nested;
use crate::cli::supervised::{context_of, supervisor_lives};
use crate::clock;
use crate::error::{Error, ErrorKind, ExitCode, Result};
use crate::fleet::{FleetRequest, ProjectQuestion, ProjectStatus, State};
use crate::model::{ProjectId, Reply, SessionName};
use crate::store::fleet;
use crate::store::registry::{self, RegisteredProject};
use crate::store::session::load_cached;
use crate::ui;
use std::time::Duration;

/// How long the supervisor may take to record an answer.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(10);

/// A project about which the supervisor asks.
#[derive(Clone, Debug)]
pub(in crate::cli) struct ProjectAsks {
    pub(in crate::cli) project: RegisteredProject,
    pub(in crate::cli) question: ProjectQuestion,
}

/// Returns what the supervisor asks about registered projects, in the order of the registry.
pub(in crate::cli) fn asked_by_supervisor(
    state: &State,
    context: &Context,
) -> Result<Vec<ProjectAsks>> {
    let projects = registry::read(&context.dirs)?.projects.into_iter();
    let asks = projects.filter_map(|project| {
        let question = open(state, &project.id)?.clone();
        Some(ProjectAsks { project, question })
    });
    Ok(asks.collect())
}

fn open<'a>(state: &'a State, project: &ProjectId) -> Option<&'a ProjectQuestion> {
    match &state.projects.get(project)?.status {
        ProjectStatus::Blocked { question } => Some(question),
        _ => None,
    }
}

/// Returns what the supervisor asks about the project of this id, if that is meant.
pub(super) fn find(
    name: &SessionName,
    id: Option<AskedId>,
    context: &Context,
) -> Result<Option<ProjectAsks>> {
    let number = match id {
        Some(AskedId::Session(_)) => return Ok(None),
        Some(AskedId::Supervisor(number)) => Some(number),
        None => None,
    };
    let asked = asked_by_supervisor(&fleet::load(&context.dirs)?, context)?;
    let found = asked.into_iter().find(|asks| {
        asks.project.id.as_str() == name.as_str()
            && number.is_none_or(|number| number == asks.question.id)
    });
    match (found, id) {
        (None, Some(id)) => Err(not_asking(name.as_str(), &id.to_string())),
        (found, _) => Ok(found),
    }
}

fn not_asking(project: &str, id: &str) -> Error {
    let message = format!("the supervisor does not ask {id} about project '{project}' now");
    Error::new(ErrorKind::NotAsking, message).hint("`ap questions --all` shows what you are asked")
}

/// Leaves the answer for the supervisor, and waits until it counts if one runs.
pub(super) fn give(
    asks: &ProjectAsks,
    (by, reply): (&str, &Reply),
    format: Format,
    context: &Context,
) -> Result<ExitCode> {
    let (project, question) = (&asks.project.id, &asks.question);
    let there = context_of(&asks.project, context);
    if let Ok(Some(snapshot)) = load_cached(&there.project.session(&asks.project.session)) {
        nested::refuse_own_answer(&snapshot, context)?;
    }
    let resume = resolve(asks, reply)?;
    let is_same = |request: &FleetRequest| {
        matches!(request, FleetRequest::Answer { project: other, question: id, .. }
            if other == project && *id == question.id)
    };
    let waiting = fleet::requests(&context.dirs)?;
    if waiting.iter().any(|waiting| is_same(&waiting.request)) {
        let message = format!("question {} was answered before", question.label());
        return Err(Error::new(ErrorKind::NotAsking, message)
            .hint("the answer counts when the supervisor reads it: `ap start` starts it"));
    }
    let request = FleetRequest::Answer {
        project: project.clone(),
        question: question.id,
        resume,
        by: by.to_owned(),
    };
    fleet::request(&context.dirs, &request, clock::now())?;
    let result = if is_recorded(asks, context) {
        "answered"
    } else {
        "stored"
    };
    let (answer, then) = if resume {
        ("approve", "gets the next free slice".to_owned())
    } else {
        (
            "reject",
            format!("stays paused until `ap resume {project}`"),
        )
    };
    let later = match result {
        "stored" => {
            "\nThe supervisor has not read your answer: `ap start` starts it if it does not run."
        }
        _ => "",
    };
    let message = format!("Project '{project}' {then}.{later}");
    match format {
        Format::Text => ui::say(&message)?,
        Format::Json => ui::json::print(&AnswerResult {
            session: project.as_str(),
            branch: None,
            id: question.label(),
            result,
            answer,
            message: &message,
        })?,
    }
    Ok(ExitCode::Done)
}

/// Returns whether the project is resumed.
fn resolve(asks: &ProjectAsks, reply: &Reply) -> Result<bool> {
    match reply {
        Reply::Approve(_) | Reply::Choice(1) => Ok(true),
        Reply::Reject(_) | Reply::Choice(2) => Ok(false),
        Reply::Text(text) if text.trim() == "approve" => Ok(true),
        Reply::Text(text) if text.trim() == "reject" => Ok(false),
        Reply::Text(_) | Reply::Choice(_) | Reply::Resolved(_) => {
            let commands = asks.question.commands(&asks.project.id).join("` or `");
            let message = format!(
                "question {} about project '{}' is answered with `approve` or `reject`",
                asks.question.label(),
                asks.project.id
            );
            Err(Error::usage(message).hint(format!("answer with `{commands}`")))
        }
    }
}

/// Waits until a supervisor that runs has recorded the answer.
fn is_recorded(asks: &ProjectAsks, context: &Context) -> bool {
    supervisor_lives(context)
        && clock::wait_until(ANSWER_TIMEOUT, || {
            let state = fleet::load(&context.dirs).unwrap_or_default();
            open(&state, &asks.project.id).is_none_or(|open| open.id != asks.question.id)
        })
}
