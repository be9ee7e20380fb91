//! The small process between runner and agent.
//!
//! It outlives the runner: it starts the agent with its output going straight to files, enforces the
//! attempt's limits, adopts everything the agent leaves behind and ends it, and writes how the agent
//! ended to `exit.json`. As long as it lives it holds a lock on `stdout.log` (its own standard output,
//! locked by the runner before the shim was started), so whether an attempt is alive is never a guess.
use crate::clock;
use crate::model::{Exit, LimitKind};
use crate::plan::AttemptLimits;
use crate::process;
use crate::runner::tail::ResultWatch;
use crate::store::layout::IterationDir;
use crate::store::{atomic, crash};
use camino::Utf8PathBuf;
use fs_err as fs;
use jiff::Timestamp;
use nix::errno::Errno;
use nix::sys::signal::{self, SigSet, Signal};
use nix::sys::wait::{Id, WaitPidFlag, WaitStatus, waitid, waitpid};
use nix::unistd::Pid;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::io::{self, Read as _};
use std::os::unix::process::{CommandExt as _, ExitStatusExt as _};
use std::process::{Child, Command};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::time::{Duration, Instant};

/// What the runner asks of a shim: JSON on its standard input.
#[derive(Debug, Serialize, Deserialize)]
pub struct Job {
    /// An absolute path.
    pub program: Utf8PathBuf,
    pub args: Vec<String>,
    /// The agent's whole environment.
    pub env: BTreeMap<String, String>,
    pub cwd: Utf8PathBuf,
    /// Given to the agent on standard input.
    pub prompt: Utf8PathBuf,
    pub folder: IterationDir,
    pub limits: AttemptLimits,
    /// Whether the output is stream-json, whose `result` events start the after-result limit.
    pub events: bool,
}

/// How long each step of ending an agent may take: INT lets it write its last words, TERM lets it clean up.
const AFTER_INT: Duration = Duration::from_secs(5);
const AFTER_TERM: Duration = Duration::from_secs(3);
/// How long what the agent left behind may take after TERM.
const AFTER_SWEEP: Duration = Duration::from_secs(1);
/// How often the output is looked at while an agent runs.
const LOOK: Duration = Duration::from_secs(2);

enum Message {
    AgentExited,
    Asked(Signal),
}

/// Runs one attempt. The process is a shim until this returns.
pub fn main() -> io::Result<()> {
    crash::role("shim");
    crash::point("up");
    let mut text = String::new();
    io::stdin().read_to_string(&mut text)?;
    // A runner that died while it wrote leaves half a job: then nothing was started and nothing will be.
    let job: Job = serde_json::from_str(&text)?;
    crash::point("job read");
    // Out of the reach of the terminal and of the runner's process group. Fails only for a group leader, which is as good.
    let _ = nix::unistd::setsid();
    #[cfg(target_os = "linux")]
    nix::sys::prctl::set_child_subreaper(true)?;
    let asked = SigSet::from_iter([Signal::SIGTERM, Signal::SIGINT, Signal::SIGQUIT, Signal::SIGHUP]);
    asked.thread_block()?;
    // From here on the attempt has begun: `stderr.log` says so.
    let stderr = fs::File::create(job.folder.stderr())?;
    crash::point("stderr.log made");
    let started_at = clock::now();
    let exit = match spawn(&job, stderr) {
        Ok(child) => {
            crash::point("agent spawned");
            Watch::new(&job, child, asked).attend(started_at)?
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
    let stdout = fs::OpenOptions::new().append(true).open(job.folder.stdout())?;
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

/// An agent being watched.
struct Watch<'a> {
    job: &'a Job,
    child: Child,
    group: Pid,
    messages: Receiver<Message>,
    started: Instant,
    output: ResultWatch,
    limit: Option<LimitKind>,
    cancelled: bool,
}

impl<'a> Watch<'a> {
    fn new(job: &'a Job, child: Child, asked: SigSet) -> Self {
        let group = Pid::from_raw(i32::try_from(child.id()).unwrap_or(i32::MAX));
        let (sender, messages) = channel();
        watch_signals(asked, sender.clone());
        watch_exit(group, sender);
        let output = ResultWatch::new(job.folder.stdout(), job.folder.stderr(), job.events);
        Self { job, child, group, messages, started: Instant::now(), output, limit: None, cancelled: false }
    }

    /// Waits for the agent's end, bringing it about when it must be.
    fn attend(mut self, started_at: Timestamp) -> io::Result<Exit> {
        loop {
            match self.messages.recv_timeout(self.look_in()) {
                Ok(Message::AgentExited) => break,
                Ok(Message::Asked(Signal::SIGHUP)) => (),
                Ok(Message::Asked(signal)) => {
                    self.cancelled = true;
                    self.end(signal == Signal::SIGQUIT);
                    break;
                }
                Err(RecvTimeoutError::Timeout) => {
                    self.limit = self.exceeded();
                    if self.limit.is_some() {
                        self.end(false);
                        break;
                    }
                }
                Err(RecvTimeoutError::Disconnected) => return Err(io::Error::other("both watchers are gone")),
            }
        }
        crash::point("agent ended");
        let status = self.child.wait()?;
        crash::point("agent reaped");
        let swept = sweep(self.group, self.cancelled);
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

    /// Returns how long nothing can happen that only the clock tells.
    fn look_in(&self) -> Duration {
        let wall = Duration::from_secs(self.job.limits.wall_s);
        if wall.is_zero() { LOOK } else { wall.saturating_sub(self.started.elapsed()).min(LOOK) }
    }

    fn exceeded(&mut self) -> Option<LimitKind> {
        let AttemptLimits { wall_s, idle_s, after_result_s } = self.job.limits;
        let over = |limit_s: u64, spent: Duration| 0 < limit_s && Duration::from_secs(limit_s) <= spent;
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
    fn end(&mut self, at_once: bool) {
        let mut steps = vec![(Signal::SIGINT, AFTER_INT), (Signal::SIGTERM, AFTER_TERM)];
        if at_once {
            steps.clear();
        }
        for (signal, patience) in steps {
            self.signal(signal);
            if self.exits_within(patience) {
                return;
            }
        }
        self.signal(Signal::SIGKILL);
        self.exits_within(Duration::from_secs(60));
    }

    fn signal(&self, signal: Signal) {
        // The agent has not been reaped, so the number is still its own.
        let _ = signal::killpg(self.group, signal);
        let _ = signal::kill(self.group, signal);
    }

    fn exits_within(&mut self, patience: Duration) -> bool {
        let deadline = Instant::now() + patience;
        loop {
            match self.messages.recv_timeout(deadline.saturating_duration_since(Instant::now())) {
                Ok(Message::AgentExited) => return true,
                // Asked again, more firmly.
                Ok(Message::Asked(Signal::SIGQUIT)) => return false,
                Ok(Message::Asked(_)) => (),
                Err(_) => return false,
            }
        }
    }
}

fn watch_signals(asked: SigSet, sender: Sender<Message>) {
    std::thread::spawn(move || {
        while let Ok(signal) = asked.wait() {
            if sender.send(Message::Asked(signal)).is_err() {
                return;
            }
        }
    });
}

fn watch_exit(agent: Pid, sender: Sender<Message>) {
    std::thread::spawn(move || {
        // Without reaping: until the main thread does, the pid cannot become somebody else's.
        while waitid(Id::Pid(agent), WaitPidFlag::WEXITED | WaitPidFlag::WNOWAIT) == Err(Errno::EINTR) {}
        let _ = sender.send(Message::AgentExited);
    });
}

/// Ends everything the agent left behind, in whatever group or session it hides. Returns how many there were.
fn sweep(group: Pid, at_once: bool) -> u32 {
    let mut swept = 0;
    let mut signal = if at_once { Signal::SIGKILL } else { Signal::SIGTERM };
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
        pause(Duration::from_millis(5));
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

#[expect(clippy::disallowed_methods, reason = "the kernel offers no event for `one of my grandchildren was handed to me`")]
fn pause(duration: Duration) {
    std::thread::sleep(duration);
}
