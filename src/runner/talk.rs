//! Gives your messages to the shim of the running agent, and records which of them the agent has read.
use super::attempt::Attempt;
use super::run::Runner;
use crate::agent::Dialogue;
use crate::error::Result;
use crate::exec::shim::message::{self, Message};
use crate::fingerprint::fingerprint;
use crate::model::{Cursor, Input, RunId, Said};

impl Runner {
    /// Sends the agent at work the messages that are new, and records which it has read.
    pub(super) fn talk(&mut self) -> Result<()> {
        let Some(mut attempt) = self.attempt.take() else {
            return Ok(());
        };
        let talked = self.talk_with(&mut attempt);
        self.attempt = Some(attempt);
        talked
    }

    fn talk_with(&mut self, attempt: &mut Attempt) -> Result<()> {
        self.record_heard(attempt)?;
        let Some(dialogue) = attempt.dialogue else {
            return Ok(());
        };
        if self.session.state().must_stop_agent() {
            return Ok(());
        }
        self.say_new(attempt, dialogue)?;
        self.settle_permissions(attempt, dialogue)
    }

    /// Records which texts the agent has read.
    pub(super) fn record_heard(&mut self, attempt: &Attempt) -> Result<()> {
        for text in self.new_texts() {
            let uuid = uuid(&self.session.plan.run, attempt.cursor, &text.id);
            if attempt.transcript().has_heard(&uuid) {
                self.accept(&Input::AgentTold {
                    cursor: attempt.cursor,
                    id: text.id,
                })?;
            }
        }
        Ok(())
    }

    fn say_new(&self, attempt: &Attempt, dialogue: Dialogue) -> Result<()> {
        for text in self.new_texts() {
            let uuid = uuid(&self.session.plan.run, attempt.cursor, &text.id);
            say(attempt, dialogue, &text, uuid)?;
        }
        Ok(())
    }

    fn new_texts(&self) -> Vec<Said> {
        let new = self.session.state().unread();
        new.map(|text| text.said.clone()).collect()
    }
}

fn say(attempt: &Attempt, dialogue: Dialogue, text: &Said, uuid: String) -> Result<()> {
    let message = || {
        let mut lines = if text.interrupt {
            dialogue.interrupt(&format!("interrupt-{uuid}"))
        } else {
            String::new()
        };
        lines += &dialogue.message(&text.text, Some(&uuid));
        Message {
            lines,
            echo: Some(uuid),
            answers: None,
        }
    };
    let name = message::name_of(text);
    Ok(message::put(&attempt.paths.iteration, &name, message)?)
}

/// Returns the id of a text for one attempt.
fn uuid(run: &RunId, cursor: Cursor, id: &str) -> String {
    let hash = fingerprint(format!("{run}/{cursor}/{id}"));
    let (a, b, c, d, e) = (
        &hash[..8],
        &hash[8..12],
        &hash[13..16],
        &hash[17..20],
        &hash[20..32],
    );
    format!("{a}-{b}-4{c}-8{d}-{e}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_has_another_uuid_in_each_attempt() {
        let run: RunId = "r".parse().unwrap();
        let cursor = Cursor {
            node: 0,
            iteration: 1,
            attempt: 1,
        };
        let first = uuid(&run, cursor, "t");
        assert_eq!(first.len(), 36);
        assert_eq!(first, uuid(&run, cursor, "t"));
        assert_ne!(first, uuid(&run, cursor.next_attempt(), "t"));
        assert_ne!(first, uuid(&run, cursor, "u"));
    }
}
