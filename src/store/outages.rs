//! Outages of providers that sessions of this user have met: `outages.json` in the state folder.
//!
//! A session that waits for the end of an outage looks here whether another one has been served since. Nothing depends on
//! the file: without it each session waits for itself.
use super::atomic;
use super::layout::{StateFile, UserDirs};
use super::roots::lock;
use fs_err as fs;
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::io;

/// Outages that were over for longer are forgotten.
const REMEMBERED: SignedDuration = SignedDuration::from_hours(24 * 7);

/// An outage of a provider at one address.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Outage {
    /// When a session first met it.
    pub since: Timestamp,
    /// When a session was served again; none while it lasts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub over_at: Option<Timestamp>,
}

/// Returns the known outages, by provider and address. A file that cannot be read knows none.
pub fn read(dirs: &UserDirs) -> BTreeMap<String, Outage> {
    let text = fs::read(dirs.state_file(StateFile::Outages)).unwrap_or_default();
    serde_json::from_slice(&text).unwrap_or_default()
}

/// Whether a session has been served by a provider after this moment.
pub fn is_over_since(dirs: &UserDirs, provider: &str, moment: Timestamp) -> bool {
    let known = read(dirs);
    let over_at = known.get(provider).and_then(|outage| outage.over_at);
    over_at.is_some_and(|at| moment < at)
}

/// Records that a session was not served.
pub fn note_outage(dirs: &UserDirs, provider: &str, now: Timestamp) -> io::Result<()> {
    let lasts = |outage: &Outage| outage.over_at.is_none();
    if read(dirs).get(provider).is_some_and(lasts) {
        return Ok(());
    }
    let _lock = lock(dirs, StateFile::OutagesLock)?;
    let mut known = read(dirs);
    let outage = Outage {
        since: now,
        over_at: None,
    };
    known
        .entry(provider.to_owned())
        .and_modify(|known| *known = if lasts(known) { *known } else { outage })
        .or_insert(outage);
    write(dirs, known, now)
}

/// Records that a session was served: an outage that lasted is over.
pub fn note_success(dirs: &UserDirs, provider: &str, now: Timestamp) -> io::Result<()> {
    let lasts = |known: &BTreeMap<String, Outage>| {
        known
            .get(provider)
            .is_some_and(|outage| outage.over_at.is_none())
    };
    if !lasts(&read(dirs)) {
        return Ok(());
    }
    let _lock = lock(dirs, StateFile::OutagesLock)?;
    let mut known = read(dirs);
    if !lasts(&known) {
        return Ok(());
    }
    if let Some(outage) = known.get_mut(provider) {
        outage.over_at = Some(now);
    }
    write(dirs, known, now)
}

fn write(dirs: &UserDirs, mut known: BTreeMap<String, Outage>, now: Timestamp) -> io::Result<()> {
    known.retain(|_, outage| {
        let over = outage.over_at.unwrap_or(now);
        now.duration_since(over) < REMEMBERED
    });
    let text = serde_json::to_vec_pretty(&known)?;
    atomic::replace(&dirs.state_file(StateFile::Outages), &text)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::roots::create_state_dir;

    const CLAUDE: &str = "claude https://api.example.com";

    fn dirs(folder: &tempfile::TempDir) -> UserDirs {
        let home = folder.path().join("home").display().to_string();
        let env = std::iter::once(("AP_HOME".to_owned(), home)).collect();
        UserDirs::new(&env, None)
    }

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(1_800_000_000 + second).unwrap()
    }

    #[test]
    fn a_success_ends_the_outage_of_its_provider_only() {
        let folder = tempfile::tempdir().unwrap();
        let dirs = dirs(&folder);
        note_success(&dirs, CLAUDE, at(0)).unwrap();
        assert!(!dirs.state.exists(), "without an outage nothing is written");
        note_outage(&dirs, CLAUDE, at(1)).unwrap();
        note_outage(&dirs, "codex", at(2)).unwrap();
        note_outage(&dirs, CLAUDE, at(3)).unwrap();
        assert_eq!(read(&dirs)[CLAUDE].since, at(1), "the first session met it");
        assert!(!is_over_since(&dirs, CLAUDE, at(0)));
        note_success(&dirs, CLAUDE, at(9)).unwrap();
        note_success(&dirs, CLAUDE, at(10)).unwrap();
        assert_eq!(read(&dirs)[CLAUDE].over_at, Some(at(9)));
        assert!(is_over_since(&dirs, CLAUDE, at(8)));
        assert!(!is_over_since(&dirs, CLAUDE, at(9)), "a later outage");
        assert!(!is_over_since(&dirs, "codex", at(0)));
        note_outage(&dirs, CLAUDE, at(20)).unwrap();
        assert!(!is_over_since(&dirs, CLAUDE, at(8)), "it is out again");
    }

    #[test]
    fn a_damaged_file_knows_no_outage_and_is_written_again() {
        let folder = tempfile::tempdir().unwrap();
        let dirs = dirs(&folder);
        create_state_dir(&dirs).unwrap();
        atomic::replace(&dirs.state_file(StateFile::Outages), b"{\"claude").unwrap();
        assert!(read(&dirs).is_empty());
        note_outage(&dirs, CLAUDE, at(1)).unwrap();
        assert_eq!(read(&dirs).len(), 1);
    }

    #[test]
    fn concurrent_sessions_lose_no_outage() {
        let folder = tempfile::tempdir().unwrap();
        let dirs = dirs(&folder);
        std::thread::scope(|scope| {
            for number in 0..8 {
                let dirs = &dirs;
                scope.spawn(move || note_outage(dirs, &format!("p{number}"), at(number)).unwrap());
            }
        });
        assert_eq!(read(&dirs).len(), 8);
    }
}
