//! Keeps the progress file as it was after each iteration, so that a session can be forked there.
use crate::fingerprint::fingerprint;
use crate::store::layout::IterationDir;
use crate::store::session::kept;
use crate::store::{atomic, beneath};
use camino::{Utf8Path, Utf8PathBuf};
use fs_err as fs;
use std::fs::Metadata;
use std::io;

/// Larger progress files are not kept, in bytes.
const LARGEST: u64 = 256 * 1024;

/// Copies the progress file into an iteration's folder if it is not what it was after the one before.
#[derive(Debug, Default)]
pub(super) struct ProgressSnapshots {
    /// The folder of all iterations, and the fingerprint of the snapshot kept last in one of them.
    last: Option<(Utf8PathBuf, String)>,
}

impl ProgressSnapshots {
    /// Keeps the progress file with the iteration that has just ended, if it has changed. The snapshots of an earlier
    /// runner are unknown, so the first is always kept.
    pub(super) fn keep(
        &mut self,
        progress: &Utf8Path,
        iteration: &IterationDir,
        second: Option<&Utf8Path>,
    ) -> io::Result<()> {
        let Some(about) = readable(progress)? else {
            return Ok(());
        };
        if LARGEST < about.len() {
            self.last = None;
            // An earlier attempt may have left a smaller one.
            if iteration.progress().exists() {
                beneath::remove_file(&iteration.progress())?;
            }
            return atomic::create(&iteration.progress_omitted(), b"");
        }
        let text = beneath::read(progress)?;
        let folder = iteration.root().parent().unwrap_or(iteration.root());
        let now = (folder.to_owned(), fingerprint(&text));
        if self.last.as_ref() != Some(&now) {
            atomic::create(&iteration.progress(), &text)?;
            if let Some(second) = second
                && let Err(error) = kept::link_or_copy(&iteration.progress(), second)
            {
                tracing::info!(%error, "the progress file is not kept a second time");
            }
            self.last = Some(now);
        }
        Ok(())
    }
}

/// Returns what is known of a progress file. What has its name and cannot be read is set aside.
fn readable(progress: &Utf8Path) -> io::Result<Option<Metadata>> {
    match fs::symlink_metadata(progress) {
        Ok(about) if about.is_file() => Ok(Some(about)),
        Ok(_) => {
            beneath::set_aside(progress)?;
            Ok(None)
        }
        Err(_) => Ok(None),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Cursor;
    use crate::store::layout::Project;

    #[test]
    fn a_progress_file_is_kept_only_when_it_has_changed() {
        let folder = tempfile::tempdir().unwrap();
        let root = Utf8PathBuf::from_path_buf(folder.path().to_owned()).unwrap();
        let run = Project::new(root.clone()).session(&"auth".parse().unwrap());
        let (progress, mut snapshots) = (root.join("progress.md"), ProgressSnapshots::default());
        let large = "x".repeat(300_000);
        let mut kept = Vec::new();
        for (index, text) in ["one", "one", "two", &large, "two", "two"]
            .iter()
            .enumerate()
        {
            let iteration = u32::try_from(index).unwrap() + 1;
            let cursor = Cursor {
                node: 0,
                iteration,
                attempt: 1,
            };
            let dir = run.iteration(cursor, &"work".parse().unwrap());
            fs::create_dir_all(dir.root()).unwrap();
            atomic::replace(&progress, text.as_bytes()).unwrap();
            snapshots.keep(&progress, &dir, None).unwrap();
            kept.push((dir.progress().exists(), dir.progress_omitted().exists()));
        }
        let (yes, no, omitted) = ((true, false), (false, false), (false, true));
        assert_eq!(kept, [yes, no, yes, omitted, yes, no]);
    }
}
