//! Looks, while a session waits, whether what it waits for is there.
use super::env::RunnerEnv;
use super::run::Runner;
use crate::agent;
use crate::engine::Phase;
use crate::error::Result;
use crate::exec::command::BoundedCommand;
use crate::model::{Cursor, Input, Requirement, WaitReason};
use crate::store::outages;
use camino::Utf8Path;
use fs_err as fs;
use jiff::{SignedDuration, Timestamp};
use nix::sys::statvfs::statvfs;
use nix::unistd::{AccessFlags, access};
use std::time::Duration;
use tokio::time::Instant;

/// An agent that finds less free space does not get far.
const FREE_BYTES: u64 = 16 << 20;
/// Files that can be opened at a time by a program that has descriptors left.
const FREE_DESCRIPTORS: usize = 64;
/// How long starting a small program may take.
const SPAWN_LIMIT: Duration = Duration::from_secs(10);

/// When a wait is looked at next.
#[derive(Debug, Default)]
pub(super) struct Probe {
    watched: Option<(Cursor, Duration, Instant)>,
}

impl Probe {
    /// Looks at the wait that follows an attempt, every so often from now on.
    pub(super) fn watch(&mut self, cursor: Cursor, every: SignedDuration) {
        let is_watched = self.watched.is_some_and(|(watched, ..)| watched == cursor);
        if is_watched {
            return;
        }
        let every = Duration::try_from(every).unwrap_or_default();
        self.watched = Some((cursor, every, Instant::now() + every));
    }

    /// Stops looking.
    pub(super) fn stop(&mut self) {
        self.watched = None;
    }

    /// Returns when to look next, if a wait is looked at.
    pub(super) fn due(&self) -> Option<Instant> {
        self.watched.map(|(.., due)| due)
    }

    fn postpone(&mut self) {
        if let Some((_, every, due)) = &mut self.watched {
            *due = Instant::now() + *every;
        }
    }
}

impl Runner {
    /// Looks whether what the session waits for is there, and ends the wait if it is.
    pub(super) async fn probe_wait(&mut self) -> Result<()> {
        self.probe.postpone();
        let state = self.session.state();
        let Phase::Waiting { reason, since, .. } = &state.phase else {
            self.probe.stop();
            return Ok(());
        };
        if let WaitReason::Quota { .. } = reason {
            return Ok(self.session.look_at_gate()?);
        }
        let is_there = match reason {
            WaitReason::Environment { requirement, .. } => {
                has(&self.env, self.session.dir.root(), requirement).await
            }
            WaitReason::Outage { .. } => self.is_served_elsewhere(*since),
            _ => false,
        };
        if !is_there {
            return Ok(());
        }
        let cursor = self.session.state().current.cursor;
        self.accept(&Input::ProbeSucceeded { cursor })
    }
}

impl Runner {
    /// Whether a provider of the current node's chain has served another session after this moment.
    fn is_served_elsewhere(&self, moment: Timestamp) -> bool {
        let Some(node) = self.session.state().node(&self.session.plan) else {
            return false;
        };
        let mut services = node
            .agent
            .chain()
            .chain(&node.judge)
            .map(|spec| agent::service(spec, &self.env.vars));
        services.any(|service| outages::is_over_since(&self.env.dirs, &service, moment))
    }
}

/// Whether the machine has what an agent needs, as far as can be seen without one.
async fn has(env: &RunnerEnv, run: &Utf8Path, requirement: &Requirement) -> bool {
    let temporary = env.vars.get("TMPDIR").map_or("/tmp", String::as_str);
    let folders = [run, &env.workspace.cwd, Utf8Path::new(temporary)];
    match requirement {
        Requirement::Program { program } => env.find(program).is_some(),
        Requirement::DiskSpace => folders.into_iter().all(has_space),
        Requirement::WritableDisk => folders.into_iter().all(is_writable),
        Requirement::Descriptors => has_descriptors(),
        Requirement::Processes => {
            let version = BoundedCommand::new(&env.exe).args(["--version"]);
            version.limit(SPAWN_LIMIT).run_async().await.is_ok()
        }
        // Nothing shows from outside how much the agent may use.
        Requirement::Memory => true,
    }
}

/// A folder that is not there needs no space.
fn has_space(folder: &Utf8Path) -> bool {
    let Ok(disk) = statvfs(folder.as_std_path()) else {
        return !folder.exists();
    };
    let free = disk.blocks_available().saturating_mul(disk.fragment_size());
    let has_files = disk.files() == 0 || 0 < disk.files_available();
    FREE_BYTES <= free && has_files
}

fn is_writable(folder: &Utf8Path) -> bool {
    !folder.exists() || access(folder.as_std_path(), AccessFlags::W_OK).is_ok()
}

fn has_descriptors() -> bool {
    let open = |_| fs::File::open("/dev/null");
    (0..FREE_DESCRIPTORS)
        .map(open)
        .collect::<Result<Vec<_>, _>>()
        .is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wait_is_watched_from_its_first_look_on() {
        let mut probe = Probe::default();
        assert_eq!(probe.due(), None);
        let cursor = Cursor::before(0).next_iteration();
        probe.watch(cursor, SignedDuration::from_secs(60));
        let due = probe.due();
        probe.watch(cursor, SignedDuration::from_secs(60));
        assert_eq!(probe.due(), due, "asking again does not postpone it");
        probe.watch(cursor.next_attempt(), SignedDuration::from_secs(90));
        assert!(due < probe.due(), "another wait");
        probe.stop();
        assert_eq!(probe.due(), None);
    }

    #[test]
    fn a_folder_that_is_not_there_lacks_nothing() {
        let missing = Utf8Path::new("/nonexistent/folder");
        assert!(has_space(missing) && is_writable(missing));
    }
}
