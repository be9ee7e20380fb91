//! What all sessions of the user have spent in this day and week, compared with their budgets.
use crate::agent::Allowance;
use crate::model::Usage;
use crate::plan::{Budgets, PeriodBudget};
use crate::store::layout::{StateFile, UserDirs};
use crate::store::ledger::sums_since;
use fs_err as fs;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp, ToSpan as _};
use std::io;

/// How long nothing starts where it is not known what was spent, before that is looked at again.
const LOOK_AGAIN: SignedDuration = SignedDuration::from_mins(1);

/// The budgets over all sessions, and what is spent of them. Read again when the budgets or the ledger change.
#[derive(Debug, Default)]
pub(super) struct SharedBudget {
    budgets: Budgets,
    /// The length of the ledger when it was last read.
    ledger: Option<u64>,
    periods: Vec<Period>,
    /// Why it is not known what is spent, and until when nothing starts for that.
    unknown: Option<Hold>,
}

/// The current day, or the current week.
#[derive(Clone, Debug)]
struct Period {
    name: &'static str,
    begin: Timestamp,
    end: Timestamp,
    budget: PeriodBudget,
    spent: Usage,
}

/// A budget that is spent, in words, and until when.
pub(super) type Hold = (String, Timestamp);

impl SharedBudget {
    /// Reads what was spent of these budgets, if anything changed.
    pub(super) fn look(
        &mut self,
        dirs: &UserDirs,
        budgets: Budgets,
        now: Timestamp,
        zone: &TimeZone,
    ) {
        if self.budgets != budgets {
            self.budgets = budgets;
            self.periods.clear();
        }
        if self.budgets.is_empty() {
            self.periods.clear();
            self.unknown = None;
            return;
        }
        let length = fs::metadata(dirs.state_file(StateFile::Spent)).map_or(0, |it| it.len());
        let is_over = |period: &Period| now < period.begin || period.end <= now;
        if self.ledger == Some(length)
            && !self.periods.iter().any(is_over)
            && !self.periods.is_empty()
        {
            return;
        }
        let mut periods = periods(&self.budgets, now, zone);
        let begins: Vec<Timestamp> = periods.iter().map(|period| period.begin).collect();
        match sums_since(dirs, &begins) {
            Ok(sums) => {
                for (period, spent) in periods.iter_mut().zip(sums) {
                    period.spent = spent;
                }
                (self.periods, self.ledger, self.unknown) = (periods, Some(length), None);
            }
            Err(error) => {
                tracing::warn!(%error, "the ledger cannot be read");
                self.note_unread(periods, &error, now);
            }
        }
    }

    /// Records that the ledger cannot be read: what was known still counts, and where nothing was, nothing starts.
    fn note_unread(&mut self, periods: Vec<Period>, error: &io::Error, now: Timestamp) {
        self.ledger = None;
        let begins = |all: &[Period]| all.iter().map(|it| it.begin).collect::<Vec<_>>();
        if begins(&periods) == begins(&self.periods) {
            return;
        }
        self.periods = periods;
        let reason = format!("what all sessions have spent is not known: spent.jsonl: {error}");
        let until = now.saturating_add(LOOK_AGAIN).unwrap_or(now);
        self.unknown = Some((reason, until));
    }

    /// Whether nothing is limited.
    pub(super) fn is_empty(&self) -> bool {
        self.budgets.is_empty()
    }

    /// Returns what the current attempt may use of each budget. There 0 is no limit, and here it is a budget of nothing.
    pub(super) fn allowances(&self) -> impl Iterator<Item = Allowance> + '_ {
        self.periods.iter().map(|period| Allowance {
            max_cost_usd: period
                .budget
                .usd
                .map_or(0.0, |usd| usd.max(f64::MIN_POSITIVE)),
            cost_usd: period.spent.cost_usd,
            max_tokens: period.budget.tokens.map_or(0, |tokens| tokens.max(1)),
            tokens: period.spent.billed_tokens(),
        })
    }

    /// Returns the budget that is spent for the longest, with what the current attempt has used.
    pub(super) fn hold(&self, usage: &Usage) -> Option<Hold> {
        let holds = self.periods.iter().filter_map(|period| {
            let (usd, tokens) = (
                period.spent.cost_usd + usage.cost_usd,
                period.spent.billed_tokens() + usage.billed_tokens(),
            );
            let spent = period.budget.reached(usd, tokens)?;
            let reason = format!("all sessions have spent {spent} of this {}", period.name);
            Some((reason, period.end))
        });
        holds
            .chain(self.unknown.clone())
            .max_by_key(|(_, end)| *end)
    }
}

/// Returns the current day and the current week.
fn periods(budgets: &Budgets, now: Timestamp, zone: &TimeZone) -> Vec<Period> {
    let today = now.to_zoned(zone.clone()).date();
    let begin = |date: Date| Some(date.to_zoned(zone.clone()).ok()?.timestamp());
    let period = |name, first: Option<Date>, days: i64, budget| {
        let first = first?;
        Some(Period {
            name,
            begin: begin(first)?,
            end: begin(first.checked_add(days.days()).ok()?)?,
            budget,
            spent: Usage::default(),
        })
    };
    let since_monday = i64::from(today.weekday().to_monday_zero_offset());
    let monday = today.checked_sub(since_monday.days()).ok();
    let day = period("day", Some(today), 1, budgets.day);
    let week = period("week", monday, 7, budgets.week);
    day.into_iter().chain(week).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_ledger_that_cannot_be_read_holds_unless_its_sums_are_known() {
        let folder = tempfile::tempdir().unwrap();
        let home = camino::Utf8Path::from_path(folder.path()).unwrap();
        let dirs = UserDirs::new(&crate::model::Env::default(), Some(home));
        let ledger = dirs.state_file(StateFile::Spent);
        let budgets = Budgets {
            day: PeriodBudget {
                usd: Some(5.0),
                tokens: None,
            },
            ..Budgets::default()
        };
        let now = crate::clock::now();
        let mut budget = SharedBudget::default();
        let mut hold = |budgets| {
            budget.look(&dirs, budgets, now, &TimeZone::UTC);
            budget.hold(&Usage::default())
        };
        fs::create_dir_all(&ledger).unwrap();
        let (reason, until) = hold(budgets).unwrap();
        assert!(reason.contains("is not known: spent.jsonl: "), "{reason}");
        assert_eq!(until, now + LOOK_AGAIN);
        fs::remove_dir(&ledger).unwrap();
        assert_eq!(hold(budgets), None);
        fs::create_dir(&ledger).unwrap();
        assert_eq!(hold(budgets), None, "nothing was spent, as far as is known");
        assert_eq!(hold(Budgets::default()), None);
    }

    #[test]
    fn a_day_and_a_week_are_those_of_the_time_zone_and_may_have_another_length() {
        let zone = TimeZone::get("America/New_York").unwrap();
        // The night in which the clocks are set back.
        let now: Timestamp = "2026-11-01T12:00:00Z".parse().unwrap();
        let shown: Vec<String> = periods(&Budgets::default(), now, &zone)
            .iter()
            .map(|period| format!("{} {} {}", period.name, period.begin, period.end))
            .collect();
        assert_eq!(
            shown,
            [
                "day 2026-11-01T04:00:00Z 2026-11-02T05:00:00Z",
                "week 2026-10-26T04:00:00Z 2026-11-02T05:00:00Z",
            ]
        );
    }
}
