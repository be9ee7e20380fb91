//! Reads the ledger: line by line, in memory that does not grow with it.
use crate::model::{AccountKind, Usage};
use crate::store::layout::{StateFile, UserDirs};
use fs_err as fs;
use jiff::{SignedDuration, Timestamp};
use serde::Deserialize;
use std::borrow::Cow;
use std::collections::BTreeMap;
use std::io::{self, BufRead as _, BufReader, Read as _, Seek as _, SeekFrom};

/// Bytes that are read at a time.
const BLOCK: usize = 1 << 18;
/// The longest line that is read; ours are far shorter.
const MAX_LINE: usize = 1 << 20;
/// Lines are in the order of their times, but for those that a later runner appended.
const OUT_OF_ORDER: SignedDuration = SignedDuration::from_hours(24);

/// What is read of a line.
#[derive(Debug, Deserialize)]
pub struct Spent<'a> {
    #[serde(borrow)]
    pub run: Cow<'a, str>,
    pub number: u64,
    #[serde(default, borrow)]
    pub branch: Cow<'a, str>,
    #[serde(borrow)]
    at: Cow<'a, str>,
    pub usd: f64,
    #[serde(borrow)]
    pub project: Cow<'a, str>,
    #[serde(borrow)]
    pub session: Cow<'a, str>,
    #[serde(borrow)]
    pub node: Cow<'a, str>,
    pub input: u64,
    pub output: u64,
    pub cache_read: u64,
    pub cache_write: u64,
    pub turns: u64,
    #[serde(default)]
    pub account: Option<AccountKind>,
    /// The whole line, for what is read of few.
    #[serde(skip)]
    line: &'a [u8],
}

/// The part of a line that is only read where it is needed.
#[derive(Deserialize)]
struct Models {
    #[serde(default)]
    models: BTreeMap<String, Usage>,
}

impl Spent<'_> {
    /// Returns when it was spent, as text.
    pub(super) fn time(&self) -> &str {
        &self.at
    }

    /// Returns when it was spent.
    pub fn at(&self) -> Option<Timestamp> {
        self.at.parse().ok()
    }

    /// Returns what was used.
    pub fn usage(&self) -> Usage {
        Usage {
            input_tokens: self.input,
            output_tokens: self.output,
            cache_read_tokens: self.cache_read,
            cache_write_tokens: self.cache_write,
            cost_usd: self.usd,
            turns: self.turns,
        }
    }

    /// Returns what was used by model, where that is known.
    pub fn models(&self) -> BTreeMap<String, Usage> {
        serde_json::from_slice::<Models>(self.line).map_or_else(|_| BTreeMap::new(), |it| it.models)
    }
}

fn parse(line: &[u8]) -> Option<Spent<'_>> {
    let spent: Spent<'_> = serde_json::from_slice(line).ok()?;
    // A cost that none can be is not summed.
    (0.0 <= spent.usd && spent.usd.is_finite()).then_some(Spent { line, ..spent })
}

/// Calls `each` for every line and returns how many could not be read. Without a ledger there are none.
pub fn for_each(dirs: &UserDirs, mut each: impl FnMut(&Spent<'_>)) -> io::Result<u64> {
    for_each_line(dirs, |spent, _| each(spent))
}

/// Does as [`for_each`], and passes the text of each line too.
pub(super) fn for_each_line(
    dirs: &UserDirs,
    mut each: impl FnMut(&Spent<'_>, &[u8]),
) -> io::Result<u64> {
    let file = match fs::File::open(dirs.state_file(StateFile::Spent)) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(0),
        file => file?,
    };
    let mut reader = BufReader::with_capacity(BLOCK, file);
    let (mut line, mut unread) = (Vec::new(), 0);
    loop {
        line.clear();
        let limit = u64::try_from(MAX_LINE).unwrap_or(u64::MAX);
        if (&mut reader).take(limit).read_until(b'\n', &mut line)? == 0 {
            return Ok(unread);
        }
        match parse(line.trim_ascii()) {
            Some(spent) => each(&spent, line.trim_ascii()),
            None if line.trim_ascii().is_empty() => {}
            None => unread += 1,
        }
    }
}

/// Returns what was spent at each of these moments and later, over all sessions. It reads from the end of the ledger.
pub fn sums_since(dirs: &UserDirs, moments: &[Timestamp]) -> io::Result<Vec<Usage>> {
    let mut sums = vec![Usage::default(); moments.len()];
    let first = moments.iter().min().copied().unwrap_or(Timestamp::MAX);
    let early = first.checked_sub(OUT_OF_ORDER).unwrap_or(Timestamp::MIN);
    for_each_back(dirs, |spent| {
        let Some(at) = spent.at() else { return true };
        for (_, sum) in moments
            .iter()
            .zip(&mut sums)
            .filter(|(from, _)| **from <= at)
        {
            *sum += spent.usage();
        }
        early <= at
    })?;
    Ok(sums)
}

/// Returns the dollars that each project spent since a moment, by its directory. It reads from the end of the ledger.
pub fn spent_by_project(dirs: &UserDirs, from: Timestamp) -> io::Result<BTreeMap<String, f64>> {
    let mut sums = BTreeMap::new();
    let early = from.checked_sub(OUT_OF_ORDER).unwrap_or(Timestamp::MIN);
    for_each_back(dirs, |spent| {
        let Some(at) = spent.at() else { return true };
        if from <= at {
            *sums.entry(spent.project.to_string()).or_default() += spent.usd;
        }
        early <= at
    })?;
    Ok(sums)
}

/// Calls `each` for the lines from the last to the first, until it wants none of a block.
fn for_each_back(dirs: &UserDirs, mut each: impl FnMut(&Spent<'_>) -> bool) -> io::Result<()> {
    let mut file = match fs::File::open(dirs.state_file(StateFile::Spent)) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        file => file?,
    };
    let mut offset = file.metadata()?.len();
    // The bytes behind `offset` that are not read yet: they begin within a line.
    let mut rest: Vec<u8> = Vec::new();
    while 0 < offset && rest.len() < MAX_LINE {
        let size = offset.min(BLOCK as u64);
        offset -= size;
        let mut block = vec![0; usize::try_from(size).unwrap_or(BLOCK)];
        file.seek(SeekFrom::Start(offset))?;
        file.read_exact(&mut block)?;
        block.append(&mut rest);
        let begin = match block.iter().position(|byte| *byte == b'\n') {
            _ if offset == 0 => 0,
            Some(end) => end + 1,
            None => block.len(),
        };
        // A line may be booked long after it was spent, so one that is old ends nothing.
        let lines = block[begin..].rsplit(|byte| *byte == b'\n');
        let (mut read, mut wanted) = (0_u64, 0_u64);
        for line in lines {
            if let Some(spent) = parse(line.trim_ascii()) {
                read += 1;
                wanted += u64::from(each(&spent));
            }
        }
        if 0 < read && wanted == 0 {
            return Ok(());
        }
        block.truncate(begin);
        rest = block;
    }
    Ok(())
}
