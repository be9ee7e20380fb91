//! The files of a log by their names: a day, and a number if the day has more than one.
use crate::store::beneath;
use camino::{Utf8Path, Utf8PathBuf};
use jiff::ToSpan as _;
use jiff::civil::Date;
use std::io;

/// Which log a file is of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Family {
    Events,
    Health,
}

impl Family {
    fn prefix(self) -> &'static str {
        match self {
            Self::Events => "events-",
            Self::Health => "health-",
        }
    }
}

/// A file of a log; a later one is greater.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct DatedFile {
    pub family: Family,
    /// The day on which it was begun, in UTC.
    pub day: Date,
    /// From 0.
    pub number: u32,
}

impl DatedFile {
    /// Returns the file of a name: `events-2026-11-30.jsonl` or `events-2026-11-30.2.jsonl`.
    fn parse(family: Family, name: &str) -> Option<Self> {
        let stem = name.strip_prefix(family.prefix())?.strip_suffix(".jsonl")?;
        let (day, number) = match stem.split_once('.') {
            Some((day, number)) => (day, number.parse().ok().filter(|it| 0 < *it)?),
            None => (stem, 0),
        };
        let file = Self {
            family,
            day: day.parse().ok()?,
            number,
        };
        (file.name() == name).then_some(file)
    }

    /// Returns its name.
    pub fn name(&self) -> String {
        let (prefix, day) = (self.family.prefix(), self.day);
        match self.number {
            0 => format!("{prefix}{day}.jsonl"),
            number => format!("{prefix}{day}.{number}.jsonl"),
        }
    }

    pub fn path(&self, folder: &Utf8Path) -> Utf8PathBuf {
        folder.join(self.name())
    }

    /// Returns the path of its index.
    pub fn index_path(&self, folder: &Utf8Path) -> Utf8PathBuf {
        self.path(folder).with_extension("idx")
    }

    /// Returns the file that follows it on a day; if the clock went back, on its own day.
    pub(super) fn next(self, day: Date) -> Self {
        if self.day < day {
            return Self {
                day,
                number: 0,
                ..self
            };
        }
        Self {
            number: self.number + 1,
            ..self
        }
    }
}

/// Returns the files of a log, oldest first. Without a folder there are none.
pub fn all(folder: &Utf8Path, family: Family) -> io::Result<Vec<DatedFile>> {
    let entries = match folder.read_dir_utf8() {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        entries => entries?,
    };
    let names = entries.filter_map(Result::ok);
    let mut files: Vec<DatedFile> = names
        .filter_map(|entry| DatedFile::parse(family, entry.file_name()))
        .collect();
    files.sort_unstable();
    Ok(files)
}

/// Returns the newest file of a log.
pub fn newest(folder: &Utf8Path, family: Family) -> io::Result<Option<DatedFile>> {
    Ok(all(folder, family)?.pop())
}

/// Removes the files that were begun before the last `days` days, but never the newest one.
pub fn prune(folder: &Utf8Path, family: Family, days: u32, today: Date) -> io::Result<()> {
    let oldest = today.saturating_sub(i64::from(days).days());
    let mut files = all(folder, family)?;
    files.pop();
    for file in files.into_iter().filter(|file| file.day < oldest) {
        for path in [file.path(folder), file.index_path(folder)] {
            match beneath::remove_file(&path) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
                _ => {}
            }
        }
    }
    Ok(())
}
