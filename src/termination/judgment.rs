//! Stop when several agents in a row, each with a fresh mind, say there is nothing left to do.
use super::Evidence;
use crate::model::NodeEnding;

pub(super) fn ending(
    consensus: u32,
    min_iterations: u32,
    seen: &Evidence<'_>,
) -> Option<NodeEnding> {
    (min_iterations <= seen.iterations && consensus <= seen.stops)
        .then_some(NodeEnding::Consensus { votes: seen.stops })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    static NONE: std::collections::BTreeMap<u32, crate::model::GateVerdict> =
        std::collections::BTreeMap::new();

    fn seen(decisions: &[bool]) -> Evidence<'static> {
        let stops = decisions.iter().rev().take_while(|stop| **stop).count();
        Evidence {
            iterations: decisions.len() as u32,
            max_iterations: 1000,
            stops: stops as u32,
            queue: None,
            promises: &[],
            gates: &NONE,
        }
    }

    proptest! {
        #[test]
        fn it_stops_exactly_when_the_last_votes_all_say_stop(decisions in prop::collection::vec(any::<bool>(), 0..30), consensus in 1u32..5, min in 0u32..8) {
            let n = decisions.len();
            let agreed = n >= min as usize && n >= consensus as usize && decisions[n - consensus as usize..].iter().all(|stop| *stop);
            prop_assert_eq!(ending(consensus, min, &seen(&decisions)).is_some(), agreed);
        }
    }
}
