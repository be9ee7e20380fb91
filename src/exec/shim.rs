//! The small process between runner and agent.
//!
//! It outlives the runner: it starts the agent with its output going straight to files, enforces the
//! attempt's limits, adopts everything the agent leaves behind and ends it, and writes how the agent
//! ended to `exit.json`. As long as it lives it holds a lock on `stdout.log` (its own standard output,
//! locked by the runner before the shim was started), so whether an attempt is alive is never a guess.
use crate::clock;
use crate::exec::file_tail::ResultWatch;
use crate::exec::process;
use crate::model::{Env, Exit, LimitKind};
use crate::plan::AttemptLimits;
use crate::store::layout::IterationDir;
use crate::store::{atomic, crash};
use camino::Utf8PathBuf;
use fs_err as fs;
use jiff::Timestamp;
use nix::errno::Errno;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::signal::{self, Signal};
use nix::sys::wait::{WaitPidFlag, WaitStatus, waitpid};
use nix::unistd::Pid;
use serde::{Deserialize, Serialize};
use signal_hook::iterator::backend::SignalDelivery;
use signal_hook::iterator::exfiltrator::SignalOnly;
use std::io::{self, Read as _};
use std::os::fd::AsFd as _;
use std::os::unix::net::UnixStream;
use std::os::unix::process::{CommandExt as _, ExitStatusExt as _};
use std::process::{Child, Command, ExitStatus};
use std::time::{Duration, Instant};

/// What the runner asks of a shim: JSON on its standard input.
#[derive(Debug, Serialize, Deserialize)]
pub struct Job {
    /// An absolute path.
    pub program: Utf8PathBuf,
    pub args: Vec<String>,
    /// The agent's whole environment.
    pub env: Env,
    pub cwd: Utf8PathBuf,
    /// Given to the agent on standard input.
    pub prompt: Utf8PathBuf,
    pub folder: IterationDir,
    pub limits: AttemptLimits,
    /// Whether the output is stream-json, whose `result` events start the after-result limit.
    pub events: bool,
}

/// Room for a job; most of it is the environment.
const ROOM: usize = 16 * 1024;
/// How long each step of ending an agent may take: INT lets it write its last words, TERM lets it clean up.
const AFTER_INT: Duration = Duration::from_secs(5);
const AFTER_TERM: Duration = Duration::from_secs(3);
/// How long what the agent left behind may take after TERM.
const AFTER_SWEEP: Duration = Duration::from_secs(1);
/// How often the output is looked at while an agent runs.
const LOOK: Duration = Duration::from_secs(2);

/// How often what the agent left behind is looked for: no event tells that a grandchild was handed to us.
const SWEEP: Duration = Duration::from_millis(5);

/// Runs one attempt. The process is a shim until this returns.
pub fn main() -> io::Result<()> {
    crash::role("shim");
    crash::point("up");
    let mut text = Vec::with_capacity(ROOM);
    io::stdin().read_to_end(&mut text)?;
    // A runner that died while it wrote leaves half a job: then nothing was started and nothing will be.
    let job: Job = serde_json::from_slice(&text)?;
    crash::point("job read");
    // Out of the reach of the terminal and of the runner's process group. Fails only for a group leader, which is as good.
    let _ = nix::unistd::setsid();
    #[cfg(target_os = "linux")]
    nix::sys::prctl::set_child_subreaper(true)?;
    let signals = Signals::listen()?;
    // From here on the attempt has begun: `stderr.log` says so.
    let stderr = fs::File::create(job.folder.stderr())?;
    crash::point("stderr.log made");
    let started_at = clock::now();
    let exit = match spawn(&job, stderr) {
        Ok(child) => {
            crash::point("agent spawned");
            Watch::new(&job, child, signals).attend(started_at)?
        }
        Err(error) => Exit {
            code: None,
            signal: None,
            limit: None,
            cancelled: false,
            spawn_error: Some(format!("cannot start {}: {error}", job.program)),
            started_at,
            ended_at: clock::now(),
            swept: 0,
        },
    };
    atomic::replace(&job.folder.exit(), &serde_json::to_vec(&exit)?)?;
    crash::point("about to end");
    Ok(())
}

fn spawn(job: &Job, stderr: fs::File) -> io::Result<Child> {
    // Not our own standard output, whose lock must end with us and not with a process the agent forgot.
    let stdout = fs::OpenOptions::new()
        .append(true)
        .open(job.folder.stdout())?;
    let prompt = fs::File::open(&job.prompt)?;
    Command::new(&job.program)
        .args(&job.args)
        .env_clear()
        .envs(&job.env)
        .current_dir(&job.cwd)
        .stdin(prompt.into_parts().0)
        .stdout(stdout.into_parts().0)
        .stderr(stderr.into_parts().0)
        .process_group(0)
        .spawn()
}

/// The signals that reach us: what the runner asks, and that a child ended.
///
/// Handled rather than blocked: a blocked signal would stay blocked in the agent, which could then only be killed.
struct Signals(SignalDelivery<UnixStream, SignalOnly>);

impl Signals {
    fn listen() -> io::Result<Self> {
        let (read, write) = UnixStream::pair()?;
        let all = [
            Signal::SIGTERM,
            Signal::SIGINT,
            Signal::SIGQUIT,
            Signal::SIGHUP,
            Signal::SIGCHLD,
        ];
        SignalDelivery::with_pipe(read, write, SignalOnly, all.map(|signal| signal as i32))
            .map(Self)
    }

    /// Waits for signals, not much longer than `limit`, and returns those that came.
    fn wait(&mut self, limit: Duration) -> Vec<Signal> {
        // Rounded up: a wait of no milliseconds would be none.
        let limit =
            PollTimeout::try_from(limit + Duration::from_millis(1)).unwrap_or(PollTimeout::MAX);
        // An interrupted wait has been interrupted by a signal.
        let _ = poll(
            &mut [PollFd::new(self.0.get_read().as_fd(), PollFlags::POLLIN)],
            limit,
        );
        self.0
            .pending()
            .filter_map(|signal| Signal::try_from(signal).ok())
            .collect()
    }
}

/// An agent being watched.
struct Watch<'a> {
    job: &'a Job,
    child: Child,
    group: Pid,
    signals: Signals,
    started: Instant,
    output: ResultWatch,
    limit: Option<LimitKind>,
    cancelled: bool,
}

impl<'a> Watch<'a> {
    fn new(job: &'a Job, child: Child, signals: Signals) -> Self {
        let group = Pid::from_raw(i32::try_from(child.id()).unwrap_or(i32::MAX));
        let output = ResultWatch::new(job.folder.stdout(), job.folder.stderr(), job.events);
        Self {
            job,
            child,
            group,
            signals,
            started: Instant::now(),
            output,
            limit: None,
            cancelled: false,
        }
    }

    /// Waits for the agent's end, bringing it about when it must be.
    fn attend(mut self, started_at: Timestamp) -> io::Result<Exit> {
        let status = self.watch()?;
        crash::point("agent reaped");
        let swept = sweep(self.group, self.cancelled, &mut self.signals);
        crash::point("swept");
        Ok(Exit {
            code: status.code(),
            signal: status.signal(),
            limit: self.limit,
            cancelled: self.cancelled,
            spawn_error: None,
            started_at,
            ended_at: clock::now(),
            swept,
        })
    }

    fn watch(&mut self) -> io::Result<ExitStatus> {
        let mut look_at = Instant::now() + self.look_in();
        loop {
            if let Some(status) = self.child.try_wait()? {
                return Ok(status);
            }
            let signals = self
                .signals
                .wait(look_at.saturating_duration_since(Instant::now()));
            // A terminal that went away is no reason to end.
            if signals
                .iter()
                .any(|signal| matches!(signal, Signal::SIGTERM | Signal::SIGINT | Signal::SIGQUIT))
            {
                self.cancelled = true;
                return self.end(signals.contains(&Signal::SIGQUIT));
            }
            if look_at <= Instant::now() {
                self.limit = self.exceeded();
                if self.limit.is_some() {
                    return self.end(false);
                }
                look_at = Instant::now() + self.look_in();
            }
        }
    }

    /// Returns how long nothing can happen that only the clock tells.
    fn look_in(&self) -> Duration {
        let wall = Duration::from_secs(self.job.limits.wall_s);
        if wall.is_zero() {
            LOOK
        } else {
            wall.saturating_sub(self.started.elapsed()).min(LOOK)
        }
    }

    fn exceeded(&mut self) -> Option<LimitKind> {
        let AttemptLimits {
            wall_s,
            idle_s,
            after_result_s,
        } = self.job.limits;
        let over =
            |limit_s: u64, spent: Duration| 0 < limit_s && Duration::from_secs(limit_s) <= spent;
        self.output.look();
        if over(wall_s, self.started.elapsed()) {
            Some(LimitKind::Wall)
        } else if self.output.saw_result() && over(after_result_s, self.output.quiet_for()) {
            Some(LimitKind::AfterResult)
        } else if over(idle_s, self.output.quiet_for()) {
            Some(LimitKind::Idle)
        } else {
            None
        }
    }

    /// Ends the agent: INT, TERM, KILL, each with its time, or KILL at once.
    fn end(&mut self, at_once: bool) -> io::Result<ExitStatus> {
        let steps: &[_] = if at_once {
            &[]
        } else {
            &[(Signal::SIGINT, AFTER_INT), (Signal::SIGTERM, AFTER_TERM)]
        };
        for (signal, patience) in steps {
            self.signal(*signal);
            if let Some(status) = self.exits_within(*patience)? {
                return Ok(status);
            }
        }
        self.signal(Signal::SIGKILL);
        self.child.wait()
    }

    fn signal(&self, signal: Signal) {
        // The agent has not been reaped, so the number is still its own.
        let _ = signal::killpg(self.group, signal);
        let _ = signal::kill(self.group, signal);
    }

    fn exits_within(&mut self, patience: Duration) -> io::Result<Option<ExitStatus>> {
        let deadline = Instant::now() + patience;
        loop {
            if let Some(status) = self.child.try_wait()? {
                return Ok(Some(status));
            }
            // Asked again, more firmly.
            let firmly = self
                .signals
                .wait(deadline.saturating_duration_since(Instant::now()))
                .contains(&Signal::SIGQUIT);
            if firmly || deadline <= Instant::now() {
                return Ok(None);
            }
        }
    }
}

/// Ends everything the agent left behind, in whatever group or session it hides. Returns how many there were.
fn sweep(group: Pid, at_once: bool, signals: &mut Signals) -> u32 {
    let mut swept = 0;
    let mut signal = if at_once {
        Signal::SIGKILL
    } else {
        Signal::SIGTERM
    };
    let mut deadline = Instant::now() + AFTER_SWEEP;
    while has_children() {
        let left = process::children();
        swept = swept.max(u32::try_from(left.len()).unwrap_or(u32::MAX));
        let _ = signal::killpg(group, signal);
        for pid in left {
            let _ = signal::kill(Pid::from_raw(pid), signal);
        }
        if deadline <= Instant::now() {
            if signal == Signal::SIGKILL {
                // A process stuck in the kernel; nothing more can be done from here.
                break;
            }
            signal = Signal::SIGKILL;
            deadline = Instant::now() + AFTER_SWEEP;
        }
        signals.wait(SWEEP);
    }
    swept
}

/// Reaps what has ended. Tells whether anything is left.
fn has_children() -> bool {
    loop {
        match waitpid(None, Some(WaitPidFlag::WNOHANG)) {
            Ok(WaitStatus::StillAlive) => return true,
            Ok(_) | Err(Errno::EINTR) => (),
            Err(_) => return false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_agent_can_be_asked_to_end() {
        let mut signals = Signals::listen().unwrap();
        let mut agent = Command::new("sleep").arg("60").spawn().unwrap();
        signal::kill(Pid::from_raw(agent.id().cast_signed()), Signal::SIGTERM).unwrap();
        assert_eq!(
            agent.wait().unwrap().signal(),
            Some(Signal::SIGTERM as i32),
            "no signal is blocked in it"
        );
        assert!(
            signals
                .wait(Duration::from_secs(10))
                .contains(&Signal::SIGCHLD),
            "and we are told"
        );
    }
}
