//! Answers to questions.
use crate::engine::apply::OUT_OF_TIME;
use crate::engine::state::{Phase, State};
use crate::model::{Answer, Asker, Event, Next, Reply, Subject};
use jiff::Timestamp;

/// Returns the answer to the open question of the session, or of a branch.
pub(super) fn answered(state: &State, answer: &Answer) -> Option<Event> {
    let question = match &answer.branch {
        None if matches!(state.phase, Phase::New | Phase::Ended { .. }) => None,
        None => state.session.question.as_ref(),
        Some(branch) => {
            let known = state.current.branch_answers.get(branch);
            let asked = state.current.branches.get(branch)?.question.as_ref();
            // The branch has its answer, and has not reported yet that it continues.
            asked.filter(|asked| known.is_none_or(|known| known.id != asked.id))
        }
    };
    let question = question.filter(|question| question.id == answer.id)?;
    let resolved = question.resolve(&answer.reply).ok()?;
    Some(Event::QuestionAnswered {
        id: answer.id,
        branch: answer.branch.clone(),
        answer: resolved.text,
        next: resolved.next,
        by: answer.by.clone(),
        given_at: answer.given_at,
    })
}

/// Answers the open question as its definition says, once its time is up.
pub(super) fn out_of_time(state: &State, now: Timestamp) -> Option<Event> {
    let question = state.session.question.as_ref()?;
    let deadline = question.until.filter(|deadline| deadline.at <= now)?;
    Some(Event::QuestionAnswered {
        id: question.id,
        branch: None,
        answer: OUT_OF_TIME.to_owned(),
        // The node that would be skipped is another one.
        next: match (question.subject, deadline.next) {
            (Subject::AfterStep { .. }, Next::Skip) => Next::Stop,
            (_, next) => next,
        },
        by: "its time limit".to_owned(),
        given_at: now,
    })
}

/// Accepts what a session asks, as `ap continue` does.
pub(super) fn approved(state: &State, now: Timestamp) -> Option<Event> {
    let question = state.session.question.as_ref();
    // An agent that asks wants an answer.
    let question = question.filter(|question| question.by != Asker::Agent)?;
    answered(
        state,
        &Answer {
            id: question.id,
            branch: None,
            reply: Reply::Approve(String::new()),
            by: "ap continue".to_owned(),
            given_at: now,
        },
    )
}
