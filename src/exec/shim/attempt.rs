//! Runs one attempt, from its job to its record.
use super::exit_file::ExitFile;
use super::guard;
use super::input::AgentInput;
use super::job::Job;
use super::namespace;
use super::runner_socket::RunnerSocket;
use super::signals::Signals;
use super::stderr_file;
use super::watch::Watch;
use crate::clock;
use crate::model::{Exit, Scope};
use crate::store::crash;
use crate::store::layout::IterationDir;
use fs_err as fs;
use std::io;
use std::os::unix::process::CommandExt as _;
use std::process::{Child, Command, Stdio};

/// Runs one attempt. The process is a shim until this returns.
pub(super) fn run(signals: Signals) -> io::Result<()> {
    crash::role("shim");
    if namespace::is_first() {
        namespace::settle()?;
        // Another user, if only in name, is no longer told.
        guard::ask_to_be_told()?;
    }
    crash::point("up");
    let (runner, job) = RunnerSocket::receive()?;
    crash::point("job read");
    // Out of reach of the terminal and of the runner's process group. Fails only for a group leader, which already is.
    let _ = nix::unistd::setsid();
    #[cfg(target_os = "linux")]
    nix::sys::prctl::set_child_subreaper(true)?;
    // From here on the attempt has begun.
    let exit_file = ExitFile::create(&job.folder)?;
    crash::point("exit.json made");
    let exit = run_agent(&job, signals)?;
    stderr_file::put_away_if_empty(&job.folder, exit.scope)?;
    crash::point("stderr.log settled");
    exit_file.fill(&exit)?;
    crash::point("about to end");
    runner.report_recorded()
}

/// Runs the agent to its end.
fn run_agent(job: &Job, signals: Signals) -> io::Result<Exit> {
    let started_at = clock::now();
    match start(job) {
        Ok((child, input)) => {
            crash::point("agent spawned");
            Watch::new(job, child, input, signals).run(started_at)
        }
        Err(error) => Ok(Exit {
            code: None,
            signal: None,
            limit: None,
            cancelled: false,
            spawn_error: Some(spawn_error(job, &error)),
            started_at,
            ended_at: clock::now(),
            swept: 0,
            out_of_memory: false,
            scope: Scope::Empty,
            containment: namespace::containment(),
            question: None,
            ended_tools: Vec::new(),
        }),
    }
}

fn start(job: &Job) -> io::Result<(Child, AgentInput)> {
    // Not our own standard output, whose lock must end with us and not with a process the agent forgot.
    let stdout = open_own_output(&job.folder)?;
    let stderr = stderr_file::open_empty(&job.folder)?;
    crash::point("stderr.log made");
    let (stdin, mut input) = input(job)?;
    // Before it is started, so that it need not wait for a prompt of usual size.
    input.send();
    let child = Command::new(&job.program)
        .args(&job.args)
        .env_clear()
        .envs(&job.env)
        .current_dir(&job.cwd)
        .stdin(stdin)
        .stdout(stdout.into_parts().0)
        .stderr(stderr.into_parts().0)
        .process_group(0)
        .spawn()?;
    Ok((child, input))
}

/// Returns the agent's standard input, and the end to start it with.
fn input(job: &Job) -> io::Result<(Stdio, AgentInput)> {
    let Some(prompt) = &job.prompt else {
        return Ok((Stdio::null(), AgentInput::default()));
    };
    let prompt = fs::read(prompt)?;
    match job.dialogue {
        Some(dialogue) => {
            let prompt = String::from_utf8_lossy(&prompt);
            AgentInput::new(dialogue.message(&prompt, None).into_bytes(), true)
        }
        None => AgentInput::new(prompt, false),
    }
}

fn spawn_error(job: &Job, error: &io::Error) -> String {
    let program = &job.program;
    let is_no_program = error.raw_os_error() == Some(nix::libc::ENOEXEC);
    let why = if is_no_program {
        "; a script begins with a line such as `#!/bin/sh`"
    } else {
        ""
    };
    format!("cannot start {program}: {error}{why}")
}

/// Opens the file that is our standard output once more, whatever is in its place by now.
fn open_own_output(folder: &IterationDir) -> io::Result<fs::File> {
    let mut options = fs::OpenOptions::new();
    options.append(true);
    if cfg!(target_os = "linux") {
        options.open("/proc/self/fd/1")
    } else {
        options.open(folder.stdout())
    }
}
