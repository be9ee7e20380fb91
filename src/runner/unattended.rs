//! Answers questions in `ap test`, where no user is there.
use super::run::Runner;
use crate::clock;
use crate::error::Result;
use crate::model::{Answer, Asker, Input, Question, Reply, Request};

/// The answer to an agent that offers no choices.
const DECIDE: &str = "Decide yourself.";

impl Runner {
    /// Answers the open question, if no user is there. Returns whether it did.
    pub(super) fn answer_by_itself(&mut self) -> Result<bool> {
        let question = self.session.state().session.question.as_ref();
        let Some(question) = question.filter(|_| self.env.answers_questions) else {
            return Ok(false);
        };
        let answer = Answer {
            id: question.id,
            branch: None,
            reply: reply(question),
            by: "ap test".to_owned(),
            given_at: clock::now(),
        };
        self.accept(&Input::Request(Request::Answer(answer)))?;
        Ok(true)
    }
}

/// Returns the first choice of what an agent asks; whatever else is asked is approved.
fn reply(question: &Question) -> Reply {
    match question.by {
        Asker::Agent if question.choices.is_empty() => Reply::Text(DECIDE.to_owned()),
        Asker::Agent => Reply::Choice(1),
        Asker::Gate | Asker::Hook | Asker::Confirm | Asker::Budget | Asker::Engine => {
            Reply::Approve(String::new())
        }
    }
}
