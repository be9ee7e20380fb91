//! The file: what is in it, and how it is read and replaced.
use super::account_quota::AccountQuota;
use crate::model::AccountKey;
use crate::store::atomic;
use crate::store::layout::{StateFile, UserDirs};
use crate::store::roots::lock;
use fs_err as fs;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::io;

/// `quota.json`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct QuotaFile {
    /// Version of the format.
    pub v: u32,
    #[serde(default)]
    pub accounts: BTreeMap<AccountKey, AccountQuota>,
}

impl QuotaFile {
    /// The format this program reads and writes.
    pub const VERSION: u32 = 1;
    /// Accounts that are kept, those that were seen last.
    const MAX_ACCOUNTS: usize = 32;
}

impl Default for QuotaFile {
    fn default() -> Self {
        Self {
            v: Self::VERSION,
            accounts: BTreeMap::new(),
        }
    }
}

/// Why `quota.json` cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum QuotaFileError {
    #[error("{0}")]
    Unreadable(#[from] io::Error),
    /// The report is lost, and what is known stays.
    #[error("another process holds quota.lock")]
    Locked,
    /// It is written again with the next report.
    #[error("it is damaged: {0}")]
    Damaged(serde_json::Error),
    /// It is read by the newer program, and not written by this one.
    #[error("it has format {0}, which a newer ap wrote")]
    Newer(u32),
}

/// The version alone, which every format has.
#[derive(Deserialize)]
struct Version {
    v: u32,
}

/// Returns the file's text; nothing if there is none.
pub fn read_text(dirs: &UserDirs) -> io::Result<Option<String>> {
    match fs::read(dirs.state_file(StateFile::Quota)) {
        Ok(bytes) => Ok(Some(String::from_utf8_lossy(&bytes).into_owned())),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

/// Returns what is known; without a file nothing is.
pub fn read(dirs: &UserDirs) -> Result<QuotaFile, QuotaFileError> {
    let Some(text) = read_text(dirs)? else {
        return Ok(QuotaFile::default());
    };
    let Version { v } = serde_json::from_str(&text).map_err(QuotaFileError::Damaged)?;
    if QuotaFile::VERSION < v {
        return Err(QuotaFileError::Newer(v));
    }
    serde_json::from_str(&text).map_err(QuotaFileError::Damaged)
}

/// Changes the file under its lock, if the change is one. A damaged file is replaced, one of a newer format is left alone.
pub(super) fn update<T>(
    dirs: &UserDirs,
    change: impl FnOnce(&mut QuotaFile) -> (bool, T),
) -> Result<T, QuotaFileError> {
    let _lock = lock(dirs, StateFile::QuotaLock).map_err(|error| match error.kind() {
        io::ErrorKind::TimedOut => QuotaFileError::Locked,
        _ => QuotaFileError::Unreadable(error),
    })?;
    let mut file = match read(dirs) {
        Err(QuotaFileError::Damaged(error)) => {
            tracing::warn!(%error, "quota.json is damaged and written again");
            QuotaFile::default()
        }
        read => read?,
    };
    let (is_changed, result) = change(&mut file);
    if is_changed {
        forget_old(&mut file);
        let text = serde_json::to_vec_pretty(&file).map_err(io::Error::from)?;
        atomic::replace(&dirs.state_file(StateFile::Quota), &text)?;
    }
    Ok(result)
}

/// Keeps the file small however many accounts come and go.
fn forget_old(file: &mut QuotaFile) {
    while QuotaFile::MAX_ACCOUNTS < file.accounts.len() {
        let oldest = file.accounts.iter().min_by_key(|(_, it)| it.last_seen());
        let Some(key) = oldest.map(|(key, _)| key.clone()) else {
            return;
        };
        file.accounts.remove(&key);
    }
}
