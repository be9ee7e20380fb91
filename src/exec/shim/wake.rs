//! Wakes a shim as soon as its agent prints something, or is told something.
use crate::store::layout::IterationDir;
use std::os::fd::BorrowedFd;
use std::time::{Duration, Instant};

/// How long a shim rests after a look, so that an agent that prints without end does not keep it busy.
const REST: Duration = Duration::from_millis(5);
/// How often it looks where the system does not wake it.
const INTERVAL: Duration = Duration::from_millis(50);

/// The files whose changes wake a shim. Where they cannot be watched, it looks often.
#[derive(Debug)]
pub(super) struct FileWake {
    watch: Option<Watch>,
    looked: Instant,
}

impl FileWake {
    /// Watches the agent's output, which is our own, and its folder.
    pub(super) fn new(folder: &IterationDir) -> Self {
        Self {
            watch: Watch::new(folder),
            looked: Instant::now(),
        }
    }

    /// Returns what to wait for, and how long at most.
    pub(super) fn wait(&self, limit: Duration) -> (Option<BorrowedFd<'_>>, Duration) {
        let rested = self.looked.elapsed();
        match &self.watch {
            Some(watch) if REST <= rested => (Some(watch.fd()), limit),
            Some(_) => (None, limit.min(REST.saturating_sub(rested))),
            None => (None, limit.min(INTERVAL)),
        }
    }

    /// Whether anything changed since the last look; without a watch it may have.
    pub(super) fn take(&mut self) -> bool {
        if self.watch.is_some() && self.looked.elapsed() < REST {
            return false;
        }
        let changed = self.watch.as_ref().is_none_or(Watch::take);
        if changed {
            self.looked = Instant::now();
        }
        changed
    }

    /// Watches a folder that may be new, or have been made again.
    pub(super) fn renew(&self, folder: &IterationDir) {
        if let Some(watch) = &self.watch {
            watch.add_folders(folder);
        }
    }
}

#[cfg(target_os = "linux")]
use linux::Watch;

#[cfg(target_os = "linux")]
mod linux {
    use super::IterationDir;
    use nix::sys::inotify::{AddWatchFlags, InitFlags, Inotify};
    use std::os::fd::{AsFd as _, BorrowedFd};

    #[derive(Debug)]
    pub(super) struct Watch(Inotify);

    impl Watch {
        pub(super) fn new(folder: &IterationDir) -> Option<Self> {
            let flags = InitFlags::IN_CLOEXEC | InitFlags::IN_NONBLOCK;
            let inotify = Inotify::init(flags).ok()?;
            // The file we hold, whatever an agent has put in its place.
            let output = inotify.add_watch("/proc/self/fd/1", AddWatchFlags::IN_MODIFY);
            output.ok()?;
            let watch = Self(inotify);
            watch.add_folders(folder);
            Some(watch)
        }

        /// A folder that does not exist yet is watched once it does: its parent shows that.
        pub(super) fn add_folders(&self, folder: &IterationDir) {
            let flags = AddWatchFlags::IN_CREATE
                | AddWatchFlags::IN_MOVED_TO
                | AddWatchFlags::IN_ONLYDIR
                | AddWatchFlags::IN_DONT_FOLLOW;
            for path in [folder.root(), &folder.messages()] {
                let _ = self.0.add_watch(path.as_std_path(), flags);
            }
        }

        pub(super) fn fd(&self) -> BorrowedFd<'_> {
            self.0.as_fd()
        }

        pub(super) fn take(&self) -> bool {
            self.0.read_events().is_ok_and(|events| !events.is_empty())
        }
    }
}

#[cfg(not(target_os = "linux"))]
use elsewhere::Watch;

#[cfg(not(target_os = "linux"))]
mod elsewhere {
    use super::IterationDir;
    use std::os::fd::BorrowedFd;

    /// Files are not watched here.
    #[derive(Debug)]
    pub(super) enum Watch {}

    impl Watch {
        pub(super) fn new(_folder: &IterationDir) -> Option<Self> {
            None
        }

        pub(super) fn add_folders(&self, _folder: &IterationDir) {
            match *self {}
        }

        pub(super) fn fd(&self) -> BorrowedFd<'_> {
            match *self {}
        }

        pub(super) fn take(&self) -> bool {
            match *self {}
        }
    }
}
