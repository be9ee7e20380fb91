//! Reads one strategy of a termination.
use super::definition::{CommandDef, JudgeDef, Span, TerminationDef};
use super::diagnostics::{LintCode, Location};
use super::judge::judge_agent;
use super::settings::CustomProviders;
use super::unused_keys::report_unused_keys;
use crate::agent::AgentSpec;
use crate::plan::suggest;
use crate::termination::{
    Command, Completeness, Fixed, Gate, Judge, Judgment, Promise, Queue, Termination,
    TerminationKind, Threshold, Verify,
};

/// Agents that must agree in a row, by default: one can be wrong.
const CONSENSUS: u32 = 2;
/// Seconds a command may take, by default.
const TIMEOUT_S: u64 = 600;
/// Per cent of confidence a judge must have, by default.
const CONFIDENCE: u32 = 70;
/// The default criteria of a judge.
const CRITERIA: &str =
    "The goal of the stage is reached, or further iterations would change nothing of substance.";
const PROMISE: &str = "COMPLETE";

/// Values of the loop's termination, used where the node's sets none.
#[derive(Default)]
pub(super) struct Inherited<'a> {
    pub(super) under: Option<&'a Termination>,
    pub(super) min_iterations: Option<u32>,
}

pub(super) struct StrategyReader<'a> {
    pub(super) providers: &'a CustomProviders,
    pub(super) judge: Option<AgentSpec>,
    pub(super) empty_is_done: bool,
}

impl StrategyReader<'_> {
    /// Returns the type of a strategy, which may be written with an older name.
    pub(super) fn kind(
        &mut self,
        location: &Location<'_>,
        key: &str,
        word: &str,
    ) -> Option<TerminationKind> {
        let current = match word {
            "fixed-n" => "fixed",
            "plateau" => "judgment",
            "beads-empty" => "queue",
            word => word,
        };
        let mut kinds = TerminationKind::ALL.iter().copied();
        let known = kinds.find(|kind| kind.name() == current);
        if known.is_none() {
            let problem = location.at(
                key,
                LintCode::UnknownTermination,
                format!("unknown termination `{word}`"),
            );
            location.report(problem.hint(suggest::hint(word, kind_names())));
        }
        known
    }

    /// Reports a termination without a type.
    pub(super) fn report_no_type(&mut self, location: &Location<'_>, key: &str, what: String) {
        let problem = location.at_key(key, LintCode::NoTermination, what);
        location.report(problem.hint(suggest::hint("", kind_names())));
    }

    /// Reads one strategy. A new one has an arm here, which reads its keys.
    pub(super) fn strategy(
        &mut self,
        location: &Location<'_>,
        def: &TerminationDef,
        kind: TerminationKind,
        inherited: &Inherited<'_>,
    ) -> Option<Termination> {
        report_unused_keys(location, def, kind);
        let min_iterations = def.min_iterations.or(inherited.min_iterations);
        Some(match kind {
            TerminationKind::Fixed => Termination::Fixed(Fixed::default()),
            TerminationKind::Judgment => self.judgment(location, def, inherited),
            TerminationKind::Queue => self.queue(location, def),
            TerminationKind::Promise => Termination::Promise(Promise {
                text: def.text.clone().unwrap_or_else(|| PROMISE.to_owned()),
            }),
            TerminationKind::Verify => {
                let mut gate = gate(location, def, inherited.under)?;
                gate.threshold = Some(threshold(location, def, gate.threshold));
                gate.complete = completeness(def, gate.complete.take());
                Termination::Verify(Verify(gate))
            }
            TerminationKind::Command => {
                Termination::Command(Command(gate(location, def, inherited.under)?))
            }
            TerminationKind::Judge => self.judge(location, def, min_iterations.unwrap_or(1)),
        })
    }

    /// Reads a `judgment`, with its judge if it has one.
    fn judgment(
        &mut self,
        location: &Location<'_>,
        def: &TerminationDef,
        inherited: &Inherited<'_>,
    ) -> Termination {
        let (consensus, least) = match inherited.under {
            Some(Termination::Judgment(Judgment {
                consensus,
                min_iterations,
            })) => (*consensus, *min_iterations),
            _ => (CONSENSUS, 1),
        };
        let min_iterations = def.min_iterations.or(inherited.min_iterations);
        let min_iterations = min_iterations.unwrap_or(least);
        let agreed = Termination::Judgment(Judgment {
            consensus: def.consensus.unwrap_or(consensus),
            min_iterations,
        });
        match &def.judge {
            Some(_) => Termination::All {
                of: vec![agreed, self.judge(location, def, min_iterations)],
            },
            None => agreed,
        }
    }

    fn queue(&mut self, location: &Location<'_>, def: &TerminationDef) -> Termination {
        match def.empty.as_deref() {
            None => {}
            Some("fail") => self.empty_is_done = false,
            Some("done") => self.empty_is_done = true,
            Some(word) => {
                let problem = location.at(
                    "empty",
                    LintCode::BadValue,
                    format!("`empty` must be `fail` or `done`, not `{word}`"),
                );
                location.report(
                    problem.hint("it decides what a queue without any task, open or closed, means"),
                );
            }
        }
        Termination::Queue(Queue {})
    }

    fn judge(
        &mut self,
        location: &Location<'_>,
        def: &TerminationDef,
        min_iterations: u32,
    ) -> Termination {
        if let Some(confidence) = def
            .confidence
            .filter(|confidence| !(0.0..=1.0).contains(confidence))
        {
            location.report(location.at(
                "confidence",
                LintCode::BadValue,
                format!("`confidence` must be between 0 and 1, not {confidence}"),
            ));
        }
        let empty = JudgeDef::default();
        self.judge = Some(judge_agent(
            location.to("judge"),
            def.judge.as_ref().unwrap_or(&empty),
            self.providers,
        ));
        let confidence = def
            .confidence
            .map_or(CONFIDENCE, |confidence| (confidence * 100.0).round() as u32);
        let criteria = def
            .criteria
            .clone()
            .filter(|text| !text.trim().is_empty())
            .unwrap_or_else(|| CRITERIA.to_owned());
        Termination::Judge(Judge {
            criteria,
            min_iterations,
            confidence,
        })
    }
}

/// Reads the command of a strategy that asks one.
fn gate(
    location: &Location<'_>,
    def: &TerminationDef,
    under: Option<&Termination>,
) -> Option<Gate> {
    let old = match under {
        Some(Termination::Verify(Verify(gate)) | Termination::Command(Command(gate))) => {
            Some(gate.clone())
        }
        _ => None,
    };
    let command = def
        .command
        .as_ref()
        .map(CommandDef::words)
        .or(old.as_ref().map(|gate| gate.command.clone()));
    let Some(command) = command.filter(|words| words.first().is_some_and(|word| !word.is_empty()))
    else {
        let problem = location.at(
            "command",
            LintCode::NoCommand,
            "the termination has no `command`",
        );
        location.report(problem.hint(
            "add `command: [program, argument, …]`: exit code 0 means that the work is done",
        ));
        return None;
    };
    let threshold = old.as_ref().and_then(|gate| gate.threshold);
    let complete = old.as_ref().and_then(|gate| gate.complete.clone());
    let timeout_s = def
        .timeout
        .map(Span::seconds)
        .or(old.map(|gate| gate.timeout_s))
        .unwrap_or(TIMEOUT_S)
        .max(1);
    Some(Gate {
        command,
        timeout_s,
        threshold,
        complete,
        frozen: Vec::new(),
    })
}

/// Reads what must be done beside a `verify` that passes: its own keys, or those of the loop.
fn completeness(def: &TerminationDef, inherited: Option<Completeness>) -> Option<Completeness> {
    let inherited = inherited.unwrap_or_default();
    let complete = Completeness {
        prd: def.prd.clone().unwrap_or(inherited.prd),
        tasks: def.tasks_closed.unwrap_or(inherited.tasks),
    };
    (complete != Completeness::default()).then_some(complete)
}

/// Reads the threshold of a `verify`: its own, the loop's, or the default.
fn threshold(
    location: &Location<'_>,
    def: &TerminationDef,
    inherited: Option<Threshold>,
) -> Threshold {
    let default = inherited.unwrap_or(Threshold::DEFAULT);
    let Some(score) = def.threshold else {
        return default;
    };
    Threshold::new(score).unwrap_or_else(|| {
        let message = format!("`threshold` must be between 0 and 1, not {score}");
        location.report(location.at("threshold", LintCode::BadValue, message));
        default
    })
}

/// Returns the names of all strategies.
pub(super) fn kind_names() -> impl Iterator<Item = &'static str> + Clone {
    TerminationKind::NAMES.iter().copied()
}
