//! The agent's standard input.
use nix::fcntl::{FcntlArg, OFlag, fcntl};
use std::collections::VecDeque;
use std::io::{self, ErrorKind, PipeWriter, Write as _};
use std::os::fd::{AsFd as _, BorrowedFd};
use std::process::Stdio;

/// The writing end of the agent's standard input, which the shim owns for the agent's life.
///
/// Writing never blocks, so an agent that does not read keeps neither its limits nor its end from being noticed.
#[derive(Debug, Default)]
pub(super) struct AgentInput {
    pipe: Option<PipeWriter>,
    unsent: VecDeque<Piece>,
    /// Whether more may follow what is unsent.
    stays_open: bool,
}

/// A part of the input, sent as a whole or not at all as far as anyone may rely on it.
#[derive(Debug)]
struct Piece {
    bytes: Vec<u8>,
    sent: usize,
    /// The message it carries, if it is one.
    message: Option<String>,
}

impl AgentInput {
    /// Returns an input that begins with `bytes`, and the end to start the agent with. Unless it `stays_open`, it ends with
    /// them.
    pub(super) fn new(bytes: Vec<u8>, stays_open: bool) -> io::Result<(Stdio, Self)> {
        let (reader, writer) = io::pipe()?;
        fcntl(&writer, FcntlArg::F_SETFL(OFlag::O_NONBLOCK))?;
        let mut input = Self {
            pipe: Some(writer),
            unsent: VecDeque::new(),
            stays_open,
        };
        input.push(bytes, None);
        Ok((reader.into(), input))
    }

    /// Adds what is to be sent next.
    pub(super) fn push(&mut self, bytes: Vec<u8>, message: Option<String>) {
        self.unsent.push_back(Piece {
            bytes,
            sent: 0,
            message,
        });
    }

    /// Sends as much as the agent has room for. Returns the messages that have been sent as a whole.
    pub(super) fn send(&mut self) -> Vec<String> {
        let mut complete = Vec::new();
        let Some(pipe) = &mut self.pipe else {
            return complete;
        };
        while let Some(piece) = self.unsent.front_mut() {
            match piece.send(pipe) {
                Ok(true) => complete.extend(self.unsent.pop_front().and_then(|it| it.message)),
                Ok(false) => return complete,
                Err(_) => {
                    // The agent reads no more. What it does without the rest is up to it.
                    self.close();
                    return complete;
                }
            }
        }
        if !self.stays_open {
            self.close();
        }
        complete
    }

    /// Ends the input; what is unsent is never sent.
    pub(super) fn close(&mut self) {
        *self = Self::default();
    }

    pub(super) fn is_open(&self) -> bool {
        self.pipe.is_some()
    }

    /// Whether everything has been sent.
    pub(super) fn is_sent(&self) -> bool {
        self.unsent.is_empty()
    }

    /// Returns the pipe if there is more to send once it has room.
    pub(super) fn blocked(&self) -> Option<BorrowedFd<'_>> {
        let pipe = self.pipe.as_ref().filter(|_| !self.unsent.is_empty());
        pipe.map(PipeWriter::as_fd)
    }
}

impl Piece {
    /// Sends as much as there is room for. Returns whether that was the rest.
    fn send(&mut self, pipe: &mut PipeWriter) -> io::Result<bool> {
        while self.sent < self.bytes.len() {
            match pipe.write(&self.bytes[self.sent..]) {
                Ok(sent) => self.sent += sent,
                Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(false),
                Err(error) if error.kind() == ErrorKind::Interrupted => (),
                Err(error) => return Err(error),
            }
        }
        Ok(true)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::exec::shim::signals::Signals;
    use std::io::Read as _;
    use std::process::Command;
    use std::time::Duration;

    /// Sends all of an input, which `cat` repeats. Returns what it repeated, and the messages that were sent.
    fn repeated(stdin: Stdio, mut input: AgentInput) -> (Vec<u8>, Vec<String>) {
        let mut agent = Command::new("cat")
            .stdin(stdin)
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut output = agent.stdout.take().unwrap();
        let reader = std::thread::spawn(move || {
            let mut text = Vec::new();
            output.read_to_end(&mut text).map(|_| text)
        });
        let mut signals = Signals::listen().unwrap();
        let mut sent = input.send();
        while input.blocked().is_some() {
            signals.wait(Duration::from_secs(1), input.blocked(), None);
            sent.extend(input.send());
        }
        input.close();
        let text = reader.join().unwrap().unwrap();
        assert!(agent.wait().unwrap().success());
        (text, sent)
    }

    #[test]
    fn a_prompt_larger_than_a_pipe_arrives_whole() {
        let prompt = b"a line of the prompt\n".repeat(20_000);
        let (stdin, input) = AgentInput::new(prompt.clone(), false).unwrap();
        assert_eq!(repeated(stdin, input), (prompt, Vec::new()));
    }

    #[test]
    fn messages_follow_the_prompt_in_their_order() {
        let (stdin, mut input) = AgentInput::new(b"first\n".repeat(20_000), true).unwrap();
        input.push(b"second\n".to_vec(), Some("a".to_owned()));
        input.push(b"third\n".to_vec(), Some("b".to_owned()));
        let (text, sent) = repeated(stdin, input);
        assert!(text.ends_with(b"first\nsecond\nthird\n"));
        assert_eq!(sent, ["a", "b"]);
    }

    #[test]
    fn an_open_input_ends_only_when_it_is_closed() {
        let (_stdin, mut input) = AgentInput::new(b"x".to_vec(), true).unwrap();
        input.send();
        assert!(input.is_open() && input.is_sent());
        let (_stdin, mut input) = AgentInput::new(b"x".to_vec(), false).unwrap();
        input.send();
        assert!(!input.is_open());
    }

    #[test]
    fn an_agent_that_does_not_read_blocks_nothing() {
        let (stdin, mut input) = AgentInput::new(vec![b'x'; 200_000], false).unwrap();
        input.push(b"more\n".to_vec(), Some("a".to_owned()));
        assert!(input.send().is_empty());
        assert!(input.blocked().is_some(), "the pipe is full");
        drop(stdin);
        assert!(input.send().is_empty(), "the message has no reader");
        assert!(!input.is_open());
    }
}
