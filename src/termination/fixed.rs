//! Stop after a fixed number of iterations, whatever the agents vote.
use super::strategy::{Answer, Evidence, GateNumbers, Strategy, Unreachable};
use crate::model::NodeEnding;
use crate::text::count;
use serde::{Deserialize, Serialize};

/// Runs `iterations` iterations; without a number, as many as the node may.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fixed {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub iterations: Option<u32>,
}

impl Strategy for Fixed {
    fn name(&self) -> &'static str {
        "fixed"
    }

    fn answer(&self, seen: &Evidence<'_>, _: &mut GateNumbers) -> Answer {
        let most = self.iterations.unwrap_or(seen.max_iterations);
        (most <= seen.iterations)
            .then_some(NodeEnding::AllIterations {
                iterations: seen.iterations,
            })
            .into()
    }

    fn describe(&self) -> String {
        "all iterations have run".to_owned()
    }

    fn ends(&self, max_iterations: u32) -> String {
        let most = self
            .iterations
            .map_or(max_iterations, |fixed| fixed.min(max_iterations));
        format!("after {}", count(most, "iteration"))
    }

    fn goal(&self) -> &'static str {
        "the loop was done"
    }

    fn unreachable(&self, max_iterations: u32) -> Option<Unreachable> {
        let fixed = self.iterations.filter(|fixed| max_iterations < *fixed)?;
        let most = count(max_iterations, "iteration");
        Some(Unreachable {
            reason: format!("at most {most}: `fixed` with {fixed} is never reached"),
            hint: "raise the maximum, or lower its `iterations`",
        })
    }
}
