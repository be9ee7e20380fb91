//! What writers do to the file.
use super::account_quota::{AccountQuota, QuotaWarning};
use super::file::{QuotaFile, QuotaFileError, update};
use super::merge::rise;
use crate::engine::pacing::WindowUse;
use crate::model::{Account, Moment, QuotaReport, QuotaSource};
use crate::store::layout::UserDirs;
use jiff::civil::Date;

/// A report of a source about an account.
#[derive(Clone, Debug)]
pub struct Report<'a> {
    pub account: &'a Account,
    pub source: QuotaSource,
    pub report: QuotaReport,
    /// When it was seen.
    pub seen: &'a Moment,
    /// The user's date, if you want the warnings that are due.
    pub warn_on: Option<Date>,
}

/// Takes in a report. Returns the warnings that are due.
pub fn record(dirs: &UserDirs, report: Report<'_>) -> Result<Vec<QuotaWarning>, QuotaFileError> {
    if report.report.is_empty() {
        return Ok(Vec::new());
    }
    update(dirs, |file| {
        let quota = of_account(file, report.account);
        let is_changed = quota.merge(report.report, report.source, report.seen);
        let warnings = report
            .warn_on
            .map(|today| quota.take_warnings(report.seen, today));
        let warnings = warnings.unwrap_or_default();
        (is_changed || !warnings.is_empty(), warnings)
    })
}

/// Remembers what an iteration added: the difference between the windows at its begin and now.
pub fn note_added(
    dirs: &UserDirs,
    account: &Account,
    before: &[WindowUse],
    began: &Moment,
    now: &Moment,
) -> Result<(), QuotaFileError> {
    update(dirs, |file| {
        let quota = of_account(file, account);
        let mut rises = Vec::new();
        for window in before {
            let known = quota.windows.get(&window.window);
            let known = known.filter(|known| {
                // A number from before the iteration does not include it.
                let since = known.seen().age(now).zip(began.age(now));
                since.is_some_and(|(seen, began)| seen < began)
            });
            let Some((used, ends)) =
                known.and_then(|it| Some((it.used?, it.ends(&window.window, now))))
            else {
                continue;
            };
            let rise = rise((window.used, Some(window.ends)), (used, ends));
            rises.extend(rise.map(|rise| (window.window.clone(), rise)));
        }
        for (window, rise) in &rises {
            quota.add_rise(window, *rise);
        }
        (!rises.is_empty(), ())
    })
}

/// Reserves asking the program of an account for this process, or returns why it may not be asked now.
pub fn begin_asking(
    dirs: &UserDirs,
    account: &Account,
    now: &Moment,
    by_hand: bool,
) -> Result<Result<(), String>, QuotaFileError> {
    update(dirs, |file| {
        let quota = of_account(file, account);
        match quota.asked.refusal(now, by_hand) {
            Some(why) => (false, Err(why)),
            None => {
                quota.asked.begin(now);
                (true, Ok(()))
            }
        }
    })
}

/// Records the answer of the program of an account; none is that it has no windows.
pub fn finish_asking(
    dirs: &UserDirs,
    account: &Account,
    answer: Result<Option<QuotaReport>, String>,
    now: &Moment,
) -> Result<(), QuotaFileError> {
    update(dirs, |file| {
        let quota = of_account(file, account);
        let has_windows = answer.as_ref().map(Option::is_some).map_err(Clone::clone);
        quota.asked.finish(has_windows, now);
        if let Ok(Some(report)) = answer {
            quota.merge(report, QuotaSource::Asked, now);
        }
        (true, ())
    })
}

/// Takes in a report that could not be recorded, for this process alone.
pub(super) fn merge(file: &mut QuotaFile, report: Report<'_>) {
    of_account(file, report.account).merge(report.report, report.source, report.seen);
}

fn of_account<'f>(file: &'f mut QuotaFile, account: &Account) -> &'f mut AccountQuota {
    file.accounts
        .entry(account.key())
        .or_insert_with(|| AccountQuota::new(account))
}
