//! The agent's standard input.
use camino::Utf8Path;
use fs_err as fs;
use nix::fcntl::{FcntlArg, OFlag, fcntl};
use std::io::{self, ErrorKind, PipeWriter, Write as _};
use std::os::fd::{AsFd as _, BorrowedFd};
use std::process::Stdio;

/// The writing end of the agent's standard input, which the shim owns for the agent's life.
///
/// Today the prompt is all that is sent, and the end of the file follows it. Writing never blocks, so an agent that does
/// not read keeps neither its limits nor its end from being noticed.
#[derive(Debug, Default)]
pub(super) struct AgentInput {
    pipe: Option<PipeWriter>,
    unsent: Vec<u8>,
}

impl AgentInput {
    /// Returns the input of an agent that gets its prompt there, and the end to start it with.
    pub(super) fn with_prompt(prompt: &Utf8Path) -> io::Result<(Stdio, Self)> {
        let unsent = fs::read(prompt)?;
        let (reader, writer) = io::pipe()?;
        fcntl(&writer, FcntlArg::F_SETFL(OFlag::O_NONBLOCK))?;
        Ok((
            reader.into(),
            Self {
                pipe: Some(writer),
                unsent,
            },
        ))
    }

    /// Sends as much as the agent has room for, and closes the pipe when everything has been sent.
    pub(super) fn send(&mut self) {
        let Some(pipe) = &mut self.pipe else { return };
        while !self.unsent.is_empty() {
            match pipe.write(&self.unsent) {
                Ok(sent) => drop(self.unsent.drain(..sent)),
                Err(error) if error.kind() == ErrorKind::WouldBlock => return,
                Err(error) if error.kind() == ErrorKind::Interrupted => (),
                // The agent reads no more. What it does without the rest is up to it.
                Err(_) => break,
            }
        }
        *self = Self::default();
    }

    /// Returns the pipe if there is more to send once it has room.
    pub(super) fn blocked(&self) -> Option<BorrowedFd<'_>> {
        self.pipe.as_ref().map(PipeWriter::as_fd)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use camino::Utf8PathBuf;
    use std::io::Read as _;
    use std::process::Command;

    fn input(prompt: &[u8]) -> (Stdio, AgentInput) {
        let folder = tempfile::tempdir().unwrap();
        let path = Utf8PathBuf::from_path_buf(folder.path().join("prompt.md")).unwrap();
        crate::store::atomic::replace(&path, prompt).unwrap();
        AgentInput::with_prompt(&path).unwrap()
    }

    #[test]
    fn a_prompt_larger_than_a_pipe_arrives_whole() {
        let prompt = b"a line of the prompt\n".repeat(20_000);
        let (stdin, mut input) = input(&prompt);
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
        let mut signals = super::super::signals::Signals::listen().unwrap();
        while input.blocked().is_some() {
            input.send();
            signals.wait(std::time::Duration::from_secs(1), input.blocked());
        }
        assert_eq!(reader.join().unwrap().unwrap(), prompt);
        assert!(agent.wait().unwrap().success());
    }

    #[test]
    fn an_agent_that_does_not_read_blocks_nothing() {
        let (stdin, mut input) = input(&[b'x'; 200_000]);
        input.send();
        assert!(input.blocked().is_some(), "the pipe is full");
        drop(stdin);
        input.send();
        assert!(input.blocked().is_none(), "there is no reader any more");
    }
}
