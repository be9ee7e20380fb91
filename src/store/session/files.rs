//! Checks that the files of a session that is run are ours, and puts them right.
use super::kept;
use super::live::Session;
use crate::clock;
use crate::engine::Phase;
use crate::model::{Cursor, Event, Touch, TouchedFile};
use crate::store::journal::{JournalError, Repair};
use crate::store::{atomic, beneath, ignored};
use camino::{Utf8Path, Utf8PathBuf};
use fs_err as fs;
use std::io;

impl Session {
    /// Checks that journal, plan and lock are as this process left them, and puts them right. What was found is recorded.
    pub fn check_files(&mut self) -> io::Result<()> {
        self.check_journal()?;
        let mut files = Vec::new();
        self.restore_plan_and_lock(&mut files)?;
        self.record_touched(files, false)
    }

    /// Whether the run directory was removed since the last call, so that the files of the attempt are gone.
    pub fn take_was_removed(&mut self) -> bool {
        std::mem::take(&mut self.was_removed)
    }

    /// Checks the journal, with one look at its file. Everything else is looked at only if it is not as it should be.
    pub(super) fn check_journal(&mut self) -> io::Result<()> {
        let mut files = self.set_aside();
        match self.journal.check() {
            Err(error) => {
                self.is_taken = matches!(error, JournalError::Taken { .. });
                if let Some(lock) = self.lock.as_mut().filter(|_| self.is_taken) {
                    lock.leave_file();
                }
                return Err(error.into());
            }
            Ok(Some(repair)) => self.after_repair(repair, &mut files)?,
            Ok(None) => {}
        }
        self.record_touched(files, false)
    }

    /// Whether another runner continues the session, so that this one must end its agent and stop.
    pub fn is_taken(&self) -> bool {
        self.is_taken
    }

    fn after_repair(&mut self, repair: Repair, files: &mut Vec<TouchedFile>) -> io::Result<()> {
        let Repair {
            moved,
            restored,
            was_gone,
        } = repair;
        tracing::warn!(moved, restored, was_gone, "the journal was touched");
        files.extend(self.set_aside());
        if was_gone {
            self.was_removed = true;
            files.push(self.restored(&self.dir.journal()));
            beneath::create_dir_all(&self.dir.inbox())?;
            self.keep_out_of_git()?;
            self.restore_plan_and_lock(files)?;
        }
        if 0 < moved + restored {
            self.record(
                Event::JournalRepaired {
                    bytes: moved,
                    restored,
                    by: self.attempt_at_work(),
                },
                clock::now(),
            )?;
        }
        Ok(())
    }

    fn restore_plan_and_lock(&mut self, files: &mut Vec<TouchedFile>) -> io::Result<()> {
        let plan = self.dir.plan();
        if fs::symlink_metadata(&plan).is_ok_and(|there| !there.is_file()) {
            beneath::set_aside(&plan)?;
            files.extend(self.set_aside());
        }
        if fs::symlink_metadata(&plan).is_err() {
            if !kept::restore(&self.dir, &plan)? {
                let text = serde_json::to_vec_pretty(&self.plan)?;
                atomic::replace_durably(&plan, &text)?;
            }
            files.push(self.restored(&plan));
        }
        let second = self.dir.kept_lock();
        if let Some(lock) = &mut self.lock
            && lock.put_back(second.as_deref())?
        {
            let path = lock.path().to_owned();
            files.push(self.restored(&path));
        }
        Ok(())
    }

    fn keep_out_of_git(&self) -> io::Result<()> {
        let runs = self.dir.root().parent().filter(|_| !self.dir.is_branch());
        let Some(runs) = runs else { return Ok(()) };
        let locks = runs.with_file_name("locks");
        ignored::create(runs)?;
        ignored::create(&locks)
    }

    fn restored(&self, path: &Utf8Path) -> TouchedFile {
        TouchedFile {
            path: self.named(path),
            touch: Touch::Restored,
        }
    }

    /// Returns what writes have set aside since the last call.
    fn set_aside(&self) -> Vec<TouchedFile> {
        let found = beneath::take_found(self.dir.root());
        found
            .into_iter()
            .map(|it| TouchedFile {
                path: self.named(&it.path),
                touch: Touch::SetAside {
                    kept: self.named(&it.kept),
                },
            })
            .collect()
    }

    fn named(&self, path: &Utf8Path) -> String {
        let root = self.dir.root();
        let inside: Option<Utf8PathBuf> = path.strip_prefix(root).ok().map(Utf8Path::to_owned);
        inside.unwrap_or_else(|| path.to_owned()).into_string()
    }

    /// Records that a file or folder was removed and is there again.
    pub fn record_restored(&mut self, path: &Utf8Path) -> io::Result<()> {
        let restored = self.restored(path);
        self.record_touched(vec![restored], false)
    }

    /// Records that files were touched, and whether the session asks you about it.
    pub fn record_touched(&mut self, files: Vec<TouchedFile>, asks: bool) -> io::Result<()> {
        if files.is_empty() {
            return Ok(());
        }
        let by = self.attempt_at_work();
        self.record(Event::FilesTouched { files, by, asks }, clock::now())
    }

    fn attempt_at_work(&self) -> Option<Cursor> {
        matches!(self.state().phase, Phase::Running { .. }).then_some(self.state().current.cursor)
    }

    /// Keeps second names of plan and lock.
    pub(super) fn keep_files(&mut self) -> io::Result<()> {
        let plan = self.dir.plan();
        if let Some(second) = self.dir.kept_file(&plan) {
            kept::link_or_copy(&plan, &second)?;
        }
        if let (Some(lock), Some(second)) = (&self.lock, self.dir.kept_lock()) {
            kept::link_or_copy(lock.path(), &second)?;
        }
        Ok(())
    }
}
