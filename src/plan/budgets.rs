//! What all sessions of the user may spend in a day and in a week.
use serde::{Deserialize, Serialize};

/// Budgets over all sessions; `None` is no limit.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, default)]
pub struct Budgets {
    /// From midnight to midnight in your time zone.
    pub day: PeriodBudget,
    /// From Monday to Sunday in your time zone.
    pub week: PeriodBudget,
}

/// What may be spent in a day or a week.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, default)]
pub struct PeriodBudget {
    /// US dollars.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub usd: Option<f64>,
    /// Input, output and cache writes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tokens: Option<u64>,
}

impl Budgets {
    /// Whether nothing is limited.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// Returns the smaller of each limit: a definition may allow less than the user, never more.
    #[must_use]
    pub fn narrowed(self, other: Self) -> Self {
        Self {
            day: self.day.narrowed(other.day),
            week: self.week.narrowed(other.week),
        }
    }

    /// Whether every amount can be spent: a number, 0 or more.
    pub fn is_valid(&self) -> bool {
        let is_amount = |usd: f64| usd.is_finite() && 0.0 <= usd;
        [self.day, self.week]
            .iter()
            .all(|it| it.usd.is_none_or(is_amount))
    }
}

impl PeriodBudget {
    fn narrowed(self, other: Self) -> Self {
        let tokens = self.tokens.into_iter().chain(other.tokens).min();
        let usd = self.usd.into_iter().chain(other.usd).reduce(f64::min);
        Self { usd, tokens }
    }

    /// Returns how much was spent of the budget, if it is reached: `$20.10 of $20.00`.
    pub fn reached(&self, usd: f64, tokens: u64) -> Option<String> {
        let of_usd = self.usd.filter(|max| *max <= usd);
        let of_tokens = self.tokens.filter(|max| *max <= tokens);
        of_usd
            .map(|max| format!("${usd:.2} of ${max:.2}"))
            .or_else(|| of_tokens.map(|max| format!("{tokens} of {max} tokens")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn budget(usd: Option<f64>, tokens: Option<u64>) -> PeriodBudget {
        PeriodBudget { usd, tokens }
    }

    #[test]
    fn a_definition_may_say_less_and_never_more() {
        let of = |day| Budgets {
            day,
            ..Budgets::default()
        };
        let user = of(budget(Some(20.0), None));
        let less = of(budget(Some(5.0), Some(1000)));
        let more = of(budget(Some(50.0), None));
        assert_eq!(user.narrowed(less), less);
        assert_eq!(user.narrowed(more), user);
        assert_eq!(user.narrowed(Budgets::default()), user);
        assert!(Budgets::default().is_empty() && !user.is_empty());
        assert!(user.is_valid() && !of(budget(Some(f64::NAN), None)).is_valid());
        assert!(!of(budget(Some(-1.0), None)).is_valid());
    }

    #[test]
    fn a_budget_is_reached_by_money_or_by_tokens() {
        let both = budget(Some(2.0), Some(100));
        assert_eq!(both.reached(1.99, 99), None);
        assert_eq!(both.reached(2.0, 0).unwrap(), "$2.00 of $2.00");
        assert_eq!(both.reached(0.0, 120).unwrap(), "120 of 100 tokens");
        assert_eq!(
            budget(Some(0.0), None).reached(0.0, 0).unwrap(),
            "$0.00 of $0.00"
        );
        assert_eq!(budget(None, None).reached(1e9, 1 << 40), None);
    }
}
