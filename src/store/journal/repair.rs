//! Puts a journal right that others have changed: under its living writer, and one that no runner holds.
use super::copy::JournalCopy;
use super::error::JournalError;
use super::line;
use super::lock::lock;
use super::position::Position;
use super::reader::lines_of;
use super::writer::Journal;
use crate::model::Event;
use crate::store::{atomic, beneath, crash, fault};
use camino::{Utf8Path, Utf8PathBuf};
use serde::Deserialize;
use std::collections::HashSet;
use std::io;
use std::os::unix::fs::MetadataExt as _;
use std::sync::Arc;

/// What was done to put a journal right.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Repair {
    /// Bytes of others that were moved away.
    pub moved: u64,
    /// Bytes that were missing or changed, and are as they were.
    pub restored: u64,
    /// Whether the file itself was gone.
    pub was_gone: bool,
}

impl Journal {
    /// Checks that the journal is as this writer left it, and puts it right if it is not.
    pub fn check(&mut self) -> Result<Option<Repair>, JournalError> {
        if self.is_intact() {
            return Ok(None);
        }
        let was_gone = self.bring_back()?;
        let mut repair = self.put_right()?;
        repair.was_gone = was_gone;
        self.note_change()?;
        Ok((repair != Repair::default()).then_some(repair))
    }

    /// Gives the file its name again. What has the name now is set aside.
    fn bring_back(&mut self) -> Result<bool, JournalError> {
        match std::fs::symlink_metadata(self.path.as_std_path()) {
            Ok(there) if there.is_file() && self.is_ours(&there) => return Ok(false),
            Ok(_) => {
                beneath::set_aside(&self.path)?;
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            // A component above it is no folder any more.
            Err(error) if error.kind() == io::ErrorKind::NotADirectory => {}
            Err(error) => return Err(error.into()),
        }
        crash::point("journal: is gone");
        if let Some(folder) = self.path.parent() {
            beneath::create_dir_all(folder)?;
        }
        let linked = self
            .link
            .as_ref()
            .filter(|link| std::fs::symlink_metadata(link).is_ok_and(|there| self.is_ours(&there)));
        if let Some(link) = linked
            && beneath::link(link, &self.path).is_ok()
        {
            crash::point("journal: is back");
            return Ok(true);
        }
        self.make_again()?;
        Ok(true)
    }

    /// Makes the file again from what is still open of it, and from the copy.
    fn make_again(&mut self) -> Result<(), JournalError> {
        let text = self.right_text()?;
        let file = beneath::create(&self.path)?;
        fault::write_all(&file, &text)?;
        file.sync_all()?;
        drop(file);
        let file = beneath::append(&self.path)?;
        let Some(lock) = lock(&file)? else {
            return Err(JournalError::Held {
                path: self.path.clone(),
            });
        };
        let about = file.metadata()?;
        self.inode = (about.dev(), about.ino());
        self.file = Arc::new(file);
        self.lock = lock;
        if let Some(link) = &self.link {
            // The copy is the next best if there can be no second name.
            let _ = beneath::link(&self.path, link);
        }
        crash::point("journal: made again");
        Ok(())
    }

    /// Makes the content what this writer wrote.
    fn put_right(&mut self) -> Result<Repair, JournalError> {
        let text = read_all(&self.file)?;
        let (good, _) =
            lines_of::<Event>(text.as_slice(), &self.path, Position::default(), |_, _| ());
        if self.position.seq < good.seq && passes(&text, self.position) {
            // Lines that continue ours: only a runner writes such.
            return Err(JournalError::Taken {
                path: self.path.clone(),
                line: self.position.seq + 1,
            });
        }
        let end = usize::try_from(self.position.offset).unwrap_or(usize::MAX);
        if good == self.position && text.len() == end {
            return Ok(Repair::default());
        }
        let right = if good == self.position {
            text[..end].to_vec()
        } else {
            self.right_text()?
        };
        let foreign = foreign_lines(&text, &right);
        if !foreign.is_empty() {
            fault::write_all(
                beneath::append(&self.path.with_file_name("events.found.jsonl"))?,
                &foreign,
            )?;
        }
        crash::point("journal: others' lines moved");
        let kept = usize::try_from(good.offset.min(self.position.offset)).unwrap_or_default();
        self.file.set_len(kept as u64)?;
        fault::write_all(&*self.file, &right[kept..])?;
        self.file.sync_data()?;
        crash::point("journal: put right");
        Ok(Repair {
            moved: foreign.len() as u64,
            restored: (right.len() - kept) as u64,
            was_gone: false,
        })
    }

    /// Returns what this writer wrote: from the copy, or from the file itself.
    fn right_text(&mut self) -> Result<Vec<u8>, JournalError> {
        let end = usize::try_from(self.position.offset).unwrap_or(usize::MAX);
        let copied = self.copy.as_mut().map(JournalCopy::text).transpose()?;
        let (mut reached, mut why) = (Position::default(), None);
        for text in copied.into_iter().chain([read_all(&self.file)?]) {
            let (good, result) =
                lines_of::<Event>(text.as_slice(), &self.path, Position::default(), |_, _| ());
            if passes(&text, self.position) {
                return Ok(text[..end].to_vec());
            }
            if reached.seq <= good.seq {
                (reached, why) = (good, result.err());
            }
        }
        Err(why.unwrap_or(JournalError::Damaged {
            path: self.path.clone(),
            line: reached.seq + 1,
            why: format!("it had {} lines, and no copy has them", self.position.seq),
        }))
    }
}

/// Whether a text has these lines, each as it was written.
fn passes(text: &[u8], end: Position) -> bool {
    let mut passed = end == Position::default();
    let path = Utf8Path::new("");
    let _ = lines_of::<Event>(text, path, Position::default(), |_, behind| {
        passed |= behind == end;
    });
    passed
}

fn read_all(file: &fs_err::File) -> io::Result<Vec<u8>> {
    use std::os::unix::fs::FileExt as _;
    let mut text = vec![0; usize::try_from(file.metadata()?.len()).unwrap_or_default()];
    let mut read = 0;
    while read < text.len() {
        match file.file().read_at(&mut text[read..], read as u64)? {
            0 => break,
            more => read += more,
        }
    }
    text.truncate(read);
    Ok(text)
}

/// Returns the lines of a text that are not those of another.
fn foreign_lines(text: &[u8], right: &[u8]) -> Vec<u8> {
    let lines = |text| <[u8]>::split_inclusive(text, |byte| *byte == b'\n');
    let ours: HashSet<&[u8]> = lines(right).collect();
    // What a cut leaves of a line is ours.
    let is_cut =
        |line: &[u8]| !line.ends_with(b"\n") && ours.iter().any(|ours| ours.starts_with(line));
    lines(text)
        .filter(|line| !ours.contains(line) && !is_cut(line))
        .collect::<Vec<_>>()
        .concat()
}

/// What could be saved of a damaged journal.
#[derive(Debug)]
pub struct Salvaged {
    /// Its lines after the repair.
    pub lines: u64,
    /// Lines that are lost, as far as is known.
    pub lost: u64,
    /// Bytes of good lines that the damaged file did not have.
    pub restored: u64,
    /// Where the damaged file is now.
    pub kept: Utf8PathBuf,
}

/// Repairs a journal that no runner holds, from itself and its other copies. `seen` is the number of the last line that is
/// known to have been written. The damaged file is kept.
pub fn salvage(
    path: &Utf8Path,
    copies: &[Utf8PathBuf],
    seen: u64,
) -> Result<Salvaged, JournalError> {
    let damaged = beneath::append(path)?;
    let Some(_lock) = lock(&damaged)? else {
        return Err(JournalError::Held {
            path: path.to_owned(),
        });
    };
    let text = read_all(&damaged)?;
    let (mut best, mut end) = without_foreign(path, &text);
    let had = end.offset;
    for copy in copies {
        let Ok(copied) = beneath::read(copy) else {
            continue;
        };
        let (kept, reached) = without_foreign(path, &copied);
        if end.seq < reached.seq {
            (best, end) = (kept, reached);
        }
    }
    let draft = path.with_file_name("events.repaired.jsonl");
    atomic::replace_durably(&draft, &best)?;
    crash::point("repair: draft made");
    let kept = beneath::set_aside(path)?.unwrap_or_else(|| path.to_owned());
    beneath::rename(&draft, path)?;
    crash::point("repair: in its place");
    Ok(Salvaged {
        lines: end.seq,
        restored: end.offset.saturating_sub(had),
        lost: seen.max(highest_number(&text)).saturating_sub(end.seq),
        kept,
    })
}

/// Returns the highest number that a line of a text has.
fn highest_number(text: &[u8]) -> u64 {
    /// The field that a line is numbered by.
    #[derive(Deserialize)]
    struct Numbered {
        seq: u64,
    }
    text.split(|byte| *byte == b'\n')
        .filter_map(|line| serde_json::from_slice::<Numbered>(line).ok())
        .map(|line| line.seq)
        .max()
        .unwrap_or_default()
}

/// Returns the lines of a text that continue each other from the first on, without what was put in between.
fn without_foreign(path: &Utf8Path, text: &[u8]) -> (Vec<u8>, Position) {
    let (mut kept, mut end) = (Vec::new(), Position::default());
    for found in text.split_inclusive(|byte| *byte == b'\n') {
        if let Ok((_, behind)) = line::read::<Event>(path, end, found) {
            kept.extend_from_slice(found);
            end = behind;
        }
    }
    (kept, end)
}
