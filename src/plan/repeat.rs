//! A plan that runs several times: its places, one for each node of each run.
use super::definition::PipelineDef;
use super::place::Place;
use super::problem::Problem;
use super::sources::Overrides;
use super::voice::{Said, Voice};
use super::{Plan, Step};

/// Runs a pipeline may have. What is known of every stage that is done is kept at hand.
pub(super) const MOST_RUNS: u32 = 1000;

impl Plan {
    /// Returns the step at a place. Places count on from run to run: the first step's second run follows the last step's first.
    pub fn step(&self, place: u32) -> Option<&Step> {
        let (run, index) = self.turn(place);
        if run < self.runs {
            self.nodes.get(index)
        } else {
            None
        }
    }

    /// Returns which run a place is in, and which of the steps it is; both from 0.
    pub fn turn(&self, place: u32) -> (u32, usize) {
        let nodes = self.nodes_in_a_run();
        (place / nodes, (place % nodes) as usize)
    }

    /// Returns the place of a node, by its index, in the run that another place is in.
    pub fn place_beside(&self, place: u32, index: usize) -> u32 {
        self.place_in(self.turn(place).0, index)
    }

    /// Returns the last place of a step, by its index, before another place; where there is none, the first.
    pub fn place_before(&self, place: u32, index: usize) -> u32 {
        match self.place_beside(place, index) {
            later if place <= later && self.nodes_in_a_run() <= later => {
                later - self.nodes_in_a_run()
            }
            earlier => earlier,
        }
    }

    /// Returns the place of a node, by its index, in a run; both from 0.
    pub fn place_in(&self, run: u32, index: usize) -> u32 {
        run * self.nodes_in_a_run() + u32::try_from(index).unwrap_or(u32::MAX)
    }

    /// Returns the last place there is.
    pub fn last_place(&self) -> u32 {
        (self.runs * self.nodes_in_a_run()).saturating_sub(1)
    }

    /// Says which run a place is in, for people; nothing if there is only one.
    pub fn run_in_words(&self, place: u32) -> Option<String> {
        (1 < self.runs).then(|| {
            format!(
                "run {} of {}",
                self.turn(place.min(self.last_place())).0 + 1,
                self.runs
            )
        })
    }

    fn nodes_in_a_run(&self) -> u32 {
        u32::try_from(self.nodes.len()).unwrap_or(u32::MAX).max(1)
    }
}

/// Returns how often a pipeline runs, and who says so.
pub(super) fn of_pipeline(
    place: &Place<'_>,
    def: &PipelineDef,
    overrides: &Overrides,
    problems: &mut Vec<Problem>,
) -> (u32, Option<Said>) {
    let runs = overrides.runs.or(def.runs).unwrap_or(1);
    if !(1..=MOST_RUNS).contains(&runs) {
        let message = format!("`runs` must be between 1 and {MOST_RUNS}");
        problems.push(match overrides.runs {
            Some(_) => Problem::nowhere("bad-value", message),
            None => place.at("runs", "bad-value", message),
        });
    }
    let from = if def.runs.is_some() {
        Voice::Pipeline
    } else {
        Voice::BuiltIn
    };
    let said = overrides.runs.is_none().then(|| Said {
        what: "runs".to_owned(),
        value: runs.to_string(),
        from,
    });
    (runs, said)
}

/// A loop is repeated by its iterations.
pub(super) fn of_loop(overrides: &Overrides, problems: &mut Vec<Problem>) -> (u32, Option<Said>) {
    if overrides.runs.is_some() {
        let problem = Problem::nowhere(
            "no-effect",
            "a loop takes no runs: its iterations repeat it",
        );
        problems.push(problem.hint("say how many with `--max`, or make a pipeline of the loop"));
    }
    (1, None)
}

pub(super) fn once() -> u32 {
    1
}
