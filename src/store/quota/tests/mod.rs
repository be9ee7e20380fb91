//! What is kept of reports, and what damaged files and clocks do to it.
mod asked;
mod file;
mod readings;

use super::*;
use crate::model::{
    Account, Moment, QuotaReport, QuotaSource, Share, WindowName, WindowReading, WindowStatus,
};
use crate::store::atomic;
use crate::store::fault;
use crate::store::layout::{StateFile, UserDirs};
use crate::store::roots::create_state_dir;
use jiff::civil::date;
use jiff::{SignedDuration, Timestamp};
use std::os::unix::fs::PermissionsExt as _;

fn dirs(folder: &tempfile::TempDir) -> UserDirs {
    let home = folder.path().join("home").display().to_string();
    let env = std::iter::once(("AP_HOME".to_owned(), home)).collect();
    UserDirs::new(&env, None)
}

fn account(method: &str) -> Account {
    Account {
        provider: "claude".to_owned(),
        folder: "/h/.claude".to_owned(),
        method: method.to_owned(),
        has_windows: true,
        no_asking: None,
    }
}

/// A moment so many minutes after the first.
fn at(minute: i64) -> Moment {
    Moment {
        at: Timestamp::from_second(1_800_000_000 + minute * 60).unwrap(),
        boot: "boot".to_owned(),
        uptime_s: 1000.0 + minute as f64 * 60.0,
    }
}

fn share(value: f64) -> Share {
    Share::from_fraction(value).unwrap()
}

fn reading(window: &str, used: f64, reset: i64) -> WindowReading {
    WindowReading {
        window: WindowName::new(window),
        used: Some(share(used)),
        resets_at: Some(at(reset).at),
        status: WindowStatus::Allowed,
    }
}

fn report(readings: Vec<WindowReading>) -> QuotaReport {
    QuotaReport {
        readings,
        refused: Vec::new(),
    }
}

/// Records one reading and returns the warnings.
fn record_one(
    dirs: &UserDirs,
    source: QuotaSource,
    reading: WindowReading,
    minute: i64,
) -> Vec<QuotaWarning> {
    let report = Report {
        account: &account("claude.ai"),
        source,
        report: report(vec![reading]),
        seen: &at(minute),
        warn_on: Some(date(2027, 1, 15)),
    };
    record(dirs, report).unwrap()
}

/// Returns what is used of a window, as far as is known.
fn used(dirs: &UserDirs, window: &str, now: &Moment) -> Option<f64> {
    let file = read(dirs).unwrap();
    let known = file.accounts.get(&account("claude.ai").key())?;
    let uses = known.uses(now);
    let found = uses.iter().find(|it| it.window.as_str() == window)?;
    Some(found.used.fraction())
}
