//! Starts programs that outlive the one that starts them.
use crate::model::Env;
use crate::store::crash;
use camino::Utf8Path;
use std::fs::File;
use std::io;
use std::os::unix::process::CommandExt as _;
use std::process::{Child, Command, Stdio};

/// A program that was started in the background.
#[derive(Debug)]
pub struct Detached(Child);

impl Detached {
    /// Starts a program with its output in a file. It makes itself the leader of its session.
    pub fn start(program: &Utf8Path, args: &[&str], env: &Env, log: &File) -> io::Result<Self> {
        let mut command = command(program, args, env);
        command.stdout(log.try_clone()?).stderr(log.try_clone()?);
        Ok(Self(command.current_dir("/").spawn()?))
    }

    /// Whether it still runs.
    pub fn is_running(&mut self) -> bool {
        matches!(self.0.try_wait(), Ok(None))
    }
}

/// Starts a program in a process group of its own, without output.
pub fn start_detached(
    program: &Utf8Path,
    args: &[&str],
    env: &Env,
    folder: &Utf8Path,
) -> io::Result<()> {
    let mut child = command(program, args, env)
        .envs(crash::pass_on())
        .current_dir(folder)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .process_group(0)
        .spawn()?;
    // So that it leaves no zombie while this process lives; after it, init reaps.
    std::thread::Builder::new()
        .name("detached".to_owned())
        .stack_size(64 * 1024)
        .spawn(move || child.wait())
        .map(drop)
}

fn command(program: &Utf8Path, args: &[&str], env: &Env) -> Command {
    let mut command = Command::new(program);
    command
        .args(args)
        .env_clear()
        .envs(env.iter())
        .stdin(Stdio::null());
    command
}

/// Makes this process the leader of a session of its own, out of reach of the terminal it was started from.
pub fn lead_session() {
    // Fails only for a process that leads one already.
    let _ = nix::unistd::setsid();
}
