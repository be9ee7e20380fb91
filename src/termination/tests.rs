use super::command::Command;
use super::fixed::Fixed;
use super::gate::{Gate, Judge};
use super::judgment::Judgment;
use super::promise::Promise;
use super::registry::Termination;
use super::strategy::{Answer, Evidence};
use super::verify::Verify;
use crate::model::{GateVerdict, NodeEnding};
use proptest::prelude::*;
use std::collections::BTreeMap;

fn gate() -> Gate {
    Gate {
        command: vec!["check".to_owned()],
        timeout_s: 1,
        threshold: None,
        complete: None,
        frozen: Vec::new(),
    }
}

fn fixed(iterations: Option<u32>) -> Termination {
    Termination::Fixed(Fixed { iterations })
}

fn judgment() -> Termination {
    Termination::Judgment(Judgment {
        consensus: 2,
        min_iterations: 1,
    })
}

fn promise() -> Termination {
    Termination::Promise(Promise {
        text: "DONE".to_owned(),
    })
}

fn verify() -> Termination {
    Termination::Verify(Verify(gate()))
}

fn leaf() -> impl Strategy<Value = Termination> {
    prop_oneof![
        Just(judgment()),
        Just(promise()),
        (1u32..4).prop_map(|most| fixed(Some(most))),
        Just(verify()),
        Just(Termination::Command(Command(gate()))),
        Just(Termination::Judge(Judge {
            criteria: String::new(),
            min_iterations: 2,
            confidence: 50
        })),
    ]
}

fn tree() -> impl Strategy<Value = Termination> {
    leaf().prop_recursive(3, 12, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 1..4).prop_map(|of| Termination::Any { of }),
            prop::collection::vec(inner, 1..4).prop_map(|of| Termination::All { of }),
        ]
    })
}

/// The plain meaning, with every gate answered beforehand.
fn holds(
    termination: &Termination,
    seen: &Evidence<'_>,
    answers: &[bool],
    next: &mut usize,
) -> bool {
    match termination {
        Termination::Any { of } => of
            .iter()
            .map(|part| holds(part, seen, answers, next))
            .fold(false, |any, part| any | part),
        Termination::All { of } => of
            .iter()
            .map(|part| holds(part, seen, answers, next))
            .fold(true, |all, part| all & part),
        Termination::Judgment(Judgment { consensus, .. }) => *consensus <= seen.stops,
        Termination::Promise(Promise { text }) => seen.promises.contains(text),
        Termination::Verify(_) | Termination::Command(_) | Termination::Judge(_) => {
            *next += 1;
            let early = matches!(termination, Termination::Judge(judge) if seen.iterations < judge.min_iterations);
            !early && answers[*next - 1]
        }
        Termination::Fixed(fixed) => fixed.iterations.is_some_and(|most| most <= seen.iterations),
        Termination::Queue(_) => unreachable!("not made here"),
    }
}

proptest! {
    #[test]
    fn gates_run_only_while_they_matter_and_decide_as_defined(
        termination in tree(), stops in 0u32..4, iterations in 1u32..4, promised in any::<bool>(), answers in prop::collection::vec(any::<bool>(), 64)
    ) {
        let promises = if promised { vec!["DONE".to_owned()] } else { Vec::new() };
        let mut gates = BTreeMap::new();
        let none = BTreeMap::new();
        let seen = Evidence { iterations, max_iterations: 100, stops, queue: None, promises: &promises, gates: &none };
        let expected = holds(&termination, &seen, &answers, &mut 0);
        for _ in 0..=termination.gates().len() {
            match termination.answer(&Evidence { gates: &gates, ..seen }) {
                Answer::NeedsGate(number) => {
                    prop_assert!(!gates.contains_key(&number), "asked twice");
                    prop_assert!((number as usize) < termination.gates().len(), "no such gate");
                    let reason = String::new();
                    let verdict = if answers[number as usize] { GateVerdict::Stop { reason } } else { GateVerdict::Broken { reason } };
                    gates.insert(number, verdict);
                }
                Answer::Ends(_) => { prop_assert!(expected); return Ok(()); }
                Answer::Continues => { prop_assert!(!expected); return Ok(()); }
            }
        }
        prop_assert!(false, "never an answer");
    }
}

#[test]
fn a_fixed_part_counts_its_own_iterations_or_else_those_of_the_node() {
    let of = |iterations| vec![fixed(iterations), promise()];
    let answer = |termination: Termination, iterations: u32, promises: &[String]| {
        let gates = BTreeMap::new();
        termination.answer(&Evidence {
            iterations,
            max_iterations: 5,
            stops: 0,
            queue: None,
            promises,
            gates: &gates,
        })
    };
    let ran = |iterations| Answer::Ends(NodeEnding::AllIterations { iterations });
    assert_eq!(
        answer(Termination::Any { of: of(Some(2)) }, 1, &[]),
        Answer::Continues
    );
    assert_eq!(answer(Termination::Any { of: of(Some(2)) }, 2, &[]), ran(2));
    assert_eq!(
        answer(Termination::Any { of: of(None) }, 4, &[]),
        Answer::Continues
    );
    assert_eq!(answer(Termination::Any { of: of(None) }, 5, &[]), ran(5));
    // All of them: not before that many.
    let done = ["DONE".to_owned()];
    assert_eq!(
        answer(Termination::All { of: of(Some(2)) }, 1, &done),
        Answer::Continues
    );
    assert!(matches!(
        answer(Termination::All { of: of(Some(2)) }, 2, &done),
        Answer::Ends(NodeEnding::All { .. })
    ));
}

#[test]
fn plans_of_older_versions_are_read() {
    let read = |text| serde_json::from_str::<Termination>(text).unwrap();
    assert_eq!(read(r#"{"type":"fixed"}"#), fixed(None));
    assert_eq!(
        serde_json::to_string(&fixed(None)).unwrap(),
        r#"{"type":"fixed"}"#
    );
    assert_eq!(read(r#"{"type":"fixed","iterations":2}"#), fixed(Some(2)));
}

#[test]
fn a_gate_that_cannot_matter_is_not_asked() {
    let of = vec![verify(), judgment()];
    let seen = Evidence {
        iterations: 1,
        max_iterations: 9,
        stops: 0,
        queue: None,
        promises: &[],
        gates: &BTreeMap::new(),
    };
    assert_eq!(
        Termination::All { of: of.clone() }.answer(&seen),
        Answer::Continues
    );
    assert_eq!(
        Termination::Any { of: of.clone() }.answer(&seen),
        Answer::NeedsGate(0)
    );
    assert_eq!(
        Termination::Any { of }.answer(&Evidence { stops: 2, ..seen }),
        Answer::Ends(NodeEnding::Consensus { votes: 2 })
    );
}

#[test]
fn gates_are_asked_after_the_last_iteration_too() {
    let seen = Evidence {
        iterations: 9,
        max_iterations: 9,
        stops: 0,
        queue: None,
        promises: &[],
        gates: &BTreeMap::new(),
    };
    assert_eq!(verify().answer(&seen), Answer::NeedsGate(0));
    let gates = [(
        0,
        GateVerdict::Continue {
            reason: String::new(),
        },
    )]
    .into();
    assert_eq!(
        verify().answer(&Evidence {
            gates: &gates,
            ..seen
        }),
        Answer::Ends(NodeEnding::MaxIterations { iterations: 9 })
    );
}
