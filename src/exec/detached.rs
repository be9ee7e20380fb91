//! Starts a program that outlives the one that starts it.
use crate::model::Env;
use camino::Utf8Path;
use std::fs::File;
use std::io;
use std::process::{Child, Command, Stdio};

/// A program that was started in the background.
#[derive(Debug)]
pub struct Detached(Child);

impl Detached {
    /// Starts a program with its output in a file. It makes itself the leader of its session.
    pub fn start(program: &Utf8Path, args: &[&str], env: &Env, log: &File) -> io::Result<Self> {
        let child = Command::new(program)
            .args(args)
            .env_clear()
            .envs(env.iter())
            .current_dir("/")
            .stdin(Stdio::null())
            .stdout(log.try_clone()?)
            .stderr(log.try_clone()?)
            .spawn()?;
        Ok(Self(child))
    }

    /// Whether it still runs.
    pub fn is_running(&mut self) -> bool {
        matches!(self.0.try_wait(), Ok(None))
    }
}

/// Makes this process the leader of a session of its own, out of reach of the terminal it was started from.
pub fn lead_session() {
    // Fails only for a process that leads one already.
    let _ = nix::unistd::setsid();
}
