//! All termination strategies, and how several are combined. A new one is its file and its line in `terminations!`.
use super::command::Command;
use super::fixed::Fixed;
use super::gate::{Gate, GateRef, Judge};
use super::judgment::Judgment;
use super::promise::Promise;
use super::queue::Queue;
use super::strategy::{Answer, Evidence, GateNumbers, Strategy, Unreachable};
use super::verify::Verify;
use crate::model::NodeEnding;
use serde::{Deserialize, Serialize};

/// Makes [`Termination`] and [`TerminationKind`] from the list of strategies.
macro_rules! terminations {
    ($($name:literal: $strategy:ident,)+) => {
        /// When a node ends. The maximum of iterations of the node applies beside it.
        #[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
        #[serde(rename_all = "snake_case", tag = "type")]
        pub enum Termination {
            $(#[serde(rename = $name)] $strategy($strategy),)+
            /// Ends when one of these does.
            Any { of: Vec<Self> },
            /// Ends when all of these do.
            All { of: Vec<Self> },
        }

        /// A strategy's type, as `termination.type` names it.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum TerminationKind {
            $($strategy,)+
        }

        impl TerminationKind {
            pub const ALL: &[Self] = &[$(Self::$strategy,)+];
            pub const NAMES: &[&str] = &[$($name,)+];

            /// Returns the name in YAML, plans and journals.
            pub const fn name(self) -> &'static str {
                match self {
                    $(Self::$strategy => $name,)+
                }
            }
        }

        impl Termination {
            /// Returns the strategy's type; `None` of a combination.
            pub fn kind(&self) -> Option<TerminationKind> {
                match self {
                    $(Self::$strategy(_) => Some(TerminationKind::$strategy),)+
                    Self::Any { .. } | Self::All { .. } => None,
                }
            }

            fn form(&self) -> Form<'_> {
                match self {
                    $(Self::$strategy(strategy) => Form::Strategy(strategy),)+
                    Self::Any { of } => Form::Any(of),
                    Self::All { of } => Form::All(of),
                }
            }

            fn form_mut(&mut self) -> FormMut<'_> {
                match self {
                    $(Self::$strategy(strategy) => FormMut::Strategy(strategy),)+
                    Self::Any { of } | Self::All { of } => FormMut::Combined(of),
                }
            }
        }
    };
}

terminations! {
    "fixed": Fixed,
    "judgment": Judgment,
    "queue": Queue,
    "verify": Verify,
    "command": Command,
    "promise": Promise,
    "judge": Judge,
}

/// A termination is one strategy or combines several.
enum Form<'a> {
    Strategy(&'a dyn Strategy),
    Any(&'a [Termination]),
    All(&'a [Termination]),
}

enum FormMut<'a> {
    Strategy(&'a mut dyn Strategy),
    Combined(&'a mut [Termination]),
}

impl Termination {
    /// Decides whether the node ends: by its strategy, else when its iterations are used up.
    pub fn answer(&self, seen: &Evidence<'_>) -> Answer {
        match self.decide(seen, &mut GateNumbers::default()) {
            Answer::Continues if seen.max_iterations <= seen.iterations => {
                Answer::Ends(NodeEnding::MaxIterations {
                    iterations: seen.iterations,
                })
            }
            answer => answer,
        }
    }

    fn decide(&self, seen: &Evidence<'_>, gates: &mut GateNumbers) -> Answer {
        // All parts decide, so that each gate keeps its number.
        let mut all = |parts: &[Self]| -> Vec<Answer> {
            parts.iter().map(|part| part.decide(seen, gates)).collect()
        };
        match self.form() {
            Form::Strategy(strategy) => strategy.answer(seen, gates),
            Form::Any(parts) => first_ending(all(parts)),
            Form::All(parts) => common_ending(all(parts)),
        }
    }

    /// Returns the name it has in YAML, plans and journals.
    pub fn name(&self) -> &'static str {
        match self.form() {
            Form::Strategy(strategy) => strategy.name(),
            Form::Any(_) => "any",
            Form::All(_) => "all",
        }
    }

    /// Returns the condition as a clause for the present: `the queue is empty`.
    pub fn describe(&self) -> String {
        match self.form() {
            Form::Strategy(strategy) => strategy.describe(),
            Form::Any(parts) => format!("any of {} is met", names(parts)),
            Form::All(parts) => format!("all of {} are met", names(parts)),
        }
    }

    /// Returns when a node of at most `max_iterations` ends, as the words after "ends": `when the queue is empty`, `after
    /// 3 iterations`.
    pub fn ends(&self, max_iterations: u32) -> String {
        match self.form() {
            Form::Strategy(strategy) => strategy.ends(max_iterations),
            Form::Any(_) | Form::All(_) => format!("when {}", self.describe()),
        }
    }

    /// Returns the condition as a clause for the past, after "before": `the queue was empty`.
    pub fn goal(&self) -> &'static str {
        match self.form() {
            Form::Strategy(strategy) => strategy.goal(),
            Form::Any(_) | Form::All(_) => "the condition of the loop was met",
        }
    }

    /// Returns how far the node is from its end; empty where the number of iterations shows it.
    pub fn progress(&self, seen: &Evidence<'_>) -> String {
        match self.form() {
            Form::Strategy(strategy) => strategy.progress(seen),
            Form::Any(_) | Form::All(_) => String::new(),
        }
    }

    /// Returns the termination as agents see it in `context.json`.
    pub fn context(&self, seen: &Evidence<'_>) -> serde_json::Value {
        match self.form() {
            Form::Strategy(strategy) => strategy.context(seen),
            Form::Any(_) | Form::All(_) => serde_json::json!({ "type": self.name() }),
        }
    }

    /// Whether a node that runs out of iterations has failed.
    pub fn must_reach_goal(&self) -> bool {
        match self.form() {
            Form::Strategy(strategy) => strategy.must_reach_goal(),
            Form::Any(parts) => parts.iter().all(Self::must_reach_goal),
            Form::All(parts) => parts.iter().any(Self::must_reach_goal),
        }
    }

    /// Whether the node simply runs a number of iterations.
    pub fn is_fixed(&self) -> bool {
        matches!(self, Self::Fixed(_))
    }

    /// Whether agents vote to stop, but not yet often enough.
    pub fn is_agreeing(&self, seen: &Evidence<'_>) -> bool {
        self.strategies()
            .iter()
            .any(|strategy| strategy.is_agreeing(seen))
    }

    /// Whether an agent's decision `stop` is a vote, here or in a part of a combination.
    pub fn counts_votes(&self) -> bool {
        self.strategies()
            .iter()
            .any(|strategy| strategy.counts_votes())
    }

    /// Whether the queue must be checked before [`Self::answer`] can decide.
    pub fn asks_queue(&self) -> bool {
        self.strategies()
            .iter()
            .any(|strategy| strategy.asks_queue())
    }

    /// Returns the strategies that can never end a node of this many iterations.
    pub fn unreachable(&self, max_iterations: u32) -> Vec<Unreachable> {
        self.strategies()
            .iter()
            .filter_map(|strategy| strategy.unreachable(max_iterations))
            .collect()
    }

    /// Whether one of its commands is about a project that is built from a PRD.
    pub fn has_prd(&self) -> bool {
        self.gates().iter().any(|gate| match gate {
            GateRef::Command(gate) => gate.complete.as_ref().is_some_and(|it| !it.prd.is_empty()),
            GateRef::Judge(_) => false,
        })
    }

    /// Returns everything that is asked outside the loop, by gate number.
    pub fn gates(&self) -> Vec<GateRef<'_>> {
        self.strategies()
            .iter()
            .filter_map(|strategy| strategy.gate())
            .collect()
    }

    /// Returns the name of the strategy that asks a gate.
    pub fn gate_name(&self, number: u32) -> Option<&'static str> {
        self.strategies()
            .iter()
            .filter(|strategy| strategy.gate().is_some())
            .nth(number as usize)
            .map(|strategy| strategy.name())
    }

    /// Returns the commands among the gates with their gate numbers, to freeze or replace them.
    pub fn commands_mut(&mut self) -> Vec<(u32, &mut Gate)> {
        let mut numbers = GateNumbers::default();
        let mut found = Vec::new();
        self.collect_commands(&mut numbers, &mut found);
        found
    }

    fn collect_commands<'a>(
        &'a mut self,
        numbers: &mut GateNumbers,
        found: &mut Vec<(u32, &'a mut Gate)>,
    ) {
        match self.form_mut() {
            FormMut::Strategy(strategy) if strategy.gate().is_some() => {
                let number = numbers.draw();
                found.extend(strategy.command_mut().map(|gate| (number, gate)));
            }
            FormMut::Strategy(_) => {}
            FormMut::Combined(parts) => parts
                .iter_mut()
                .for_each(|part| part.collect_commands(numbers, found)),
        }
    }

    /// Returns the strategies it consists of, in the order in which they are written.
    fn strategies(&self) -> Vec<&dyn Strategy> {
        match self.form() {
            Form::Strategy(strategy) => vec![strategy],
            Form::Any(parts) | Form::All(parts) => {
                parts.iter().flat_map(Self::strategies).collect()
            }
        }
    }
}

fn names(parts: &[Termination]) -> String {
    let names: Vec<&str> = parts.iter().map(Termination::name).collect();
    names.join(", ")
}

/// Combines `any`: an ending decides, and a gate is asked only without one.
fn first_ending(parts: Vec<Answer>) -> Answer {
    let mut combined = Answer::Continues;
    for part in parts {
        match part {
            Answer::Ends(_) => return part,
            Answer::NeedsGate(_) if combined == Answer::Continues => combined = part,
            Answer::NeedsGate(_) | Answer::Continues => {}
        }
    }
    combined
}

/// Combines `all`: a part that continues decides, and a gate is asked only without one.
fn common_ending(parts: Vec<Answer>) -> Answer {
    let (mut endings, mut gate) = (Vec::new(), None);
    for part in parts {
        match part {
            Answer::Continues => return Answer::Continues,
            Answer::NeedsGate(_) => gate = gate.or(Some(part)),
            Answer::Ends(ending) => endings.push(ending),
        }
    }
    gate.unwrap_or(Answer::Ends(NodeEnding::All { endings }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_strategy_has_the_name_of_its_line() {
        let gate = || Gate {
            command: vec!["true".to_owned()],
            timeout_s: 1,
            threshold: None,
            complete: None,
            frozen: Vec::new(),
        };
        let judgment = Judgment {
            consensus: 2,
            min_iterations: 1,
        };
        let judge = Judge {
            criteria: String::new(),
            min_iterations: 1,
            confidence: 70,
        };
        let promise = Promise {
            text: "COMPLETE".to_owned(),
        };
        let all = [
            Termination::Fixed(Fixed::default()),
            Termination::Judgment(judgment),
            Termination::Queue(Queue {}),
            Termination::Verify(Verify(gate())),
            Termination::Command(Command(gate())),
            Termination::Promise(promise),
            Termination::Judge(judge),
        ];
        let kinds: Vec<_> = all.iter().filter_map(Termination::kind).collect();
        assert_eq!(kinds, TerminationKind::ALL);
        for termination in &all {
            let kind = termination.kind().unwrap();
            assert_eq!(termination.name(), kind.name());
            assert_eq!(
                serde_json::to_value(termination).unwrap()["type"],
                kind.name()
            );
        }
    }
}
