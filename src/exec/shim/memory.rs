//! Whether the kernel killed a process for want of memory.
use camino::{Utf8Path, Utf8PathBuf};
use fs_err as fs;

/// The count of such kills for the whole machine.
const OF_MACHINE: &str = "/proc/vmstat";

/// The number of processes that the kernel had killed for want of memory: in the cgroup of this process where there is
/// one that counts them, else on the machine.
#[derive(Debug)]
pub(super) struct MemoryKills {
    file: Utf8PathBuf,
    /// `None` where the kernel does not count, as on macOS.
    before: Option<u64>,
}

impl MemoryKills {
    /// Counts them now.
    pub(super) fn count() -> Self {
        let of_cgroup = fs::read_to_string("/proc/self/cgroup")
            .ok()
            .and_then(|text| events_file(&text));
        Self::in_file(
            of_cgroup
                .filter(|file| count(file).is_some())
                .unwrap_or_else(|| OF_MACHINE.into()),
        )
    }

    fn in_file(file: Utf8PathBuf) -> Self {
        let before = count(&file);
        Self { file, before }
    }

    /// Whether there are more by now.
    pub(super) fn have_risen(&self) -> bool {
        self.before < count(&self.file)
    }
}

/// Returns the file in which a cgroup of version 2 counts its events, from `/proc/self/cgroup`.
fn events_file(cgroups: &str) -> Option<Utf8PathBuf> {
    let path = cgroups.lines().find_map(|line| line.strip_prefix("0::/"))?;
    Some(
        Utf8Path::new("/sys/fs/cgroup")
            .join(path)
            .join("memory.events"),
    )
}

/// Returns the value of the line `oom_kill N`, which both files have.
fn count(file: &Utf8Path) -> Option<u64> {
    let text = fs::read_to_string(file).ok()?;
    let line = text
        .lines()
        .find_map(|line| line.strip_prefix("oom_kill "))?;
    line.trim().parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::atomic;

    #[test]
    fn the_events_of_a_cgroup_of_version_2_count() {
        let cgroups = "4:memory:/old\n0::/user.slice/session-2.scope\n";
        let file = events_file(cgroups);
        let expected = "/sys/fs/cgroup/user.slice/session-2.scope/memory.events";
        assert_eq!(file.as_deref(), Some(Utf8Path::new(expected)));
        assert_eq!(events_file("4:memory:/old\n"), None);
    }

    #[test]
    fn a_kill_since_then_is_noticed_and_an_earlier_one_is_not() {
        let folder = tempfile::tempdir().unwrap();
        let file = Utf8PathBuf::from_path_buf(folder.path().join("memory.events")).unwrap();
        let write = |kills: u32| {
            let text = format!("low 0\noom 9\noom_kill {kills}\noom_group_kill 0\n");
            atomic::replace(&file, text.as_bytes()).unwrap();
        };
        write(3);
        let kills = MemoryKills::in_file(file.clone());
        assert!(!kills.have_risen());
        write(4);
        assert!(kills.have_risen());
    }

    #[test]
    fn a_machine_that_does_not_count_shows_none() {
        let folder = tempfile::tempdir().unwrap();
        let file = Utf8PathBuf::from_path_buf(folder.path().join("none")).unwrap();
        assert!(!MemoryKills::in_file(file).have_risen());
    }
}
