//! Stop when several agents in a row, each with a fresh context, vote that nothing is left to do.
use super::strategy::{Answer, Evidence, GateNumbers, Strategy, Unreachable};
use crate::model::NodeEnding;
use crate::text::count;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

/// Ends when `consensus` agents in a row vote to stop, but not before `min_iterations`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Judgment {
    pub consensus: u32,
    pub min_iterations: u32,
}

impl Judgment {
    fn ending(&self, seen: &Evidence<'_>) -> Option<NodeEnding> {
        (self.min_iterations <= seen.iterations && self.consensus <= seen.stops)
            .then_some(NodeEnding::Consensus { votes: seen.stops })
    }
}

impl Strategy for Judgment {
    fn name(&self) -> &'static str {
        "judgment"
    }

    fn answer(&self, seen: &Evidence<'_>, _: &mut GateNumbers) -> Answer {
        self.ending(seen).into()
    }

    fn describe(&self) -> String {
        match self.consensus {
            1 => "an agent votes to stop".to_owned(),
            agents => format!("{} in a row vote to stop", count(agents, "agent")),
        }
    }

    fn goal(&self) -> &'static str {
        "the agents agreed to stop"
    }

    fn progress(&self, seen: &Evidence<'_>) -> String {
        match self.consensus {
            1 => String::new(),
            _ => format!("{} so far", seen.stops),
        }
    }

    fn context(&self, seen: &Evidence<'_>) -> Value {
        json!({
            "type": self.name(),
            "consecutive_stops": seen.stops,
            "consensus_required": self.consensus,
            "min_iterations": self.min_iterations,
        })
    }

    fn counts_votes(&self) -> bool {
        true
    }

    fn is_agreeing(&self, seen: &Evidence<'_>) -> bool {
        0 < seen.stops && self.ending(seen).is_none()
    }

    fn unreachable(&self, max_iterations: u32) -> Option<Unreachable> {
        let Self {
            consensus,
            min_iterations,
        } = *self;
        (max_iterations < consensus.max(min_iterations)).then(|| Unreachable {
            reason: format!(
                "at most {}: too few for {consensus} agents to agree after {min_iterations}",
                count(max_iterations, "iteration")
            ),
            hint: "raise the maximum, or lower `consensus` or `min_iterations`",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::GateVerdict;
    use proptest::prelude::*;
    use std::collections::BTreeMap;

    static NO_GATES: BTreeMap<u32, GateVerdict> = BTreeMap::new();

    fn evidence(votes: &[bool]) -> Evidence<'static> {
        let stops = votes.iter().rev().take_while(|stop| **stop).count();
        Evidence {
            iterations: votes.len() as u32,
            max_iterations: 1000,
            stops: stops as u32,
            queue: None,
            promises: &[],
            gates: &NO_GATES,
        }
    }

    proptest! {
        #[test]
        fn judgment_ends_exactly_when_the_last_votes_are_all_stop(votes in prop::collection::vec(any::<bool>(), 0..30), consensus in 1u32..5, min_iterations in 0u32..8) {
            let n = votes.len();
            let agreed = n >= min_iterations as usize && n >= consensus as usize && votes[n - consensus as usize..].iter().all(|stop| *stop);
            let judgment = Judgment { consensus, min_iterations };
            prop_assert_eq!(judgment.ending(&evidence(&votes)).is_some(), agreed);
        }
    }
}
