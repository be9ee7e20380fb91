//! Reads when a node ends: `termination:` in all its forms, a node's over its loop's.
use super::definition::{LoopDef, NodeDef, TerminationDef};
use super::place::Place;
use super::problem::Problem;
use super::suggest;
use crate::termination::Termination;

/// A strategy and the cap that was written with it.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Ending {
    pub(super) termination: Termination,
    pub(super) max: Option<u32>,
}

/// Agents that must agree in a row, unless said otherwise: one can be wrong.
const CONSENSUS: u32 = 2;
const KINDS: [&str; 3] = ["fixed", "judgment", "queue"];

/// Returns how a loop ends; it must say so.
pub(super) fn of_loop(place: &Place<'_>, def: &LoopDef, problems: &mut Vec<Problem>) -> Option<Ending> {
    let legacy = Legacy { completion: def.completion.as_deref(), min_iterations: def.min_iterations, count: def.iterations.or(def.max) };
    let ending = read(place, ("termination", def.termination.as_ref()), &legacy, None, problems);
    if ending.is_none() && def.termination.is_none() && def.completion.is_none() {
        let problem = place.here("no-termination", "the loop does not say when to stop");
        problems.push(problem.hint("add `termination:` with `type: judgment`, `type: queue` or `type: fixed`"));
    }
    ending
}

/// Returns how a node ends: as it says, else as its loop does; a prompt of its own runs once.
pub(super) fn of_node(place: &Place<'_>, def: &NodeDef, under: Option<&Ending>, problems: &mut Vec<Problem>) -> Option<Ending> {
    let ends = def.ends();
    let silent = ends.is_none() && def.completion.is_none();
    if let Some(ending) = under.filter(|_| silent) {
        return Some(ending.clone());
    }
    if silent {
        return Some(Ending { termination: Termination::Fixed, max: Some(1) });
    }
    let legacy = Legacy { completion: def.completion.as_deref(), min_iterations: None, count: None };
    read(place, (ends.map_or("termination", |(key, _)| key), ends.map(|(_, def)| def)), &legacy, under, problems)
}

struct Legacy<'a> {
    completion: Option<&'a str>,
    min_iterations: Option<u32>,
    count: Option<u32>,
}

#[derive(Clone, Copy, PartialEq)]
enum Kind {
    Fixed,
    Judgment,
    Queue,
}

fn read(
    place: &Place<'_>,
    (key, def): (&str, Option<&TerminationDef>),
    legacy: &Legacy<'_>,
    under: Option<&Ending>,
    problems: &mut Vec<Problem>,
) -> Option<Ending> {
    let empty = TerminationDef::default();
    let (inside, written, def) = (place.to(key), def.is_some(), def.unwrap_or(&empty));
    let max = def.max.or(def.iterations).or(legacy.count);
    let kind = match (&def.kind, legacy.completion) {
        (Some(word), _) => kind(&inside, "type", word, problems)?,
        (None, Some(word)) => kind(place, "completion", word, problems)?,
        (None, None) => match under.map(|ending| kind_of(&ending.termination)).or((max.is_some()).then_some(Kind::Fixed)) {
            Some(kind) => kind,
            None => {
                let problem = place.at_key(key, "no-termination", format!("`{key}` has no `type`"));
                problems.extend(written.then(|| problem.hint("one of: `fixed`, `judgment`, `queue`")));
                return None;
            }
        },
    };
    refuse(&inside, def, kind, problems);
    let (old_consensus, old_min) = match under.map(|ending| &ending.termination) {
        Some(Termination::Judgment { consensus, min_iterations }) => (*consensus, *min_iterations),
        Some(Termination::Fixed | Termination::Queue) | None => (CONSENSUS, 1),
    };
    let termination = match kind {
        Kind::Fixed => Termination::Fixed,
        Kind::Queue => Termination::Queue,
        Kind::Judgment => Termination::Judgment {
            consensus: def.consensus.unwrap_or(old_consensus),
            min_iterations: def.min_iterations.or(legacy.min_iterations).unwrap_or(old_min),
        },
    };
    Some(Ending { termination, max: max.or(under.and_then(|ending| ending.max)) })
}

fn kind(place: &Place<'_>, key: &str, word: &str, problems: &mut Vec<Problem>) -> Option<Kind> {
    match word {
        "fixed" | "fixed-n" => Some(Kind::Fixed),
        "judgment" | "plateau" => Some(Kind::Judgment),
        "queue" | "beads-empty" => Some(Kind::Queue),
        "verify" | "command" => {
            problems.push(
                place
                    .at(key, "not-supported-yet", format!("termination `{word}` is not supported yet"))
                    .hint("one of: `fixed`, `judgment`, `queue`"),
            );
            None
        }
        _ => {
            problems.push(place.at(key, "unknown-termination", format!("unknown termination `{word}`")).hint(suggest::hint(word, KINDS)));
            None
        }
    }
}

fn kind_of(termination: &Termination) -> Kind {
    match termination {
        Termination::Fixed => Kind::Fixed,
        Termination::Judgment { .. } => Kind::Judgment,
        Termination::Queue => Kind::Queue,
    }
}

/// Says what cannot be, and what has no effect on this kind.
fn refuse(place: &Place<'_>, def: &TerminationDef, kind: Kind, problems: &mut Vec<Problem>) {
    if def.judge.is_some() {
        problems.push(place.later("judge", "a judge is"));
    }
    if def.command.is_some() {
        problems.push(place.later("command", "a termination command is"));
    }
    if def.consensus == Some(0) {
        problems.push(place.at("consensus", "bad-value", "`consensus` must be at least 1: nobody would ever be asked"));
    }
    let idle = [
        ("consensus", def.consensus, kind != Kind::Judgment),
        ("min_iterations", def.min_iterations, kind != Kind::Judgment),
        ("iterations", def.iterations, kind != Kind::Fixed && def.max.is_some()),
    ];
    for (key, value, no_effect) in idle {
        if value.is_some() && no_effect {
            problems.push(place.at_key(key, "no-effect", format!("`{key}` has no effect on this type of termination")).warning());
        }
    }
}
