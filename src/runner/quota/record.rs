//! Records what agents report of the quota, for all sessions of the user.
use crate::agent;
use crate::engine::pacing::WindowUse;
use crate::error::Result;
use crate::exec::moment;
use crate::exec::zone::user_zone;
use crate::model::{Account, Event, Moment, QuotaReport, QuotaSource};
use crate::runner::attempt::Attempt;
use crate::runner::known_quota::lock;
use crate::runner::run::Runner;
use crate::store::quota::{self, Report};
use jiff::SignedDuration;

/// What was known of an account when an attempt began.
#[derive(Clone, Debug)]
pub(in crate::runner) struct QuotaAtStart {
    account: Account,
    began: Moment,
    windows: Vec<WindowUse>,
}

impl Runner {
    /// Returns the account that the current attempt uses, if its provider reports its quota.
    fn account(&self) -> Option<Account> {
        let node = self.session.state().changed_node(&self.session.plan)?;
        agent::account(&node.agent, &self.env.vars)
    }

    /// Remembers what is known of the quota as an attempt begins.
    pub(in crate::runner) fn note_quota_at_start(&mut self) {
        self.quota_at_start = None;
        let Some(account) = self.account().filter(|account| account.has_windows) else {
            return;
        };
        let began = moment();
        let mut desk = lock(&self.desk);
        let file = desk.file.get(&self.env.dirs);
        let known = file.accounts.get(&account.key());
        let windows = known.map(|known| known.uses(&began)).unwrap_or_default();
        drop(desk);
        if !windows.is_empty() {
            self.quota_at_start = Some(QuotaAtStart {
                account,
                began,
                windows,
            });
        }
    }

    /// Records what the agent of an attempt reported since the last time. What cannot be recorded counts for
    /// this session alone.
    pub(in crate::runner) fn record_quota(&mut self, attempt: &mut Attempt) -> Result<()> {
        let report = attempt.transcript.take_quota();
        if report.is_empty() {
            return Ok(());
        }
        self.record_report(report, &seen(attempt))
    }

    fn record_report(&mut self, report: QuotaReport, seen: &Moment) -> Result<()> {
        let Some(account) = self.account() else {
            return Ok(());
        };
        let today = user_zone(&self.env.vars).to_datetime(seen.at).date();
        let report = Report {
            account: &account,
            source: QuotaSource::Agent,
            report,
            seen,
            warn_on: Some(today),
        };
        match quota::record(&self.env.dirs, report.clone()) {
            Ok(warnings) => {
                for warning in warnings {
                    self.session.append(
                        Event::QuotaWarned {
                            window: warning.window,
                            used: warning.used,
                            percent: warning.percent,
                            resets_at: warning.resets_at,
                        },
                        crate::clock::now(),
                    )?;
                }
            }
            Err(error) => {
                tracing::warn!(%error, "quota.json: the report is not recorded");
                let mut desk = lock(&self.desk);
                desk.file.keep_unrecorded(&self.env.dirs, report);
            }
        }
        Ok(())
    }

    /// Remembers what the attempt that has ended added to the windows of its account.
    pub(in crate::runner) fn note_quota_added(&mut self) {
        let Some(start) = self.quota_at_start.take() else {
            return;
        };
        let noted = quota::note_added(
            &self.env.dirs,
            &start.account,
            &start.windows,
            &start.began,
            &moment(),
        );
        if let Err(error) = noted {
            tracing::warn!(%error, "quota.json: what the attempt added is not recorded");
        }
    }
}

/// Returns when the last output of an agent was seen. That of an adopted one may have been there for long.
fn seen(attempt: &Attempt) -> Moment {
    let now = moment();
    let changed = std::fs::metadata(attempt.paths.iteration.stdout()).and_then(|it| it.modified());
    // A clock that was set back since has no answer.
    let age = changed.ok().and_then(|at| at.elapsed().ok());
    let Some(age) = age.and_then(|age| SignedDuration::try_from(age).ok()) else {
        return now;
    };
    Moment {
        at: now.at.checked_sub(age).unwrap_or(now.at),
        uptime_s: (now.uptime_s - age.as_secs_f64()).max(0.0),
        boot: now.boot,
    }
}
