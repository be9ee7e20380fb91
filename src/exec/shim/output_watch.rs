//! Watches the output of an agent: what it printed last, which tools are at work, and whether it asks a question.
use super::job::Watched;
use super::requests::Requests;
use super::tool_calls::ToolCalls;
use crate::agent::{Decoder, Piece, Sign, read_signs};
use crate::exec::file_tail::FileTail;
use crate::text::without_terminal_codes;
use camino::Utf8PathBuf;
use serde::Deserialize;
use std::borrow::Cow;
use std::time::{Duration, Instant};

/// Longer lines say nothing about tools or results.
const LONGEST_LINE: usize = 8 * 1024 * 1024;
/// How much text that is no event is kept to find a question in.
const MOST_TEXT: usize = 8 * 1024;

/// An agent's output so far.
#[derive(Debug)]
pub(super) struct OutputWatch {
    stdout: FileTail,
    stderr: FileTail,
    watched: Watched,
    line: Vec<u8>,
    decoder: Decoder,
    pub(super) tools: ToolCalls,
    pub(super) requests: Requests,
    /// The ids of messages that the agent has repeated since this was last taken.
    pub(super) heard: Vec<String>,
    /// Requests that `ap` does not know, with their kinds, that were printed since the last look.
    pub(super) unknown: Vec<(String, String)>,
    pub(super) session: Option<String>,
    pub(super) saw_result: bool,
    /// What it printed since the last event.
    text: String,
    last_output: Instant,
    last_look: Instant,
    printed: bool,
}

impl OutputWatch {
    pub(super) fn new(stdout: FileTail, stderr: Utf8PathBuf, watched: Watched) -> Self {
        Self {
            stdout,
            stderr: FileTail::new(stderr),
            watched,
            line: Vec::new(),
            decoder: Decoder::default(),
            tools: ToolCalls::default(),
            requests: Requests::default(),
            heard: Vec::new(),
            unknown: Vec::new(),
            session: None,
            saw_result: false,
            text: String::new(),
            last_output: Instant::now(),
            last_look: Instant::now(),
            printed: false,
        }
    }

    /// Takes in what is new. Returns whether anything is.
    pub(super) fn look(&mut self) -> bool {
        let before = (self.stdout.offset(), self.stderr.offset());
        let not_before = std::mem::replace(&mut self.last_look, Instant::now());
        let mut stdout = std::mem::replace(&mut self.stdout, FileTail::new(""));
        let read = stdout.read(|bytes| {
            self.push(bytes, not_before);
            true
        });
        self.stdout = stdout;
        if let Err(error) = read {
            tracing::warn!(%error, "the output cannot be read");
        }
        self.look_at_stderr();
        let is_new = before != (self.stdout.offset(), self.stderr.offset());
        if is_new {
            self.last_output = Instant::now();
            self.printed = true;
        }
        is_new
    }

    /// Only the end of what is new there may be a question.
    fn look_at_stderr(&mut self) {
        if self.stderr.has_large_backlog() {
            self.stderr.skip_backlog();
        }
        let mut text = Vec::new();
        // A stream that cannot be read says nothing.
        let _ = self.stderr.poll(|bytes| text.extend_from_slice(bytes));
        if !self.watched.questions.is_empty() {
            self.push_text(&String::from_utf8_lossy(tail(&text)));
        }
    }

    fn push(&mut self, bytes: &[u8], not_before: Instant) {
        if !self.watched.events {
            return;
        }
        for part in bytes.split_inclusive(|byte| *byte == b'\n') {
            if self.line.len() < LONGEST_LINE {
                self.line.extend_from_slice(part);
            }
            if part.ends_with(b"\n") {
                let line = std::mem::take(&mut self.line);
                self.read_line(&line, not_before);
                self.line = line;
                self.line.clear();
            }
        }
    }

    fn read_line(&mut self, line: &[u8], not_before: Instant) {
        if says_nothing(line) {
            self.read_event(&[], not_before);
            return;
        }
        let mut decoder = std::mem::take(&mut self.decoder);
        decoder.line(line.trim_ascii_end(), &mut |piece| match piece {
            Piece::Event(event) => self.read_event(&read_signs(&event), not_before),
            Piece::Text(text) => self.push_text(text),
        });
        self.decoder = decoder;
    }

    fn read_event(&mut self, signs: &[Sign], not_before: Instant) {
        self.text.clear();
        self.tools.push(signs, not_before);
        for sign in signs {
            self.requests.push(sign);
            match sign {
                // What it reads after a result begins another turn.
                Sign::Heard { id } => {
                    self.saw_result = false;
                    self.heard.push(id.clone());
                }
                Sign::Session(id) => self.session = Some(id.clone()),
                Sign::Result => self.saw_result |= self.watched.ends_with_result,
                Sign::ToolCalled { .. }
                | Sign::ToolAnswered { .. }
                | Sign::SubAgent { .. }
                | Sign::PermissionAsked { .. }
                | Sign::RequestWithdrawn { .. } => {}
                Sign::UnknownRequest { request, kind } => {
                    self.unknown.push((request.clone(), kind.clone()));
                }
            }
        }
    }

    fn push_text(&mut self, text: &str) {
        let text = without_terminal_codes(text);
        for word in text.split_whitespace() {
            self.text.push_str(word);
            self.text.push(' ');
        }
        let over = self.text.len().saturating_sub(MOST_TEXT);
        self.text.drain(..self.text.ceil_char_boundary(over));
    }

    /// Returns the question that was printed last and that only you can answer, if there is one.
    pub(super) fn question(&self) -> Option<&str> {
        // A prompt has no line end.
        let unended = String::from_utf8_lossy(tail(&self.line));
        let questions = self.watched.questions.iter();
        let mut known = questions.map(String::as_str);
        known.find(|known| self.text.contains(known) || unended.contains(known))
    }

    /// Whether anything was printed.
    pub(super) fn has_printed(&self) -> bool {
        self.printed
    }

    /// Returns how many bytes of standard output were read.
    pub(super) fn length(&self) -> u64 {
        self.stdout.offset()
    }

    /// Passes over a time in which the agent's limits stood still.
    pub(super) fn pass_over(&mut self, time: Duration) {
        // It may have printed something in that time.
        self.last_output = (self.last_output + time).min(Instant::now());
        self.tools.pass_over(time);
    }

    /// Returns how long ago the last byte was printed.
    pub(super) fn silent_for(&self) -> Duration {
        self.last_output.elapsed()
    }
}

fn tail(bytes: &[u8]) -> &[u8] {
    &bytes[bytes.len().saturating_sub(MOST_TEXT)..]
}

/// Whether a line is an event that says nothing about tools, session or result, as most of a stream's parts are.
fn says_nothing(line: &[u8]) -> bool {
    #[derive(Deserialize)]
    struct Kind<'a> {
        #[serde(rename = "type", borrow)]
        kind: Cow<'a, str>,
    }
    let kind = serde_json::from_slice::<Kind<'_>>(line);
    kind.is_ok_and(|event| matches!(event.kind.as_ref(), "stream_event" | "rate_limit_event"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use fs_err as fs;
    use std::io::Write as _;

    fn watch(folder: &tempfile::TempDir, questions: &[&str]) -> OutputWatch {
        let folder = Utf8PathBuf::from_path_buf(folder.path().to_owned()).unwrap();
        let watched = Watched {
            events: true,
            ends_with_result: true,
            questions: questions.iter().map(|text| (*text).to_owned()).collect(),
            transcripts: Vec::new(),
        };
        OutputWatch::new(
            FileTail::new(folder.join("stdout.log")),
            folder.join("stderr.log"),
            watched,
        )
    }

    fn append(folder: &tempfile::TempDir, name: &str, text: &str) {
        let path = folder.path().join(name);
        let file = fs::OpenOptions::new().create(true).append(true).open(path);
        file.unwrap().write_all(text.as_bytes()).unwrap();
    }

    #[test]
    fn a_question_is_found_across_lines_and_terminal_codes() {
        let folder = tempfile::tempdir().unwrap();
        let mut watch = watch(&folder, &["Do you trust this folder?"]);
        append(
            &folder,
            "stdout.log",
            "\u{1b}[1m Do you trust\n   this\u{1b}[0m folder?\n",
        );
        assert!(watch.look());
        assert_eq!(watch.question(), Some("Do you trust this folder?"));
        append(&folder, "stdout.log", "{\"type\":\"assistant\"}\n");
        assert!(watch.look());
        assert_eq!(watch.question(), None, "the agent continued");
        append(&folder, "stderr.log", "Do you trust this folder? ");
        assert!(watch.look());
        assert!(watch.question().is_some(), "on stderr, without a line end");
        assert!(!watch.look());
    }

    #[test]
    fn an_event_that_mentions_a_question_asks_none() {
        let folder = tempfile::tempdir().unwrap();
        let mut watch = watch(&folder, &["Do you trust this folder?"]);
        let event = r#"{"type":"assistant","message":{"content":[{"type":"text","text":"Do you trust this folder?"}]}}"#;
        append(&folder, "stdout.log", &format!("{event}\n"));
        watch.look();
        assert_eq!(watch.question(), None);
    }

    #[test]
    fn a_result_is_seen_and_what_is_no_event_is_none() {
        let folder = tempfile::tempdir().unwrap();
        let mut watch = watch(&folder, &[]);
        append(&folder, "stdout.log", "{\"type\":\"resu");
        assert!(watch.look() && watch.has_printed());
        assert!(!watch.saw_result);
        append(&folder, "stdout.log", "lt\"}\n");
        watch.look();
        assert!(watch.saw_result);
    }
}
