//! Wakes a shim when its agent prints something or a message arrives.
use crate::store::layout::IterationDir;
use std::os::fd::BorrowedFd;
use std::time::{Duration, Instant};

/// How long a shim rests after an agent printed much, so that one that prints without end does not keep it busy.
const REST: Duration = Duration::from_millis(5);
/// Bytes that are much.
const MUCH: u64 = 64 * 1024;
/// How often it looks where the system does not wake it.
const INTERVAL: Duration = Duration::from_millis(50);

/// The files whose changes wake a shim. Where they cannot be watched, it looks often.
#[derive(Debug)]
pub(super) struct FileWake {
    watch: Option<Watch>,
    rests_until: Instant,
}

/// What has changed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Changed {
    pub(super) output: bool,
    /// The folder, or what is in it.
    pub(super) folder: bool,
}

impl FileWake {
    /// Watches the agent's output, which is our own, and its folder.
    pub(super) fn new(folder: &IterationDir) -> Self {
        Self {
            watch: Watch::new(folder),
            rests_until: Instant::now(),
        }
    }

    /// Returns what to wait for, and how long at most.
    pub(super) fn wait(&self, limit: Duration) -> (Option<BorrowedFd<'_>>, Duration) {
        let rest = self.rest();
        match &self.watch {
            Some(watch) if rest.is_zero() => (Some(watch.fd()), limit),
            Some(_) => (None, limit.min(rest)),
            None => (None, limit.min(INTERVAL)),
        }
    }

    /// Returns what has changed since the last look; without a watch everything may have.
    pub(super) fn take(&self) -> Changed {
        match &self.watch {
            Some(_) if !self.rest().is_zero() => Changed::default(),
            Some(watch) => watch.take(),
            None => Changed {
                output: true,
                folder: true,
            },
        }
    }

    /// Records how much the agent has printed since the last look.
    pub(super) fn printed(&mut self, bytes: u64) {
        if MUCH < bytes {
            self.rests_until = Instant::now() + REST;
        }
    }

    fn rest(&self) -> Duration {
        self.rests_until.saturating_duration_since(Instant::now())
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
    use super::{Changed, IterationDir};
    use nix::sys::inotify::{AddWatchFlags, InitFlags, Inotify, WatchDescriptor};
    use std::os::fd::{AsFd as _, BorrowedFd};

    #[derive(Debug)]
    pub(super) struct Watch {
        inotify: Inotify,
        output: WatchDescriptor,
    }

    impl Watch {
        pub(super) fn new(folder: &IterationDir) -> Option<Self> {
            let flags = InitFlags::IN_CLOEXEC | InitFlags::IN_NONBLOCK;
            let inotify = Inotify::init(flags).ok()?;
            // The file we hold, whatever an agent has put in its place.
            let output = inotify
                .add_watch("/proc/self/fd/1", AddWatchFlags::IN_MODIFY)
                .ok()?;
            let watch = Self { inotify, output };
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
                let _ = self.inotify.add_watch(path.as_std_path(), flags);
            }
        }

        pub(super) fn fd(&self) -> BorrowedFd<'_> {
            self.inotify.as_fd()
        }

        pub(super) fn take(&self) -> Changed {
            let events = self.inotify.read_events().unwrap_or_default();
            Changed {
                output: events.iter().any(|event| event.wd == self.output),
                folder: events.iter().any(|event| event.wd != self.output),
            }
        }
    }
}

#[cfg(not(target_os = "linux"))]
use elsewhere::Watch;

#[cfg(not(target_os = "linux"))]
mod elsewhere {
    use super::{Changed, IterationDir};
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

        pub(super) fn take(&self) -> Changed {
            match *self {}
        }
    }
}
