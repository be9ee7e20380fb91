//! Tells a running agent what you say, by way of its shim, and records what it has read.
use super::attempt::Attempt;
use super::run::Runner;
use crate::agent::Dialogue;
use crate::error::Result;
use crate::exec::shim::message::{self, Message};
use crate::fingerprint::fingerprint;
use crate::model::{Cursor, Input, RunId, Said};

impl Runner {
    /// Tells the agent at work what it has not been told, and records what it has read.
    pub(super) fn talk(&mut self) -> Result<()> {
        let Some(attempt) = self.attempt.take() else {
            return Ok(());
        };
        let told = self.talk_with(&attempt);
        self.attempt = Some(attempt);
        told
    }

    fn talk_with(&mut self, attempt: &Attempt) -> Result<()> {
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
        let texts = self.session.state().session.said.iter();
        let new = texts.filter(|text| text.is_new());
        new.map(|text| text.said.clone()).collect()
    }
}

fn say(attempt: &Attempt, dialogue: Dialogue, text: &Said, uuid: String) -> Result<()> {
    let mut lines = if text.interrupt {
        dialogue.interrupt(&format!("interrupt-{uuid}"))
    } else {
        String::new()
    };
    lines += &dialogue.message(&text.text, Some(&uuid));
    let message = Message {
        lines,
        echo: Some(uuid),
        answers: None,
    };
    Ok(message::put(
        &attempt.paths.iteration,
        &message::name_of(text),
        &message,
    )?)
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
