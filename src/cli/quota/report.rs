//! What `ap quota` prints.
use super::held::{HeldSession, held};
use super::refresh::refusal;
use crate::cli::context::Context;
use crate::cli::statusline::subscription;
use crate::engine::pacing::{Pacing, decide, level};
use crate::error::Result;
use crate::exec::moment;
use crate::model::{
    AccountKey, Moment, QuotaDecision, QuotaLevel, QuotaSource, Share, WindowName, WindowStatus,
};
use crate::plan::QuotaPolicy;
use crate::runner::user_zone;
use crate::store::quota::{AccountQuota, QuotaFile, RefusedReading};
use jiff::Timestamp;
use serde::Serialize;

/// `ap quota --json`.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
pub(in crate::cli) struct QuotaReport {
    pub(super) accounts: Vec<AccountReport>,
    /// The sessions that the quota holds, of all projects.
    pub(super) held: Vec<HeldSession>,
    /// What of `quota:` in config.yaml is probably a mistake.
    pub(super) remarks: Vec<String>,
    /// Why quota.json cannot be used, if that is so.
    pub(super) problem: Option<String>,
}

/// What is known of one account.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
pub(in crate::cli) struct AccountReport {
    key: AccountKey,
    pub(super) provider: String,
    /// Where its program keeps its login.
    pub(super) folder: String,
    /// How it signs in, in the words of `claude auth status`.
    pub(super) method: String,
    pub(super) windows: Vec<WindowReport>,
    /// What your policy makes of it now.
    #[serde(rename = "policy")]
    pub(super) decision: QuotaDecision,
    /// What agents find in context.json; `null` if nothing is known.
    pub(super) level: Option<QuotaLevel>,
    /// The last values that were not believed.
    pub(super) refused: Vec<RefusedReading>,
    /// Why its program is not asked now; `null` if it may be.
    pub(super) not_asked: Option<String>,
}

/// What is known of one window.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
pub(super) struct WindowReport {
    pub(super) window: WindowName,
    /// From 0 to 1; `null` if it is unknown, as after a reset.
    pub(super) used: Option<Share>,
    /// What may be used of it now.
    pub(super) allowed: Option<Share>,
    pub(super) resets_at: Option<Timestamp>,
    status: WindowStatus,
    pub(super) seen_at: Timestamp,
    /// Seconds since it was seen; `null` if the clocks do not show it.
    pub(super) age_s: Option<i64>,
    pub(super) source: QuotaSource,
    pub(super) rejected_until: Option<Timestamp>,
}

impl QuotaReport {
    pub(super) fn new(
        file: &QuotaFile,
        problem: Option<String>,
        policy: &QuotaPolicy,
        context: &Context,
    ) -> Result<Self> {
        Ok(Self {
            accounts: account_reports(file, policy, context),
            held: held(context)?,
            remarks: policy.remarks(),
            problem,
        })
    }

    /// Whether the use of any window is known.
    pub(super) fn knows_something(&self) -> bool {
        let mut windows = self.accounts.iter().flat_map(|account| &account.windows);
        windows.any(|window| window.used.is_some())
    }
}

/// Returns what is known of each account.
pub(super) fn account_reports(
    file: &QuotaFile,
    policy: &QuotaPolicy,
    context: &Context,
) -> Vec<AccountReport> {
    let now = moment();
    let accounts = accounts(file);
    let of_account = |(key, known): (&AccountKey, &AccountQuota)| {
        account_report(key, known, policy, &now, context)
    };
    accounts.accounts.iter().map(of_account).collect()
}

fn account_report(
    key: &AccountKey,
    known: &AccountQuota,
    policy: &QuotaPolicy,
    now: &Moment,
    context: &Context,
) -> AccountReport {
    let (windows, zone) = (known.uses(now), user_zone(&context.env));
    let decision = decide(&Pacing {
        policy,
        windows: &windows,
        now: now.at,
        zone: &zone,
        session: "",
    });
    let of_window = |(name, stored): (&WindowName, &crate::store::quota::KnownWindow)| {
        let used = windows.iter().find(|it| it.window == *name);
        WindowReport {
            window: name.clone(),
            used: used.map(|it| it.used),
            allowed: used.map(|it| it.allowed(policy, now.at, &zone)),
            resets_at: stored.resets_at,
            status: stored.status,
            seen_at: stored.seen_at,
            age_s: stored.seen().age(now).map(|age| age.as_secs()),
            source: stored.source,
            rejected_until: stored.rejected_until.filter(|until| now.at < *until),
        }
    };
    AccountReport {
        key: key.clone(),
        provider: known.account.provider.clone(),
        folder: known.account.folder.clone(),
        method: known.account.method.clone(),
        windows: known.windows.iter().map(of_window).collect(),
        decision,
        level: level(&windows, now.at),
        refused: known.refused.iter().cloned().collect(),
        not_asked: not_asked(known, policy, now, context),
    }
}

/// Returns why the program of an account is not asked now, if it is not.
fn not_asked(
    known: &AccountQuota,
    policy: &QuotaPolicy,
    now: &Moment,
    context: &Context,
) -> Option<String> {
    let current = subscription(context).filter(|account| account.key() == known.account.key());
    let Some(account) = current else {
        return Some("it is not the account of this environment".to_owned());
    };
    refusal(&account, policy, context).or_else(|| known.asked.refusal(now, true))
}

/// Returns the accounts of which there is something to show.
fn accounts(file: &QuotaFile) -> QuotaFile {
    let mut file = file.clone();
    file.accounts
        .retain(|_, known| !known.windows.is_empty() || !known.refused.is_empty());
    file
}
