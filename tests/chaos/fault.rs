//! What goes wrong, and how.
use crate::processes::{Processes, signal_all};
use crate::random::Random;
use crate::session::{NAME, Session};
use crate::{journal, writes};
use agent_pipelines::clock::wait_until;
use nix::sys::signal::Signal;
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
    JournalCut,
    JournalAppended,
    LinkPlanted,
    ClockSetBack,
    ClockSetAhead,
    DiskFilled,
    DiskReadOnly,
    RunnerWriteFails,
    RunnerDiskFull,
    RunnerWritesSlowly,
    ShimWriteFails,
    ShimDiskFull,
}

/// What a fault leads to.
#[derive(Default)]
pub(crate) struct Strike {
    /// Whether another agent must follow.
    pub(crate) ended_agent: bool,
    /// Repairs what must be refused until then.
    pub(crate) then: Option<Box<dyn FnOnce()>>,
    /// What was violated meanwhile.
    pub(crate) violations: Vec<String>,
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
        Self::JournalCut,
        Self::JournalAppended,
        Self::LinkPlanted,
        Self::ClockSetBack,
        Self::ClockSetAhead,
        Self::DiskFilled,
        Self::DiskReadOnly,
        Self::RunnerWriteFails,
        Self::RunnerDiskFull,
        Self::RunnerWritesSlowly,
        Self::ShimWriteFails,
        Self::ShimDiskFull,
    ];

    /// Whether it needs a disk of the session's own, which only root can mount.
    pub(crate) fn needs_disk(self) -> bool {
        matches!(self, Self::DiskFilled | Self::DiskReadOnly)
    }

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
            Self::JournalTorn => journal::tear(session, runner, random),
            Self::JournalByteChanged => return journal::change_byte(session, runner, random),
            Self::JournalCut => journal::cut(session, runner, random),
            Self::JournalAppended => journal::append(session, runner, random),
            Self::LinkPlanted => plant_link(session),
            Self::ClockSetBack => session.set_clock(-3600),
            Self::ClockSetAhead => session.set_clock(86_400),
            Self::DiskFilled => return writes::fill_disk(session, random),
            Self::DiskReadOnly => return writes::make_read_only(session, random),
            Self::RunnerWriteFails => return writes::fail(session, runner, "runner:EIO", random),
            Self::RunnerDiskFull => return writes::fail(session, runner, "runner:ENOSPC", random),
            Self::RunnerWritesSlowly => {
                return writes::fail(session, runner, "runner:slow", random);
            }
            Self::ShimWriteFails => return writes::fail(session, runner, "shim:EIO", random),
            Self::ShimDiskFull => return writes::fail(session, runner, "shim:ENOSPC", random),
        }
        Strike::default()
    }
}

/// Sends a signal to each. `ended_agent` is whether that ends an agent, if there is one to send it to.
fn signal(pids: &[i32], signal: Signal, ended_agent: bool) -> Strike {
    signal_all(pids, signal);
    Strike {
        ended_agent: ended_agent && !pids.is_empty(),
        ..Strike::default()
    }
}

/// Stops processes for some hundred milliseconds.
fn pause(pids: &[i32], random: &mut Random) {
    signal_all(pids, Signal::SIGSTOP);
    wait_until(Duration::from_millis(random.below(300)), || false);
    signal_all(pids, Signal::SIGCONT);
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
