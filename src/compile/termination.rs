//! How a node ends: its own termination over its loop's.
use super::agent::{self, Layer};
use super::definition::{JudgeDef, LoopDef, NodeDef, Span, TerminationDef};
use super::diagnostics::{Place, Problem};
use super::settings::ProviderDef;
use crate::agent::AgentSpec;
use crate::plan::suggest;
use crate::termination::{
    Command, Fixed, Gate, Judge, Judgment, Promise, Queue, Termination, Verify,
};
use std::collections::BTreeMap;

/// The providers a person has declared, by name.
type Own = BTreeMap<String, ProviderDef>;

/// A strategy, the cap that was written with it, and who judges if somebody does.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Ending {
    pub(super) termination: Termination,
    pub(super) max: Option<u32>,
    pub(super) judge: Option<AgentSpec>,
    /// Whether a queue without one task is done.
    pub(super) empty_is_done: bool,
}

/// Agents that must agree in a row, unless said otherwise: one can be wrong.
const CONSENSUS: u32 = 2;
/// Seconds a command may take, unless said otherwise.
const TIMEOUT_S: u64 = 600;
/// Per cent of confidence a judge must have, unless said otherwise.
const CONFIDENCE: u32 = 70;
/// What a judge goes by where nobody says.
const CRITERIA: &str =
    "The goal of the stage is reached, or further iterations would change nothing of substance.";
const PROMISE: &str = "COMPLETE";
pub(super) const KINDS: [&str; 7] = [
    "fixed", "judgment", "queue", "verify", "command", "promise", "judge",
];

/// Returns how a loop ends; it must say so.
pub(super) fn of_loop(
    place: &Place<'_>,
    def: &LoopDef,
    own: &Own,
    problems: &mut Vec<Problem>,
) -> Option<Ending> {
    let legacy = Legacy {
        completion: def.completion.as_deref(),
        min_iterations: def.min_iterations,
        count: def.iterations.or(def.max),
    };
    let ending = read(
        place,
        ("termination", def.termination.as_ref()),
        &legacy,
        None,
        own,
        problems,
    );
    if ending.is_none() && def.termination.is_none() && def.completion.is_none() {
        let problem = place.here("no-termination", "the loop does not say when to stop");
        problems.push(
            problem
                .hint("add `termination:` with `type: judgment`, `type: queue` or `type: fixed`"),
        );
    }
    ending
}

/// Returns how a node ends: as it says, else as its loop does; a prompt of its own runs once.
pub(super) fn of_node(
    place: &Place<'_>,
    def: &NodeDef,
    under: Option<&Ending>,
    own: &Own,
    problems: &mut Vec<Problem>,
) -> Option<Ending> {
    let ends = def.ends();
    let silent = ends.is_none() && def.completion.is_none();
    if let Some(ending) = under.filter(|_| silent) {
        return Some(ending.clone());
    }
    if silent {
        return Some(Ending {
            termination: Termination::Fixed(Fixed::default()),
            max: Some(1),
            judge: None,
            empty_is_done: false,
        });
    }
    let legacy = Legacy {
        completion: def.completion.as_deref(),
        min_iterations: None,
        count: None,
    };
    read(
        place,
        (
            ends.map_or("termination", |(key, _)| key),
            ends.map(|(_, def)| def),
        ),
        &legacy,
        under,
        own,
        problems,
    )
}

struct Legacy<'a> {
    completion: Option<&'a str>,
    min_iterations: Option<u32>,
    count: Option<u32>,
}

fn read(
    place: &Place<'_>,
    (key, def): (&str, Option<&TerminationDef>),
    legacy: &Legacy<'_>,
    under: Option<&Ending>,
    own: &Own,
    problems: &mut Vec<Problem>,
) -> Option<Ending> {
    let (empty, written) = (TerminationDef::default(), def.is_some());
    let def = def.unwrap_or(&empty);
    let max = def.max.or(def.iterations).or(legacy.count);
    let usual = Usual {
        under: under.map(|ending| &ending.termination),
        min_iterations: legacy.min_iterations,
    };
    let empty_is_done = under.is_some_and(|ending| ending.empty_is_done);
    let mut reader = Reader {
        own,
        problems,
        judge: under.and_then(|ending| ending.judge.clone()),
        empty_is_done,
    };
    let inside = place.to(key);
    let termination = if def.any.is_some() || def.all.is_some() {
        reader.tree(&inside, def)?
    } else {
        let word = match (&def.kind, legacy.completion) {
            (Some(word), _) => reader.known(&inside, "type", word)?,
            (None, Some(word)) => reader.known(place, "completion", word)?,
            (None, None) => match usual
                .under
                .map(Termination::name)
                .or(max.is_some().then_some("fixed"))
            {
                Some("any" | "all") => {
                    return under.map(|ending| Ending {
                        max: max.or(ending.max),
                        ..ending.clone()
                    });
                }
                Some(word) => word,
                None => {
                    let problem =
                        place.at_key(key, "no-termination", format!("`{key}` has no `type`"));
                    reader
                        .problems
                        .extend(written.then(|| problem.hint(suggest::hint("", KINDS))));
                    return None;
                }
            },
        };
        reader.leaf(&inside, def, word, &usual)?
    };
    let max = max.or(under.and_then(|ending| ending.max));
    Some(Ending {
        termination,
        max,
        judge: reader.judge,
        empty_is_done: reader.empty_is_done,
    })
}

/// What holds where a termination does not say.
#[derive(Default)]
struct Usual<'a> {
    under: Option<&'a Termination>,
    min_iterations: Option<u32>,
}

struct Reader<'a> {
    own: &'a Own,
    problems: &'a mut Vec<Problem>,
    judge: Option<AgentSpec>,
    empty_is_done: bool,
}

impl Reader<'_> {
    /// Returns the current word for a kind, whichever way it is written.
    fn known(&mut self, place: &Place<'_>, key: &str, word: &str) -> Option<&'static str> {
        let old = match word {
            "fixed-n" => "fixed",
            "plateau" => "judgment",
            "beads-empty" => "queue",
            word => word,
        };
        let known = KINDS.into_iter().find(|kind| *kind == old);
        if known.is_none() {
            let problem = place.at(
                key,
                "unknown-termination",
                format!("unknown termination `{word}`"),
            );
            self.problems.push(problem.hint(suggest::hint(word, KINDS)));
        }
        known
    }

    fn tree(&mut self, place: &Place<'_>, def: &TerminationDef) -> Option<Termination> {
        let (key, parts) = match (&def.any, &def.all) {
            (Some(_), Some(_)) => {
                let problem = place.at_key(
                    "all",
                    "any-and-all",
                    "`any` and `all` cannot stand side by side",
                );
                self.problems
                    .push(problem.hint("put one inside the other: `all: [{any: [...]}, ...]`"));
                return None;
            }
            (Some(parts), None) => ("any", parts),
            (None, parts) => ("all", parts.as_ref()?),
        };
        if let Some(word) = &def.kind {
            let problem = place.at(
                "type",
                "any-and-all",
                format!("`type: {word}` and `{key}` cannot stand side by side"),
            );
            self.problems
                .push(problem.hint(format!("make `{{type: {word}}}` one of `{key}`")));
        }
        if parts.is_empty() {
            self.problems.push(
                place
                    .at(key, "no-termination", format!("`{key}` names nothing"))
                    .hint(suggest::hint("", KINDS)),
            );
            return None;
        }
        let of = parts
            .iter()
            .enumerate()
            .map(|(at, part)| self.part(&place.to(key).item(at), part))
            .collect::<Option<Vec<_>>>()?;
        Some(if key == "any" {
            Termination::Any { of }
        } else {
            Termination::All { of }
        })
    }

    /// One of several.
    fn part(&mut self, place: &Place<'_>, def: &TerminationDef) -> Option<Termination> {
        if def.any.is_some() || def.all.is_some() {
            return self.tree(place, def);
        }
        let Some(word) = &def.kind else {
            self.problems.push(
                place
                    .here("no-termination", "one of the terminations has no `type`")
                    .hint(suggest::hint("", KINDS)),
            );
            return None;
        };
        let word = self.known(place, "type", word)?;
        if word == "fixed" {
            return Some(Termination::Fixed(Fixed {
                iterations: self.count(place, def),
            }));
        }
        if def.max.is_some() || def.iterations.is_some() {
            let problem = place.here(
                "no-effect",
                "`max` and `iterations` of one of several count only with `type: fixed`",
            );
            self.problems.push(
                problem
                    .hint("move it out of the list, to the top of `termination`")
                    .warning(),
            );
        }
        self.leaf(place, def, word, &Usual::default())
    }

    /// Returns how many iterations a part that is fixed has, if it says so.
    fn count(&mut self, place: &Place<'_>, def: &TerminationDef) -> Option<u32> {
        self.idle(place, def, "fixed");
        let key = if def.iterations.is_some() {
            "iterations"
        } else {
            "max"
        };
        let said = def.iterations.or(def.max);
        if said == Some(0) {
            self.problems
                .push(place.at(key, "bad-value", format!("`{key}` must be at least 1")));
        }
        said
    }

    fn leaf(
        &mut self,
        place: &Place<'_>,
        def: &TerminationDef,
        word: &'static str,
        usual: &Usual<'_>,
    ) -> Option<Termination> {
        self.idle(place, def, word);
        let (old_consensus, old_min) = match usual.under {
            Some(Termination::Judgment(Judgment {
                consensus,
                min_iterations,
            })) => (*consensus, *min_iterations),
            _ => (CONSENSUS, 1),
        };
        let min_iterations = def.min_iterations.or(usual.min_iterations);
        Some(match word {
            "fixed" => Termination::Fixed(Fixed::default()),
            "queue" => self.queue(place, def),
            "promise" => Termination::Promise(Promise {
                text: def.text.clone().unwrap_or_else(|| PROMISE.to_owned()),
            }),
            "verify" => Termination::Verify(Verify(self.gate(place, def, usual.under)?)),
            "command" => Termination::Command(Command(self.gate(place, def, usual.under)?)),
            "judge" => self.judge(place, def, min_iterations.unwrap_or(1)),
            _ => {
                let consensus = def.consensus.unwrap_or(old_consensus);
                let min_iterations = min_iterations.unwrap_or(old_min);
                let agreed = Termination::Judgment(Judgment {
                    consensus,
                    min_iterations,
                });
                match &def.judge {
                    Some(_) => Termination::All {
                        of: vec![agreed, self.judge(place, def, min_iterations)],
                    },
                    None => agreed,
                }
            }
        })
    }

    fn queue(&mut self, place: &Place<'_>, def: &TerminationDef) -> Termination {
        match def.empty.as_deref() {
            None => {}
            Some("fail") => self.empty_is_done = false,
            Some("done") => self.empty_is_done = true,
            Some(word) => {
                let problem = place.at(
                    "empty",
                    "bad-value",
                    format!("`empty` must be `fail` or `done`, not `{word}`"),
                );
                self.problems.push(
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
        place: &Place<'_>,
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
            .map(super::definition::CommandDef::words)
            .or(old.as_ref().map(|gate| gate.command.clone()));
        let Some(command) =
            command.filter(|words| words.first().is_some_and(|word| !word.is_empty()))
        else {
            let problem = place.at(
                "command",
                "no-command",
                "the termination does not say which command decides",
            );
            self.problems.push(problem.hint(
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
        place: &Place<'_>,
        def: &TerminationDef,
        min_iterations: u32,
    ) -> Termination {
        if let Some(confidence) = def
            .confidence
            .filter(|confidence| !(0.0..=1.0).contains(confidence))
        {
            self.problems.push(place.at(
                "confidence",
                "bad-value",
                format!("`confidence` must lie between 0 and 1, not {confidence}"),
            ));
        }
        let empty = JudgeDef::default();
        self.judge = Some(who_judges(
            place.to("judge"),
            def.judge.as_ref().unwrap_or(&empty),
            self.own,
            self.problems,
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

    /// Says what cannot be, and what has no effect on this kind.
    fn idle(&mut self, place: &Place<'_>, def: &TerminationDef, word: &str) {
        if def.consensus == Some(0) {
            self.problems.push(place.at(
                "consensus",
                "bad-value",
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
            self.problems.push(
                place
                    .at_key(
                        key,
                        "no-effect",
                        format!("`{key}` has no effect on this type of termination"),
                    )
                    .warning(),
            );
        }
    }
}

/// Returns the agent that judges: a cheap one unless said otherwise.
pub(super) fn who_judges(
    place: Place<'_>,
    who: &JudgeDef,
    own: &Own,
    problems: &mut Vec<Problem>,
) -> AgentSpec {
    let cheap = Layer {
        place: Place::Flag,
        provider: None,
        program: None,
        model: Some("haiku"),
        args: &[],
        fallback: None,
        permissions: Some("dontAsk"),
        keep_env: None,
    };
    let (provider, program, model) = (
        who.provider.as_deref(),
        who.program.as_deref(),
        who.model.as_deref(),
    );
    let said = Layer {
        place,
        provider,
        program,
        model,
        permissions: None,
        ..cheap.clone()
    };
    agent::judge(&[cheap, said], own, problems)
}
