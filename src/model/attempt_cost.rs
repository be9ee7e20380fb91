//! What an attempt cost, and how that is known.
use super::cursor::Cursor;
use super::usage::Usage;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fmt;

/// A difference is worth a warning when it is above this share of the reported cost …
const GAP_SHARE: f64 = 0.2;
/// … and above these US dollars.
const GAP_USD: f64 = 0.1;

/// How the usage of an attempt is known, and who pays for it.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct AttemptCost {
    /// What was reckoned from its turns while it ran.
    pub reckoned: Usage,
    /// Whether its usage is what its program reported at its end; else it is what was reckoned.
    pub is_reported: bool,
    /// Its usage by model, where that is known.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub models: BTreeMap<String, Usage>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub account: Option<AccountKind>,
    /// `apiKeySource` of Claude Code; empty if it is not known.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub key_source: String,
    /// Figures of the program that were not believed, each with the field they came in.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub refused: Vec<String>,
}

impl AttemptCost {
    /// Returns the difference between the reckoned and the reported cost, if it is worth a warning.
    pub fn gap(&self, usage: &Usage) -> Option<CostGap> {
        let (reckoned_usd, reported_usd) = (self.reckoned.cost_usd, usage.cost_usd);
        let difference = (reckoned_usd - reported_usd).abs();
        // Without a reckoning there is nothing to compare: not every provider prints its turns.
        let is_wide = self.is_reported
            && 0.0 < reckoned_usd
            && GAP_USD < difference
            && GAP_SHARE * reported_usd < difference;
        is_wide.then_some(CostGap {
            reckoned_usd,
            reported_usd,
        })
    }
}

/// What is doubtful about the cost of an attempt.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
pub struct CostDoubt {
    pub cursor: Cursor,
    /// The reckoned and the reported cost, if they differ by more than 20 % and 10 cents.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub gap: Option<CostGap>,
    /// Figures of the program that were not believed: negative, not a number, or absurd.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub refused: Vec<String>,
}

impl CostDoubt {
    /// Returns the doubt about an attempt's cost, if there is one.
    pub fn new(cursor: Cursor, cost: &AttemptCost, usage: &Usage) -> Option<Self> {
        let (gap, refused) = (cost.gap(usage), cost.refused.clone());
        (gap.is_some() || !refused.is_empty()).then_some(Self {
            cursor,
            gap,
            refused,
        })
    }
}

impl fmt::Display for CostDoubt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "iteration {}: ", self.cursor.iteration)?;
        let gap = self.gap.map(|gap| gap.to_string());
        let refused = (!self.refused.is_empty())
            .then(|| format!("not believed: {}", self.refused.join(", ")));
        let parts: Vec<String> = gap.into_iter().chain(refused).collect();
        f.write_str(&parts.join("; "))
    }
}

/// A reckoned cost that differs from the reported one.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
pub struct CostGap {
    pub reckoned_usd: f64,
    pub reported_usd: f64,
}

impl fmt::Display for CostGap {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "reckoned ${:.2} from its turns, its program reported ${:.2}",
            self.reckoned_usd, self.reported_usd
        )
    }
}

/// The kind of account that pays for an agent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum AccountKind {
    /// A plan with quota windows.
    Subscription,
    /// Signed in; whether with a plan is not known yet.
    Login,
    ApiKey,
}

impl AccountKind {
    /// Returns its name.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Subscription => "subscription",
            Self::Login => "login",
            Self::ApiKey => "API key",
        }
    }

    /// Returns what a cost in dollars means with it.
    pub fn meaning(self) -> &'static str {
        match self {
            Self::Subscription => "subscription: an estimate",
            Self::Login => "login: an estimate",
            Self::ApiKey => "API key: a bill",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_wide_difference_between_reckoned_and_reported_cost_counts() {
        let gap = |reckoned: f64, reported: f64| {
            let usage = |cost_usd| Usage {
                cost_usd,
                ..Usage::default()
            };
            let cost = AttemptCost {
                reckoned: usage(reckoned),
                is_reported: true,
                ..AttemptCost::default()
            };
            cost.gap(&usage(reported)).is_some()
        };
        assert!(gap(1.0, 2.0) && gap(2.0, 1.0) && gap(0.5, 0.0));
        assert!(!gap(0.01, 0.10), "below ten cents");
        assert!(!gap(1.19, 1.0) && !gap(1.0, 1.24), "below a fifth");
        assert!(!gap(0.0, 5.0), "nothing was reckoned");
        let unreported = AttemptCost {
            reckoned: Usage {
                cost_usd: 1.0,
                ..Usage::default()
            },
            ..AttemptCost::default()
        };
        assert_eq!(unreported.gap(&Usage::default()), None);
    }
}
