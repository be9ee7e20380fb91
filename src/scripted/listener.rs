//! Standard input that stays open: the messages that the scripted agent reads while it works, in Claude Code's form.
use crate::clock::pause;
use crate::error::{Error, Result};
use serde_json::Value;
use std::collections::VecDeque;
use std::io::{BufRead as _, stdin};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::thread;
use std::time::{Duration, Instant};

/// The messages to the agent, in order.
pub(super) struct Listener {
    /// Whether the agent asks before it uses a tool.
    pub(super) asks: bool,
    lines: Receiver<Value>,
    /// Texts that it has not read.
    texts: VecDeque<Text>,
    /// Answers to requests.
    responses: Vec<Value>,
    is_interrupted: bool,
}

/// A text, with the id under which it is repeated.
pub(super) struct Text {
    pub(super) text: String,
    pub(super) id: Option<String>,
}

/// What came of a request.
pub(super) enum Answer {
    Allowed,
    /// Why it is not.
    Denied(String),
    Interrupted,
}

impl Listener {
    /// Reads lines of JSON on a thread of its own, which ends with the process. Nothing after a
    /// line that is none is read.
    pub(super) fn listen(asks: bool) -> Self {
        let (sender, lines) = channel();
        thread::spawn(move || {
            for line in stdin().lock().lines().map_while(std::result::Result::ok) {
                let Ok(value) = serde_json::from_str(&line) else {
                    return;
                };
                if sender.send(value).is_err() {
                    return;
                }
            }
        });
        Self {
            asks,
            lines,
            texts: VecDeque::new(),
            responses: Vec::new(),
            is_interrupted: false,
        }
    }

    /// Waits for the prompt.
    pub(super) fn prompt(&mut self) -> Result<Text> {
        self.text()
            .ok_or_else(|| Error::usage("standard input has no message"))
    }

    /// Waits for the next text; `None` once there can be none.
    pub(super) fn text(&mut self) -> Option<Text> {
        loop {
            if let Some(text) = self.texts.pop_front() {
                return Some(text);
            }
            match self.lines.recv() {
                Ok(line) => self.push(&line),
                Err(_) => return None,
            }
        }
    }

    /// Returns a text that has come.
    pub(super) fn text_that_came(&mut self) -> Option<Text> {
        while let Ok(line) = self.lines.try_recv() {
            self.push(&line);
        }
        self.texts.pop_front()
    }

    /// Waits for a while. Returns whether the turn was interrupted meanwhile.
    pub(super) fn wait(&mut self, time: Duration) -> bool {
        let end = Instant::now() + time;
        let left = || end.saturating_duration_since(Instant::now());
        while !self.is_interrupted {
            match self.lines.recv_timeout(left()) {
                Ok(line) => self.push(&line),
                Err(RecvTimeoutError::Timeout) => break,
                Err(RecvTimeoutError::Disconnected) => {
                    pause(left());
                    break;
                }
            }
        }
        self.take_interrupt()
    }

    /// Returns whether the turn was interrupted.
    fn take_interrupt(&mut self) -> bool {
        std::mem::take(&mut self.is_interrupted)
    }

    /// Waits for the answer to a request.
    pub(super) fn answer(&mut self, request: &str) -> Answer {
        loop {
            let is_meant = |it: &Value| it["request_id"] == request;
            if let Some(at) = self.responses.iter().position(is_meant) {
                return read(&self.responses.swap_remove(at));
            }
            if self.take_interrupt() {
                return Answer::Interrupted;
            }
            match self.lines.recv() {
                Ok(line) => self.push(&line),
                Err(_) => return Answer::Denied("Tool permission stream closed".to_owned()),
            }
        }
    }

    fn push(&mut self, line: &Value) {
        match line["type"].as_str() {
            Some("user") => self.texts.push_back(Text {
                text: line["message"]["content"]
                    .as_str()
                    .unwrap_or_default()
                    .to_owned(),
                id: line["uuid"].as_str().map(str::to_owned),
            }),
            Some("control_response") => self.responses.push(line["response"].clone()),
            Some("control_request") if line["request"]["subtype"] == "interrupt" => {
                self.is_interrupted = true;
            }
            _ => {}
        }
    }
}

fn read(response: &Value) -> Answer {
    let decision = &response["response"];
    match decision["behavior"].as_str() {
        Some("allow") if decision["updatedInput"].is_object() => Answer::Allowed,
        Some("deny") => Answer::Denied(decision["message"].as_str().unwrap_or("denied").to_owned()),
        _ => Answer::Denied("Tool permission request failed: invalid response".to_owned()),
    }
}
