//! The processes of a session, and signals to them.
use crate::session::Session;
use agent_pipelines::clock::wait_until;
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

/// The processes of a session.
#[derive(Default)]
pub(crate) struct Processes {
    pub(crate) runner: Vec<i32>,
    pub(crate) guard: Vec<i32>,
    pub(crate) shim: Vec<i32>,
    pub(crate) agent: Vec<i32>,
}

impl Processes {
    /// Finds them by what they are called with, in this session's folders.
    pub(crate) fn of(session: &Session) -> Self {
        let mut found = Self::default();
        let place = session.project.outside();
        for (pid, words) in commands() {
            let is_agent = words
                .iter()
                .any(|word| word.ends_with("work.sh") && word.starts_with(place.as_str()));
            let in_session = is_agent || environment(pid).contains(place.as_str());
            let has = |name: &str| words.iter().any(|word| word == name);
            let is_shim = words[0].ends_with("ap-shim") || has("__shim");
            // A tmux server keeps the command line of its first session, which names the runner.
            if !in_session || words[0].starts_with("tmux") {
                continue;
            }
            if is_agent {
                found.agent.push(pid);
            } else if is_shim && has("guard") {
                found.guard.push(pid);
            } else if is_shim {
                found.shim.push(pid);
            } else if has("__runner") {
                found.runner.push(pid);
            }
        }
        found
    }
}

/// Returns every process with the words it was called with.
pub(crate) fn commands() -> Vec<(i32, Vec<String>)> {
    let entries = fs_err::read_dir("/proc").unwrap().flatten();
    let process = |entry: fs_err::DirEntry| {
        let pid: i32 = entry.file_name().to_str()?.parse().ok()?;
        let text = std::fs::read(entry.path().join("cmdline")).ok()?;
        let words = text
            .split(|byte| *byte == 0)
            .map(|word| String::from_utf8_lossy(word).into_owned());
        let words: Vec<String> = words.collect();
        (1 < words.len()).then_some((pid, words))
    };
    entries.filter_map(process).collect()
}

fn environment(pid: i32) -> String {
    let text = std::fs::read(format!("/proc/{pid}/environ")).unwrap_or_default();
    String::from_utf8_lossy(&text).into_owned()
}

/// Sends a signal to each.
pub(crate) fn signal_all(pids: &[i32], signal: Signal) {
    for pid in pids {
        let _ = kill(Pid::from_raw(*pid), signal);
    }
}

/// Kills the runner and waits until it has released the journal.
pub(crate) fn kill_runner(session: &Session, runner: &[i32]) {
    signal_all(runner, Signal::SIGKILL);
    let gone = || Processes::of(session).runner.is_empty();
    wait_until(crate::project::LIMIT, gone);
}
