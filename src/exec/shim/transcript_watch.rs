//! Watches the transcript that an agent's program writes for itself.
use camino::Utf8PathBuf;
use fs_err as fs;
use std::os::unix::fs::MetadataExt as _;
use std::time::{Duration, SystemTime};

/// Files of a folder that are looked at; a folder may hold those of years.
const MAX_FILES: usize = 4096;
/// What the clocks of files and machine may be apart.
const SLACK: Duration = Duration::from_secs(1);

/// The transcript of an agent, known by its session or by its age. Nothing in it is ever opened, and a folder that is
/// missing or not ours holds none.
#[derive(Debug)]
pub(super) struct TranscriptWatch {
    folders: Vec<Utf8PathBuf>,
    started: SystemTime,
    /// Length and time of change of what was seen last.
    seen: Option<(u64, i64, i64)>,
}

impl TranscriptWatch {
    pub(super) fn new(folders: Vec<Utf8PathBuf>) -> Self {
        Self {
            folders,
            started: SystemTime::now(),
            seen: None,
        }
    }

    /// Returns whether the transcript has changed since the last look; `session` is its name, once that is known.
    pub(super) fn has_grown(&mut self, session: Option<&str>) -> bool {
        let found = self.find(session);
        let grown = found.is_some() && found != self.seen;
        self.seen = found.or(self.seen);
        grown
    }

    /// Whether there has been a transcript.
    pub(super) fn exists(&self) -> bool {
        self.seen.is_some()
    }

    fn find(&self, session: Option<&str>) -> Option<(u64, i64, i64)> {
        let files = self.folders.iter();
        match session {
            Some(session) if is_name(session) => files
                .filter_map(|folder| state(&folder.join(format!("{session}.jsonl"))))
                .next(),
            Some(_) => None,
            None => files
                .filter_map(|folder| self.newest(folder))
                .max_by_key(age),
        }
    }

    /// Returns the youngest transcript of a folder that did not exist before the agent.
    fn newest(&self, folder: &camino::Utf8Path) -> Option<(u64, i64, i64)> {
        let entries = folder.read_dir_utf8().ok()?.flatten().take(MAX_FILES);
        let transcripts = entries.filter(|entry| entry.path().extension() == Some("jsonl"));
        let own = transcripts.filter(|entry| {
            let created = entry.metadata().and_then(|meta| meta.created());
            created.is_ok_and(|created| self.started <= created + SLACK)
        });
        own.filter_map(|entry| state(entry.path())).max_by_key(age)
    }
}

fn age(state: &(u64, i64, i64)) -> (i64, i64) {
    (state.1, state.2)
}

fn state(path: &camino::Utf8Path) -> Option<(u64, i64, i64)> {
    let meta = fs::symlink_metadata(path).ok()?;
    meta.is_file()
        .then(|| (meta.len(), meta.mtime(), meta.mtime_nsec()))
}

/// Whether a session's id can be the name of a file.
fn is_name(session: &str) -> bool {
    session
        .chars()
        .all(|letter| letter.is_ascii_alphanumeric() || letter == '-' || letter == '_')
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::atomic;
    use camino::Utf8Path;

    #[test]
    fn growth_of_the_sessions_own_transcript_is_seen() {
        let folder = tempfile::tempdir().unwrap();
        let folder = Utf8Path::from_path(folder.path()).unwrap();
        let write = |name: &str, text: &str| {
            atomic::replace(&folder.join(name), text.as_bytes()).unwrap();
        };
        write("older.jsonl", "{}\n");
        let mut watch = TranscriptWatch::new(vec![folder.join("gone"), folder.to_owned()]);
        assert!(!watch.has_grown(Some("mine")) && !watch.exists());
        write("mine.jsonl", "{}\n");
        assert!(watch.has_grown(Some("mine")) && watch.exists());
        assert!(!watch.has_grown(Some("mine")));
        write("other.jsonl", "{}\n");
        assert!(!watch.has_grown(Some("mine")), "it is another session's");
        write("mine.jsonl", "{}\n{}\n");
        assert!(watch.has_grown(Some("mine")));
        assert!(!watch.has_grown(Some("../mine")));
    }

    #[test]
    fn a_link_or_a_pipe_is_no_transcript() {
        let folder = tempfile::tempdir().unwrap();
        let folder = Utf8Path::from_path(folder.path()).unwrap();
        std::os::unix::fs::symlink("/dev/zero", folder.join("mine.jsonl")).unwrap();
        let mode = nix::sys::stat::Mode::S_IRWXU;
        nix::unistd::mkfifo(folder.join("pipe.jsonl").as_std_path(), mode).unwrap();
        let mut watch = TranscriptWatch::new(vec![folder.to_owned()]);
        for session in [Some("mine"), Some("pipe"), None] {
            assert!(!watch.has_grown(session) && !watch.exists());
        }
    }
}
