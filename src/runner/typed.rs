//! What you type in a session's window: the answer to its question.
use super::run::Runner;
use crate::clock;
use crate::error::Result;
use crate::model::{Answer, Input, Question, Reply, Request};
use std::future::pending;
use std::io::{self, BufRead as _, IsTerminal as _};
use std::thread;
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};

/// The lines typed in a window.
pub(super) struct TypedLines(Option<UnboundedReceiver<String>>);

impl TypedLines {
    /// Reads lines on a thread of its own, which ends with the process. Only a window's terminal is read.
    pub(super) fn read(in_window: bool) -> Self {
        if !in_window || !io::stdin().is_terminal() {
            return Self(None);
        }
        let (sender, lines) = unbounded_channel();
        thread::spawn(move || {
            let mut typed = io::stdin().lock().lines();
            while let Some(Ok(line)) = typed.next() {
                if sender.send(line).is_err() {
                    return;
                }
            }
        });
        Self(Some(lines))
    }

    /// Waits for the next line; for ever if nothing is read.
    pub(super) async fn next(&mut self) -> String {
        match &mut self.0 {
            Some(lines) => match lines.recv().await {
                Some(line) => line,
                None => pending().await,
            },
            None => pending().await,
        }
    }
}

impl Runner {
    /// Takes a typed line for the answer to the session's open question. Without one it means nothing.
    pub(super) fn answer_typed(&mut self, line: &str) -> Result<()> {
        let question = self.session.state().session.question.clone();
        // What a branch asks is shown in a window of its own, and answered with a command.
        let Some(question) = question.filter(|_| !line.trim().is_empty()) else {
            return Ok(());
        };
        let reply = reply(&question, line);
        if let Err(error) = question.resolve(&reply) {
            self.window.lock().show_remark(&error.to_string());
            return Ok(());
        }
        self.accept(&Input::Request(Request::Answer(Answer {
            id: question.id,
            branch: None,
            reply,
            by: "its window".to_owned(),
            given_at: clock::now(),
        })))
    }
}

/// Returns what a typed line means: the number of a choice, or a text.
fn reply(question: &Question, line: &str) -> Reply {
    match line.trim().parse() {
        Ok(number) if !question.choices.is_empty() => Reply::Choice(number),
        Ok(_) | Err(_) => Reply::Text(line.trim().to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{QuestionId, Subject};
    use jiff::Timestamp;
    use std::collections::BTreeMap;

    #[test]
    fn a_number_is_a_choice_where_there_are_choices() {
        let mut question = Question {
            id: QuestionId(1),
            asked_at: Timestamp::UNIX_EPOCH,
            by: Subject::Tampering.asker(),
            subject: Subject::Tampering,
            text: String::new(),
            choices: vec!["a".to_owned()],
            what_happens: BTreeMap::new(),
            permission: None,
            until: None,
            remind_s: 0,
        };
        assert_eq!(reply(&question, " 1 "), Reply::Choice(1));
        assert_eq!(reply(&question, "a b"), Reply::Text("a b".to_owned()));
        question.choices.clear();
        assert_eq!(reply(&question, "42"), Reply::Text("42".to_owned()));
    }
}
