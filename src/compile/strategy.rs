//! Reads one strategy of a termination, or a combination of several.
use super::definition::{CommandDef, JudgeDef, KINDS, Span, TerminationDef};
use super::diagnostics::{LintCode, Location};
use super::judge::judge_agent;
use super::settings::CustomProviders;
use crate::agent::AgentSpec;
use crate::plan::suggest;
use crate::termination::{
    Command, Fixed, Gate, Judge, Judgment, Promise, Queue, Termination, Verify,
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
    /// Returns the current name of a strategy, which may be written with an older one.
    pub(super) fn canonical_name(
        &mut self,
        location: &Location<'_>,
        key: &str,
        word: &str,
    ) -> Option<&'static str> {
        let old = match word {
            "fixed-n" => "fixed",
            "plateau" => "judgment",
            "beads-empty" => "queue",
            word => word,
        };
        let known = KINDS.into_iter().find(|kind| *kind == old);
        if known.is_none() {
            let problem = location.at(
                key,
                LintCode::UnknownTermination,
                format!("unknown termination `{word}`"),
            );
            location.report(problem.hint(suggest::hint(word, KINDS)));
        }
        known
    }

    pub(super) fn combination(
        &mut self,
        location: &Location<'_>,
        def: &TerminationDef,
    ) -> Option<Termination> {
        let (key, parts) = match (&def.any, &def.all) {
            (Some(_), Some(_)) => {
                let problem = location.at_key(
                    "all",
                    LintCode::AnyAndAll,
                    "`any` and `all` cannot stand side by side",
                );
                location
                    .report(problem.hint("put one inside the other: `all: [{any: [...]}, ...]`"));
                return None;
            }
            (Some(parts), None) => ("any", parts),
            (None, parts) => ("all", parts.as_ref()?),
        };
        if let Some(word) = &def.kind {
            let problem = location.at(
                "type",
                LintCode::AnyAndAll,
                format!("`type: {word}` and `{key}` cannot stand side by side"),
            );
            location.report(problem.hint(format!("make `{{type: {word}}}` one of `{key}`")));
        }
        if parts.is_empty() {
            location.report(
                location
                    .at(
                        key,
                        LintCode::NoTermination,
                        format!("`{key}` names nothing"),
                    )
                    .hint(suggest::hint("", KINDS)),
            );
            return None;
        }
        let of = parts
            .iter()
            .enumerate()
            .map(|(at, part)| self.part(&location.to(key).item(at), part))
            .collect::<Option<Vec<_>>>()?;
        Some(if key == "any" {
            Termination::Any { of }
        } else {
            Termination::All { of }
        })
    }

    /// Reads one part of `any` or `all`.
    fn part(&mut self, location: &Location<'_>, def: &TerminationDef) -> Option<Termination> {
        if def.any.is_some() || def.all.is_some() {
            return self.combination(location, def);
        }
        let Some(word) = &def.kind else {
            location.report(
                location
                    .here(
                        LintCode::NoTermination,
                        "one of the terminations has no `type`",
                    )
                    .hint(suggest::hint("", KINDS)),
            );
            return None;
        };
        let word = self.canonical_name(location, "type", word)?;
        if word == "fixed" {
            return Some(Termination::Fixed(Fixed {
                iterations: self.part_iterations(location, def),
            }));
        }
        if def.max.is_some() || def.iterations.is_some() {
            let problem = location.here(
                LintCode::NoEffect,
                "`max` and `iterations` of one of several count only with `type: fixed`",
            );
            location.report(
                problem
                    .hint("move it out of the list, to the top of `termination`")
                    .warning(),
            );
        }
        self.strategy(location, def, word, &Inherited::default())
    }

    /// Returns the number of iterations of a `fixed` part, if it sets one.
    fn part_iterations(&mut self, location: &Location<'_>, def: &TerminationDef) -> Option<u32> {
        self.report_unused_keys(location, def, "fixed");
        let key = if def.iterations.is_some() {
            "iterations"
        } else {
            "max"
        };
        let said = def.iterations.or(def.max);
        if said == Some(0) {
            location.report(location.at(
                key,
                LintCode::BadValue,
                format!("`{key}` must be at least 1"),
            ));
        }
        said
    }

    pub(super) fn strategy(
        &mut self,
        location: &Location<'_>,
        def: &TerminationDef,
        word: &'static str,
        inherited: &Inherited<'_>,
    ) -> Option<Termination> {
        self.report_unused_keys(location, def, word);
        let (old_consensus, old_min) = match inherited.under {
            Some(Termination::Judgment(Judgment {
                consensus,
                min_iterations,
            })) => (*consensus, *min_iterations),
            _ => (CONSENSUS, 1),
        };
        let min_iterations = def.min_iterations.or(inherited.min_iterations);
        Some(match word {
            "fixed" => Termination::Fixed(Fixed::default()),
            "queue" => self.queue(location, def),
            "promise" => Termination::Promise(Promise {
                text: def.text.clone().unwrap_or_else(|| PROMISE.to_owned()),
            }),
            "verify" => Termination::Verify(Verify(self.gate(location, def, inherited.under)?)),
            "command" => {
                Termination::Command(Command(self.gate(location, def, inherited.under)?))
            }
            "judge" => self.judge(location, def, min_iterations.unwrap_or(1)),
            _ => {
                let consensus = def.consensus.unwrap_or(old_consensus);
                let min_iterations = min_iterations.unwrap_or(old_min);
                let agreed = Termination::Judgment(Judgment {
                    consensus,
                    min_iterations,
                });
                match &def.judge {
                    Some(_) => Termination::All {
                        of: vec![agreed, self.judge(location, def, min_iterations)],
                    },
                    None => agreed,
                }
            }
        })
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
                    problem.hint(
                        "it says what it means that the queue has not one task, open or closed",
                    ),
                );
            }
        }
        Termination::Queue(Queue {})
    }

    fn gate(
        &mut self,
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
        let Some(command) =
            command.filter(|words| words.first().is_some_and(|word| !word.is_empty()))
        else {
            let problem = location.at(
                "command",
                LintCode::NoCommand,
                "the termination does not say which command decides",
            );
            location.report(problem.hint(
                "add `command: [program, argument, …]`: exit code 0 means that the work is done",
            ));
            return None;
        };
        let timeout_s = def
            .timeout
            .map(Span::seconds)
            .or(old.map(|gate| gate.timeout_s))
            .unwrap_or(TIMEOUT_S)
            .max(1);
        Some(Gate {
            command,
            timeout_s,
            frozen: Vec::new(),
        })
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
                format!("`confidence` must lie between 0 and 1, not {confidence}"),
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

    /// Reports keys that have no effect on this strategy.
    fn report_unused_keys(&mut self, location: &Location<'_>, def: &TerminationDef, word: &str) {
        if def.consensus == Some(0) {
            location.report(location.at(
                "consensus",
                LintCode::BadValue,
                "`consensus` must be at least 1: nobody would ever be asked",
            ));
        }
        let commands = matches!(word, "verify" | "command");
        let judges = word == "judge" || word == "judgment" && def.judge.is_some();
        let idle = [
            ("consensus", def.consensus.is_some() && word != "judgment"),
            (
                "min_iterations",
                def.min_iterations.is_some() && !matches!(word, "judgment" | "judge"),
            ),
            (
                "iterations",
                def.iterations.is_some() && word != "fixed" && def.max.is_some(),
            ),
            ("empty", def.empty.is_some() && word != "queue"),
            ("text", def.text.is_some() && word != "promise"),
            ("command", def.command.is_some() && !commands),
            ("timeout", def.timeout.is_some() && !commands),
            ("judge", def.judge.is_some() && !judges),
            ("criteria", def.criteria.is_some() && !judges),
            ("confidence", def.confidence.is_some() && !judges),
        ];
        for (key, _) in idle.into_iter().filter(|(_, idle)| *idle) {
            location.report(
                location
                    .at_key(
                        key,
                        LintCode::NoEffect,
                        format!("`{key}` has no effect on this type of termination"),
                    )
                    .warning(),
            );
        }
    }
}
