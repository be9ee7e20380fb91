//! What a session has spent, attempt by attempt, and what is doubtful about it.
use crate::model::{AccountKind, CostDoubt, Cursor, FinishedAttempt, Limit, Usage};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::collections::VecDeque;

/// The attempts whose costs tell what the next one will cost.
const RECENT: usize = 5;

/// What is known of a session's costs besides their sum.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Spending {
    /// US dollars of the last five attempts that cost something, oldest first.
    pub recent_usd: VecDeque<f64>,
    /// The last attempt that cost something, and what it used.
    pub last: Option<(Cursor, Usage)>,
    /// The budget for which the current attempt is ended.
    pub reached: Option<Limit>,
    /// The budget over all sessions that is spent, in words, and until when.
    pub hold: Option<(String, Timestamp)>,
    /// Who pays, as you accepted it by starting the session or by continuing it.
    pub accepted: Option<AccountKind>,
    /// An account that would bill you, though the session began on one that does not.
    pub billing: Option<AccountKind>,
    /// Who paid for the last attempt, as far as it is known.
    pub account: Option<AccountKind>,
    /// What is doubtful about the last doubtful cost.
    pub doubt: Option<CostDoubt>,
    /// A doubt about the attempt that has just ended, which is not recorded yet.
    pub unrecorded: Option<CostDoubt>,
}

impl Spending {
    /// Adds an attempt that is over.
    pub(super) fn add(&mut self, attempt: &FinishedAttempt) {
        let usd = attempt.usage.cost_usd;
        if 0.0 < usd && usd.is_finite() {
            if self.recent_usd.len() == RECENT {
                self.recent_usd.pop_front();
            }
            self.recent_usd.push_back(usd);
        }
        if attempt.usage != Usage::default() {
            self.last = Some((attempt.cursor, attempt.usage));
        }
        if let Some(cost) = &attempt.cost {
            self.account = cost.account.or(self.account);
            self.began_on(cost.account);
            self.unrecorded = CostDoubt::new(attempt.cursor, cost, &attempt.usage);
        }
    }

    /// Records who pays, if that is the first that is known of it.
    pub(super) fn began_on(&mut self, found: Option<AccountKind>) {
        self.accepted = match (self.accepted, found) {
            (None | Some(AccountKind::Login), Some(AccountKind::Subscription)) => found,
            (accepted, found) => accepted.or(found),
        };
    }

    /// Whether this account bills what began without a bill. A branch begins with what its session has accepted.
    pub fn is_new_bill(&self, account: AccountKind, of_session: Option<AccountKind>) -> bool {
        let began_free = matches!(
            self.accepted.or(of_session),
            Some(AccountKind::Subscription | AccountKind::Login)
        );
        let is_accepted = of_session == Some(account);
        account == AccountKind::ApiKey && began_free && !is_accepted && self.billing.is_none()
    }

    /// Accepts the account that would bill, if there is one.
    pub(super) fn accept_billing(&mut self) {
        self.accepted = self.billing.take().or(self.accepted);
    }

    /// Returns what an attempt usually costs: the median of the last five. None before the first.
    pub fn usual_usd(&self) -> Option<f64> {
        let mut sorted: Vec<f64> = self.recent_usd.iter().copied().collect();
        sorted.sort_by(f64::total_cmp);
        let middle = sorted.len() / 2;
        match sorted.len() {
            0 => None,
            even if even % 2 == 0 => Some(f64::midpoint(sorted[middle - 1], sorted[middle])),
            _ => Some(sorted[middle]),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{AttemptCost, Outcome};

    fn attempt(usd: f64) -> FinishedAttempt {
        FinishedAttempt {
            usage: Usage {
                cost_usd: usd,
                ..Usage::default()
            },
            ..FinishedAttempt::new(Cursor::default(), Outcome::Cancelled)
        }
    }

    #[test]
    fn the_usual_cost_is_the_median_of_the_last_five_attempts() {
        let mut spending = Spending::default();
        let mut usual = |usd| {
            spending.add(&attempt(usd));
            spending.usual_usd()
        };
        assert_eq!(
            usual(0.0),
            None,
            "an attempt that cost nothing tells nothing"
        );
        assert_eq!(usual(9.0), Some(9.0));
        assert_eq!(usual(1.0), Some(5.0));
        assert_eq!([usual(2.0), usual(3.0)], [Some(2.0), Some(2.5)]);
        assert_eq!([usual(4.0), usual(5.0)], [Some(3.0), Some(3.0)]);
        assert_eq!(usual(f64::NAN), Some(3.0));
    }

    #[test]
    fn a_session_that_began_on_a_subscription_asks_before_a_key_is_billed() {
        let with = |account| FinishedAttempt {
            cost: Some(Box::new(AttemptCost {
                account: Some(account),
                ..AttemptCost::default()
            })),
            ..attempt(1.0)
        };
        let mut spending = Spending::default();
        assert!(
            !spending.is_new_bill(AccountKind::ApiKey, None),
            "it begins with it"
        );
        spending.add(&with(AccountKind::Login));
        spending.add(&with(AccountKind::Subscription));
        assert_eq!(spending.accepted, Some(AccountKind::Subscription));
        assert!(spending.is_new_bill(AccountKind::ApiKey, None));
        assert!(!spending.is_new_bill(AccountKind::Login, None));
        spending.billing = Some(AccountKind::ApiKey);
        spending.add(&with(AccountKind::ApiKey));
        spending.accept_billing();
        assert_eq!(spending.accepted, Some(AccountKind::ApiKey));
        assert!(
            !spending.is_new_bill(AccountKind::ApiKey, None),
            "it was accepted"
        );
    }

    #[test]
    fn a_branch_asks_for_its_session_and_not_once_that_has_accepted() {
        let mut branch = Spending::default();
        let asks = |branch: &Spending, session| branch.is_new_bill(AccountKind::ApiKey, session);
        assert!(!asks(&branch, None), "it begins with it");
        assert!(asks(&branch, Some(AccountKind::Subscription)));
        branch.began_on(Some(AccountKind::Login));
        assert!(asks(&branch, None));
        assert!(!asks(&branch, Some(AccountKind::ApiKey)));
        let mut other = Spending::default();
        other.began_on(Some(AccountKind::ApiKey));
        assert!(!asks(&other, Some(AccountKind::Subscription)));
    }

    #[test]
    fn a_doubtful_cost_is_to_be_recorded_and_a_good_one_is_not() {
        let mut spending = Spending::default();
        let with = |reckoned: f64| FinishedAttempt {
            cost: Some(Box::new(AttemptCost {
                reckoned: attempt(reckoned).usage,
                is_reported: true,
                ..AttemptCost::default()
            })),
            ..attempt(1.0)
        };
        spending.add(&with(2.0));
        assert!(spending.unrecorded.is_some());
        spending.add(&with(1.05));
        assert_eq!(spending.unrecorded, None);
    }
}
