//! The open questions of a session.
use crate::error::{Error, ErrorKind, Result};
use crate::model::{NodeId, Question, QuestionId};
use crate::store::session::Snapshot;
use crate::ui;

/// A question that waits for its answer.
#[derive(Clone, Debug)]
pub(in crate::cli) struct OpenQuestion {
    /// The branch of the current block that asks.
    pub(in crate::cli) branch: Option<NodeId>,
    pub(in crate::cli) question: Question,
}

/// Returns the questions that a session and the branches of its current block ask.
pub(in crate::cli) fn open_questions(snapshot: &Snapshot) -> Vec<OpenQuestion> {
    let open = snapshot.state.open_questions();
    open.map(|(branch, question)| OpenQuestion {
        branch: branch.cloned(),
        question: question.clone(),
    })
    .collect()
}

/// Whether a session or one of its branches asks.
pub(super) fn asks(snapshot: &Snapshot) -> bool {
    snapshot.state.open_questions().next().is_some()
}

/// Returns the question that is meant: of several ones it must be named.
pub(super) fn select(
    snapshot: &Snapshot,
    id: Option<QuestionId>,
    branch: Option<&NodeId>,
) -> Result<OpenQuestion> {
    let session = &snapshot.plan.session;
    let all = open_questions(snapshot);
    let fits = |it: &&OpenQuestion| {
        id.is_none_or(|id| id == it.question.id)
            && branch.is_none_or(|branch| it.branch.as_ref() == Some(branch))
    };
    let mut fitting = all.iter().filter(fits);
    match (fitting.next(), fitting.next()) {
        (Some(only), None) => Ok(only.clone()),
        // A branch's question is named with the branch.
        (Some(own), Some(_)) if own.branch.is_none() => Ok(own.clone()),
        (Some(_), Some(_)) => Err(several(session.as_str(), &all)),
        (None, _) => {
            let what = id.map_or_else(|| "nothing".to_owned(), |id| format!("no question {id}"));
            let message = format!("session '{session}' asks {what} now");
            let error = Error::new(ErrorKind::NotAsking, message);
            Err(error.hint("`ap questions` shows what your sessions ask"))
        }
    }
}

fn several(session: &str, all: &[OpenQuestion]) -> Error {
    let commands = all.iter().filter_map(|open| {
        let mut commands = ui::question::commands(session, open.branch.as_ref(), &open.question);
        (!commands.is_empty()).then(|| commands.remove(0))
    });
    let commands: Vec<String> = commands.collect();
    Error::usage(format!("session '{session}' asks several questions"))
        .hint(format!("answer one with `{}`", commands.join("` or `")))
}
