//! Notices which files of the wakeup folder are touched: one watch, whatever the number of projects.
use super::messages::Message;
use camino::{Utf8Path, Utf8PathBuf};
use fs_err as fs;
use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::sync::mpsc::Sender;
use std::time::{Duration, SystemTime};

/// How often the folder is read where the system cannot watch it.
const POLL: Duration = Duration::from_secs(2);

/// Watches the folder until the receiver is gone.
pub(super) fn watch(folder: &Utf8Path, messages: Sender<Message>) -> io::Result<()> {
    fs::create_dir_all(folder)?;
    let folder = folder.to_owned();
    let watched = start(&folder);
    std::thread::Builder::new()
        .name("wakeups".to_owned())
        .spawn(move || {
            let mut poll = Poll::new(folder);
            match watched {
                Ok(watched) => {
                    while let Ok(names) = watched.next() {
                        if messages.send(Message::Woken(names)).is_err() {
                            return;
                        }
                    }
                }
                Err(error) => tracing::info!(%error, "the wakeup folder is read every 2 seconds"),
            }
            loop {
                crate::clock::pause(POLL);
                // Without its folder no wakeup can be left.
                let _ = fs::create_dir_all(&poll.folder);
                let names = poll.changed();
                if !names.is_empty() && messages.send(Message::Woken(names)).is_err() {
                    return;
                }
            }
        })?;
    Ok(())
}

/// What was there at the last look.
struct Poll {
    folder: Utf8PathBuf,
    known: BTreeMap<String, SystemTime>,
}

impl Poll {
    fn new(folder: Utf8PathBuf) -> Self {
        let known = BTreeMap::new();
        let mut poll = Self { folder, known };
        poll.changed();
        poll
    }

    /// Returns the files that were touched since the last look.
    fn changed(&mut self) -> BTreeSet<String> {
        let mut changed = BTreeSet::new();
        let entries = fs::read_dir(&self.folder).into_iter().flatten().flatten();
        for entry in entries {
            let Ok(name) = entry.file_name().into_string() else {
                continue;
            };
            let Ok(at) = entry.metadata().and_then(|about| about.modified()) else {
                continue;
            };
            if self.known.insert(name.clone(), at) != Some(at) {
                changed.insert(name);
            }
        }
        changed
    }
}

#[cfg(target_os = "linux")]
fn start(folder: &Utf8Path) -> io::Result<linux::Watch> {
    linux::Watch::start(folder)
}

#[cfg(not(target_os = "linux"))]
fn start(_: &Utf8Path) -> io::Result<portable::Watch> {
    Err(io::Error::from(io::ErrorKind::Unsupported))
}

#[cfg(target_os = "linux")]
mod linux {
    use camino::Utf8Path;
    use nix::sys::inotify::{AddWatchFlags, InitFlags, Inotify};
    use std::collections::BTreeSet;
    use std::io;

    pub(super) struct Watch(Inotify);

    impl Watch {
        pub(super) fn start(folder: &Utf8Path) -> io::Result<Self> {
            let inotify = Inotify::init(InitFlags::IN_CLOEXEC)?;
            let flags = AddWatchFlags::IN_ATTRIB
                | AddWatchFlags::IN_CREATE
                | AddWatchFlags::IN_MOVED_TO
                | AddWatchFlags::IN_CLOSE_WRITE
                | AddWatchFlags::IN_DELETE_SELF;
            inotify.add_watch(folder.as_std_path(), flags)?;
            Ok(Self(inotify))
        }

        /// Waits until files are touched. Fails once the folder is gone.
        pub(super) fn next(&self) -> io::Result<BTreeSet<String>> {
            let events = self.0.read_events()?;
            let gone = AddWatchFlags::IN_DELETE_SELF | AddWatchFlags::IN_IGNORED;
            if events.iter().any(|event| event.mask.intersects(gone)) {
                return Err(io::Error::from(io::ErrorKind::NotFound));
            }
            let names = events.into_iter().filter_map(|event| event.name);
            Ok(names.filter_map(|name| name.into_string().ok()).collect())
        }
    }
}

#[cfg(not(target_os = "linux"))]
mod portable {
    use std::collections::BTreeSet;
    use std::io;

    /// There is none.
    pub(super) enum Watch {}

    impl Watch {
        pub(super) fn next(&self) -> io::Result<BTreeSet<String>> {
            match *self {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::fleet::touch;
    use std::sync::mpsc::channel;

    #[test]
    fn a_touched_file_wakes_with_its_name() {
        let folder = tempfile::tempdir().unwrap();
        let folder = Utf8Path::from_path(folder.path()).unwrap().join("wakeup");
        let (sender, receiver) = channel();
        watch(&folder, sender).unwrap();
        for _ in 0..2 {
            touch(&folder.join("app")).unwrap();
            let mut names = BTreeSet::new();
            while !names.contains("app") {
                match receiver.recv_timeout(Duration::from_secs(30)).unwrap() {
                    Message::Woken(woken) => names.extend(woken),
                    other => panic!("{other:?}"),
                }
            }
        }
    }

    #[test]
    fn a_poll_finds_each_touch_once() {
        let scratch = tempfile::tempdir().unwrap();
        let folder = Utf8PathBuf::from_path_buf(scratch.path().to_owned()).unwrap();
        let mut poll = Poll::new(folder.clone());
        touch(&folder.join("app")).unwrap();
        assert_eq!(poll.changed(), BTreeSet::from(["app".to_owned()]));
        assert_eq!(poll.changed(), BTreeSet::new());
    }
}
