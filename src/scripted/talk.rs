//! How the scripted agent takes messages while it works, and how it asks for permissions.
use super::act::Agent;
use super::listener::{Answer, Listener, Text};
use super::script::Step;
use crate::clock::pause;
use crate::error::Result;
use serde_json::Value;
use std::time::Duration;

impl Agent<'_> {
    /// Reads the first message, which is the prompt.
    pub(super) fn read_prompt(&mut self) -> Result<()> {
        let prompt = self.listener.as_mut().map(Listener::prompt);
        match prompt.transpose()? {
            Some(prompt) => Ok(self.events.heard(&prompt.text, prompt.id.as_deref())?),
            None => Ok(()),
        }
    }

    /// Reads the messages that have come.
    pub(super) fn hear(&mut self) -> Result<()> {
        while let Some(text) = self.listener.as_mut().and_then(Listener::text_that_came) {
            self.take_in(text)?;
        }
        Ok(())
    }

    fn take_in(&mut self, text: Text) -> Result<()> {
        self.events.heard(&text.text, text.id.as_deref())?;
        self.context.said = text.text;
        Ok(())
    }

    /// Works for a while without a word. An interrupted turn ends, and the next message begins another one.
    pub(super) fn sleep(&mut self, time: Duration, step: &Step) -> Result<()> {
        let Some(listener) = &mut self.listener else {
            pause(time);
            return Ok(());
        };
        if !time.is_zero() && listener.wait(time) {
            self.events.interrupted(step.cost_usd)?;
            self.next_turn()?;
        }
        self.hear()
    }

    /// Begins another turn with the next message. Returns whether there is one.
    fn next_turn(&mut self) -> Result<bool> {
        let Some(text) = self.listener.as_mut().and_then(Listener::text) else {
            return Ok(false);
        };
        self.take_in(text)?;
        self.events.started()?;
        Ok(true)
    }

    /// Answers the messages that come after its result, until its input ends.
    pub(super) fn take_more_turns(&mut self, step: &Step) -> Result<()> {
        while self.next_turn()? {
            let text = format!("I read: {}", self.context.said);
            self.events.said(&text)?;
            self.events.finished(step.cost_usd)?;
        }
        Ok(())
    }

    /// Asks whether it may call a tool, if it asks at all. Without permission the call has failed.
    pub(super) fn may(&mut self, call: &str, tool: &str, input: &Value) -> Result<bool> {
        let Some(listener) = self.listener.as_mut().filter(|it| it.asks) else {
            return Ok(true);
        };
        let request = self.events.asked(call, tool, input)?;
        let denied = match listener.answer(&request) {
            Answer::Allowed => return Ok(true),
            Answer::Denied(reason) => reason,
            Answer::Interrupted => {
                self.events.withdrawn(&request)?;
                "The user doesn't want to proceed with this tool use.".to_owned()
            }
        };
        self.events.answered(call, &denied, true)?;
        Ok(false)
    }
}
