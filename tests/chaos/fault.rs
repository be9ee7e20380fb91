//! What goes wrong, and how.
use crate::random::Random;
use crate::session::{NAME, Session};
use agent_pipelines::clock::wait_until;
use camino::Utf8Path;
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use std::io::Write as _;
use std::os::unix::fs::symlink;
use std::time::Duration;

/// A kind of fault.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Fault {
    RunnerKilled,
    ShimKilled,
    GuardKilled,
    AgentKilled,
    RunnerAndShimKilled,
    EverythingKilled,
    TmuxServerKilled,
    RunnerStopped,
    ShimStopped,
    AgentStopped,
    JournalTorn,
    JournalByteChanged,
    LinkPlanted,
}

/// What a fault leads to.
#[derive(Default)]
pub(crate) struct Strike {
    /// Whether another agent must follow.
    pub(crate) ended_agent: bool,
    /// Repairs what must be refused until then.
    pub(crate) then: Option<Box<dyn FnOnce()>>,
}

/// The processes of a session.
#[derive(Default)]
struct Processes {
    runner: Vec<i32>,
    guard: Vec<i32>,
    shim: Vec<i32>,
    agent: Vec<i32>,
}

impl Fault {
    pub(crate) const ALL: &[Self] = &[
        Self::RunnerKilled,
        Self::ShimKilled,
        Self::GuardKilled,
        Self::AgentKilled,
        Self::RunnerAndShimKilled,
        Self::EverythingKilled,
        Self::TmuxServerKilled,
        Self::RunnerStopped,
        Self::ShimStopped,
        Self::AgentStopped,
        Self::JournalTorn,
        Self::JournalByteChanged,
        Self::LinkPlanted,
    ];

    /// Makes it happen.
    pub(crate) fn strike(self, session: &Session, random: &mut Random) -> Strike {
        let found = Processes::of(session);
        let Processes {
            runner,
            guard,
            shim,
            agent,
        } = &found;
        let ended_agent = !agent.is_empty();
        match self {
            Self::RunnerKilled => return signal(runner, Signal::SIGKILL, false),
            Self::ShimKilled => return signal(shim, Signal::SIGKILL, ended_agent),
            Self::GuardKilled => return signal(guard, Signal::SIGKILL, ended_agent),
            Self::AgentKilled => return signal(agent, Signal::SIGKILL, false),
            Self::RunnerAndShimKilled => {
                return signal(
                    &[runner.as_slice(), shim].concat(),
                    Signal::SIGKILL,
                    ended_agent,
                );
            }
            Self::EverythingKilled => {
                let all = [runner.as_slice(), guard, shim, agent].concat();
                return signal(&all, Signal::SIGKILL, ended_agent);
            }
            Self::TmuxServerKilled => {
                session.project.tmux(&["kill-server"]);
            }
            Self::RunnerStopped => pause(runner, random),
            Self::ShimStopped => pause(shim, random),
            Self::AgentStopped => pause(agent, random),
            Self::JournalTorn => tear(session, runner, random),
            Self::JournalByteChanged => return change_byte(session, runner, random),
            Self::LinkPlanted => plant_link(session),
        }
        Strike::default()
    }
}

impl Processes {
    /// Finds them by what they are called with, in this session's folders.
    fn of(session: &Session) -> Self {
        let mut found = Self::default();
        let place = session.project.outside();
        for (pid, words) in commands() {
            let is_agent = words
                .iter()
                .any(|word| word.ends_with("work.sh") && word.starts_with(place.as_str()));
            let in_session = is_agent || environment(pid).contains(place.as_str());
            let has = |name: &str| words.iter().any(|word| word == name);
            let is_shim = words[0].ends_with("ap-shim") || has("__shim");
            if !in_session {
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

fn signal(pids: &[i32], signal: Signal, ended_agent: bool) -> Strike {
    for pid in pids {
        let _ = kill(Pid::from_raw(*pid), signal);
    }
    Strike {
        ended_agent: ended_agent && !pids.is_empty(),
        then: None,
    }
}

/// Stops processes for some hundred milliseconds.
fn pause(pids: &[i32], random: &mut Random) {
    signal(pids, Signal::SIGSTOP, false);
    wait_until(Duration::from_millis(random.below(300)), || false);
    signal(pids, Signal::SIGCONT, false);
}

/// Kills the runner and waits until it has released the journal.
fn without_runner(session: &Session, runner: &[i32]) {
    signal(runner, Signal::SIGKILL, false);
    let gone = || Processes::of(session).runner.is_empty();
    wait_until(crate::project::LIMIT, gone);
}

/// Cuts the last line of the journal somewhere, as a crash in the middle of a write does.
fn tear(session: &Session, runner: &[i32], random: &mut Random) {
    without_runner(session, runner);
    let path = session.project.root().join(session.journal());
    let text = fs_err::read(&path).unwrap_or_default();
    let last = text
        .split(|byte| *byte == b'\n')
        .rev()
        .nth(1)
        .map_or(0, <[u8]>::len);
    let cut = random.below(last as u64 + 1);
    // The whole last line is a fact that is believed: it is added again, torn.
    let mut file = fs_err::OpenOptions::new().append(true).open(&path).unwrap();
    let line = &text[text.len() - last - 1..];
    file.write_all(&line[..usize::try_from(cut).unwrap().min(line.len())])
        .unwrap();
}

/// Changes one byte in the middle of the journal. No resume may believe it.
fn change_byte(session: &Session, runner: &[i32], random: &mut Random) -> Strike {
    without_runner(session, runner);
    if session.is_over() {
        return Strike::default();
    }
    let path = session.project.root().join(session.journal());
    let whole = fs_err::read(&path).unwrap();
    let lines: Vec<usize> = (0..whole.len()).filter(|at| whole[*at] == b'\n').collect();
    let line = usize::try_from(random.below(lines.len() as u64)).unwrap();
    let end = lines[line];
    let begin = line.checked_sub(1).map_or(0, |before| lines[before] + 1);
    let at = begin + usize::try_from(random.below((end - begin) as u64)).unwrap();
    let mut changed = whole.clone();
    changed[at] ^= 1;
    overwrite(&path, &changed);
    Strike {
        ended_agent: false,
        then: Some(Box::new(move || overwrite(&path, &whole))),
    }
}

/// Puts links to a file of the user's where later iterations write.
fn plant_link(session: &Session) {
    let run = session
        .project
        .root()
        .join(session.project.run_file(NAME, ""));
    let precious = session.folder().join("precious");
    let next = session.status()["iteration"].as_u64().unwrap_or(0) + 1;
    let folder = run.join(format!("iterations/{next:03}"));
    if fs_err::create_dir(&folder).is_ok() {
        for name in [
            "progress.md",
            "context.json",
            "prompt.md",
            "stdout.log",
            "stderr.log",
            "exit.json",
            "output.md",
        ] {
            let _ = symlink(&precious, folder.join(name));
        }
    }
    let _ = symlink(&precious, run.join(format!("iterations/{:03}", next + 1)));
}

/// Writes over a file of the same length, which stays the file that it is.
fn overwrite(path: &Utf8Path, bytes: &[u8]) {
    let mut file = fs_err::OpenOptions::new().write(true).open(path).unwrap();
    file.write_all(bytes).unwrap();
}
