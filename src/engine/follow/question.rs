//! What a session asks you before it continues.
use crate::engine::state::State;
use crate::model::{Deadline, Ending, Event, Question, QuestionId, Subject, WaitReason, decisions};
use crate::plan::{Confirm, ConfirmWhen, Node, OnTrouble, Plan};
use jiff::{SignedDuration, Timestamp};
use std::collections::BTreeMap;

/// Returns the question that keeps the session from anything else, or the wait for its answer.
pub(super) fn open_question(state: &State, now: Timestamp) -> Option<Event> {
    let session = &state.session;
    if let Some(question) = &session.question {
        return Some(wait(question));
    }
    if let Some(changed) = &session.tampering {
        let text = format!("An agent changed files of sessions: {changed}. Continue?");
        return Some(ask(state, Subject::Tampering, text, now));
    }
    let unasked = state.current.unasked.as_ref()?;
    let subject = Subject::Agent {
        cursor: unasked.cursor,
    };
    let question = Question {
        choices: unasked.choices.clone(),
        ..question(state, subject, unasked.text.clone(), now)
    };
    Some(Event::QuestionAsked { question })
}

/// Asks whether an account may be billed for the next agent, though the session began without a bill. The session asks for
/// its branches.
pub(super) fn about_bill(plan: &Plan, state: &State, now: Timestamp) -> Option<Event> {
    let session = &state.session;
    let account = session.spending.billing?;
    let asks = plan.branch.is_none() && session.question.is_none() && session.stopping.is_none();
    asks.then(|| {
        let text = format!(
            "The session began without a bill, and its agents would now be paid by {}. Continue?",
            account.as_str()
        );
        ask(state, Subject::Billing, text, now)
    })
}

/// Asks whether an iteration of the node may begin, if that is to be confirmed.
pub(super) fn before_iteration(state: &State, node: &Node, now: Timestamp) -> Option<Event> {
    let confirm = node.confirm.as_ref()?;
    let current = &state.current;
    let iteration = current.iteration_to_run();
    let asks = !current.in_iteration()
        && current.confirmed_before < iteration
        && confirm.before?.includes(iteration);
    asks.then(|| {
        let text = format!("Begin iteration {iteration} of {}?", node.id);
        confirmation(
            state,
            confirm,
            Subject::BeforeIteration { iteration },
            text,
            now,
        )
    })
}

/// Asks whether the session may continue after the last iteration of the node, if that is to be confirmed.
pub(super) fn after_iteration(state: &State, node: &Node, now: Timestamp) -> Option<Event> {
    let confirm = node.confirm.as_ref()?;
    let current = &state.current;
    let iteration = current.counters.iterations;
    let asks = !current.in_iteration()
        && current.confirmed_after < iteration
        && confirm.after?.includes(iteration);
    asks.then(|| {
        let text = format!("Continue after iteration {iteration} of {}?", node.id);
        confirmation(
            state,
            confirm,
            Subject::AfterIteration { iteration },
            text,
            now,
        )
    })
}

/// Asks whether the pipeline may continue after the step that is done, and with the one that comes next, if that is to be
/// confirmed.
pub(super) fn between_steps(plan: &Plan, state: &State, now: Timestamp) -> Option<Event> {
    let confirm = plan.confirm.as_ref()?;
    let session = &state.session;
    let finished = u32::try_from(session.finished.len()).unwrap_or(u32::MAX);
    let asks = |when: Option<ConfirmWhen>, number| when.is_some_and(|when| when.includes(number));
    if asks(confirm.after, finished) && session.confirmed_after < finished {
        let last = session.finished.last()?;
        let text = format!(
            "Continue after stage {}, which is done: {}?",
            last.id, last.ending
        );
        let subject = Subject::AfterStep { finished };
        return Some(confirmation(state, confirm, subject, text, now));
    }
    let step = state.step(plan)?;
    let begun = 0 < state.current.cursor.iteration;
    let number = finished + 1;
    let asks = asks(confirm.before, number) && session.confirmed_before < number && !begun;
    asks.then(|| {
        let subject = Subject::BeforeStep { finished };
        let text = format!("Begin stage {}?", step.id());
        confirmation(state, confirm, subject, text, now)
    })
}

/// Asks what to do about trouble that would end the session, if the node asks about such.
pub(super) fn about_trouble(
    state: &State,
    node: &Node,
    subject: Subject,
    ending: Event,
    now: Timestamp,
) -> Event {
    let what = match &ending {
        Event::SessionFinished {
            ending: Ending::Failed { error, .. },
        } => error.clone(),
        Event::SessionFinished {
            ending: Ending::LimitReached { limit },
        } => limit.to_string(),
        _ => return ending,
    };
    if node.on_trouble == OnTrouble::Fail {
        return ending;
    }
    let text = format!("Node {} cannot continue: {what}. Try again?", node.id);
    ask(state, subject, text, now)
}

fn confirmation(
    state: &State,
    confirm: &Confirm,
    subject: Subject,
    text: String,
    now: Timestamp,
) -> Event {
    let text = if confirm.message.is_empty() {
        text
    } else {
        confirm.message.clone()
    };
    let offers_skip = !matches!(subject, Subject::AfterStep { .. });
    let (choices, what_happens) = decisions(offers_skip);
    let until = confirm.unanswered.map(|rule| {
        let after = i64::try_from(rule.after_s).unwrap_or(i64::MAX / 1000);
        Deadline {
            at: now
                .checked_add(SignedDuration::from_secs(after))
                .unwrap_or(Timestamp::MAX),
            next: rule.next,
        }
    });
    let question = Question {
        choices,
        what_happens,
        until,
        remind_s: confirm.remind_s,
        ..question(state, subject, text, now)
    };
    Event::QuestionAsked { question }
}

/// Asks for a yes or a no.
pub(super) fn ask(state: &State, subject: Subject, text: String, now: Timestamp) -> Event {
    let (choices, what_happens) = decisions(false);
    let question = Question {
        choices,
        what_happens,
        ..question(state, subject, text, now)
    };
    Event::QuestionAsked { question }
}

/// Returns the next question, which any text answers.
pub(super) fn question(state: &State, subject: Subject, text: String, now: Timestamp) -> Question {
    Question {
        id: QuestionId(state.session.questions + 1),
        asked_at: now,
        by: subject.asker(),
        subject,
        text,
        choices: Vec::new(),
        what_happens: BTreeMap::new(),
        permission: None,
        until: None,
        remind_s: Confirm::REMIND_S,
    }
}

/// Waits for the answer; without a deadline only you end the wait.
fn wait(question: &Question) -> Event {
    Event::WaitStarted {
        reason: WaitReason::Question {
            id: question.id,
            text: question.text.clone(),
        },
        until: question
            .until
            .map_or(Timestamp::MAX, |deadline| deadline.at),
    }
}
