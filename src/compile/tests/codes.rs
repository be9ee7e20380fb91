//! Every lint code is documented in `docs/lint.md` and can be provoked.
use super::*;
use std::collections::BTreeSet;

/// A definition that has a mistake.
enum Provocation {
    Loop(&'static str),
    Prompt(String),
    Pipeline(String),
    /// A mistake that depends on the file system or the machine, with the test that provokes it.
    InTest(&'static str, &'static str),
}

use Provocation::{InTest, Loop, Prompt};

fn pipeline(definition: &str) -> Provocation {
    Provocation::Pipeline(definition.to_owned())
}

fn nodes(nodes: &str) -> Provocation {
    pipeline(&format!("nodes:\n  - {nodes}\n"))
}

fn prompt(text: &str) -> Provocation {
    Prompt(text.to_owned())
}

/// Returns definitions that provoke the code, one for each of its levels.
fn provocations(code: LintCode) -> Vec<Provocation> {
    let one = match code {
        LintCode::Unreadable | LintCode::NoDefinition | LintCode::UnreadableLoop => InTest(
            "src/compile/tests/mistakes.rs",
            "an_unreadable_loop_is_reported_at_the_node_that_uses_it",
        ),
        LintCode::CommandMissing | LintCode::MissingInput => InTest(
            "src/cli/lint/tests.rs",
            "missing_commands_and_inputs_are_warnings",
        ),
        LintCode::ProviderMissing => InTest(
            "src/cli/lint/tests.rs",
            "a_missing_program_is_a_warning_with_an_install_hint",
        ),
        LintCode::CommandName => InTest(
            "src/cli/lint/tests.rs",
            "a_loop_with_the_name_of_a_command_is_a_warning",
        ),
        LintCode::Widens => Loop("termination: {type: queue}\nquota: {five_hour: {hold: 99%}}\n"),
        LintCode::Yaml => Loop("name: work\n\tmodel: opus\n"),
        LintCode::NotADefinition => Loop(""),
        LintCode::UnknownKey => Loop("terminaton: {type: queue}\n"),
        LintCode::BadValue => Loop("termination: {type: judgment, consensus: two}\n"),
        LintCode::NoPrompt => nodes("id: plan"),
        LintCode::NoTermination => Loop("name: work\n"),
        LintCode::UnknownTermination => Loop("termination: {type: judgement}\n"),
        LintCode::AnyAndAll => Loop("termination: {any: [{type: queue}], all: [{type: queue}]}\n"),
        LintCode::NoCommand => Loop("termination: {type: verify}\n"),
        LintCode::NeverAgrees => Loop("termination: {type: judgment, min_iterations: 5, max: 3}\n"),
        LintCode::UnknownProvider => Loop("termination: {type: queue}\nprovider: cluade\n"),
        LintCode::NoProgram => Loop("termination: {type: queue}\nprovider: command\n"),
        LintCode::BadModel => Loop("termination: {type: queue}\nmodel: -x\n"),
        LintCode::UnknownPermissions => {
            Loop("termination: {type: queue}\npermissions: acceptEdit\n")
        }
        LintCode::PermissionsRefused => {
            Loop("termination: {type: queue}\nprovider: gemini\npermissions: plan\n")
        }
        LintCode::UnknownQueue => Loop("termination: {type: queue}\nqueue: {provider: bead}\n"),
        LintCode::NoCommands => Loop("termination: {type: queue}\nqueue: {provider: command}\n"),
        LintCode::UnknownVariable => prompt("${STATSU} ${STATUS}\n"),
        LintCode::NoStatus => prompt("work\n"),
        LintCode::NoInputs => prompt("${INPUTS.plan} ${STATUS}\n"),
        LintCode::NoPerspectives => prompt("${PERSPECTIVE} ${STATUS}\n"),
        LintCode::NoOutput => prompt("${STATUS} ${OUTPUT_PATH}"),
        LintCode::Perspectives => nodes("{id: a, loop: work, perspectives: [a, b], runs: 3}"),
        LintCode::NoNodes => pipeline("nodes: []\n"),
        LintCode::NoId => nodes("{loop: work, runs: 1}"),
        LintCode::BadName => nodes("{id: a/b, loop: work, runs: 1}"),
        LintCode::DuplicateId => {
            pipeline("nodes: [{id: a, loop: work, runs: 1}, {id: a, loop: work, runs: 1}]\n")
        }
        LintCode::UnknownLoop => nodes("{id: a, loop: wrok, runs: 1}"),
        LintCode::UnknownPipeline => nodes("{id: a, pipeline: tidi}"),
        LintCode::UnreadablePipeline => nodes("{id: a, pipeline: unread}"),
        LintCode::Cycle => nodes("{id: a, pipeline: circle}"),
        LintCode::UnknownNode => nodes("{id: a, loop: work, runs: 1, inputs: {from: z}}"),
        LintCode::UnreachableInput => nodes("{id: a, loop: work, runs: 1, inputs: {from: a}}"),
        LintCode::NoProviders => {
            nodes("{id: a, parallel: {stages: [{id: s, loop: work, runs: 1}]}}")
        }
        LintCode::NoStage => {
            nodes("{id: a, loop: work, runs: 1, inputs: {from_parallel: {block: b}}}")
        }
        LintCode::UnknownBlock => {
            nodes("{id: a, loop: work, runs: 1, inputs: {from_parallel: {stage: s, block: b}}}")
        }
        LintCode::UnknownStage => pipeline(
            "nodes:\n  - {id: b, parallel: {providers: [claude], stages: [{id: s, loop: work, runs: 1}]}}\n  - {id: a, loop: work, runs: 1, inputs: {from_parallel: t}}\n",
        ),
        LintCode::NoRuns => nodes("{id: a, loop: work}"),
        LintCode::Misplaced => nodes(
            "{id: a, loop: work, parallel: {providers: [claude], stages: [{id: s, loop: work, runs: 1}]}}",
        ),
        LintCode::Twice => nodes("{id: a, loop: work, stage: work, runs: 1}"),
        LintCode::OtherName => Loop("name: wrok\ntermination: {type: queue}\n"),
        LintCode::Deprecated => Loop("completion: beads-empty\n"),
        LintCode::NoEffect => {
            return vec![
                Loop("termination: {type: queue, consensus: 2}\n"),
                Loop("termination: {type: judgment}\nqueue: {claim: engine}\n"),
            ];
        }
        LintCode::TooMany => {
            return vec![
                Prompt("${NOPE}\n".repeat(60)),
                Prompt(format!("${{STATUS}} {}", "${PERSPECTIVE}\n".repeat(60))),
            ];
        }
    };
    vec![one]
}

#[test]
fn every_code_is_provoked_at_each_of_its_levels() {
    for &code in LintCode::ALL {
        let levels: BTreeSet<&str> = code.docs().unwrap().level.split(" or ").collect();
        let mut seen = BTreeSet::new();
        for provocation in provocations(code) {
            let problems = match provocation {
                Loop(definition) => problems(
                    &Sources::Loop(a_loop("work", definition, PROMPT)),
                    &Overrides::default(),
                ),
                Prompt(text) => {
                    let source = a_loop("work", "termination: {type: queue}\n", &text);
                    problems(&Sources::Loop(source), &Overrides::default())
                }
                Provocation::Pipeline(definition) => {
                    problems(&a_pipeline(&definition), &Overrides::default())
                }
                InTest(file, name) => {
                    let path = std::path::Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../.."))
                        .join(file);
                    let text = std::fs::read_to_string(path).unwrap();
                    let body = text.split(&format!("fn {name}()")).nth(1);
                    let body = body.unwrap_or_else(|| panic!("{file} has no test {name}"));
                    let body = body.split("#[test]").next().unwrap_or_default();
                    assert!(
                        body.contains(code.as_str()),
                        "{name} does not compare `{code}`"
                    );
                    seen.extend(levels.iter().copied());
                    continue;
                }
            };
            let severity = problems.iter().find(|problem| problem.code == code);
            seen.insert(match severity.map(|problem| problem.severity) {
                Some(Severity::Error) => "error",
                Some(Severity::Warning) => "warning",
                None => panic!("`{code}` was not provoked:\n{}", listed(&problems)),
            });
        }
        assert_eq!(levels, seen, "{code}");
    }
}

#[test]
fn the_page_has_every_code_with_its_alias_and_no_other() {
    let page = include_str!("../../../docs/lint.md");
    let table = page.split("## Old spellings").next().unwrap();
    let rows = table.lines().filter(|line| line.starts_with("| `"));
    let written: Vec<String> = rows
        .map(|row| row.split('|').skip(1).take(2).collect::<String>())
        .map(|cells| {
            cells
                .replace('`', "")
                .split_whitespace()
                .collect::<Vec<_>>()
                .join(" ")
        })
        .collect();
    let known = LintCode::ALL.iter().map(|code| {
        let kinds = [PlanKind::Loop, PlanKind::Pipeline];
        let aliases: BTreeSet<_> = kinds
            .into_iter()
            .filter_map(|kind| code.alias(kind))
            .collect();
        let aliases = aliases.into_iter().collect::<Vec<_>>().join(", ");
        format!("{code} {aliases}").trim_end().to_owned()
    });
    assert_eq!(known.collect::<Vec<_>>(), written);
}

#[test]
fn every_code_has_documentation_in_full() {
    for &code in LintCode::ALL {
        let docs = code
            .docs()
            .unwrap_or_else(|| panic!("docs/lint.md has no full row for `{code}`"));
        let cells = [docs.level, docs.meaning, docs.example, docs.fix];
        assert!(
            cells.iter().all(|cell| !cell.is_empty()),
            "a cell of `{code}` is empty"
        );
    }
}

#[test]
fn a_code_is_found_by_its_name_and_its_alias() {
    for &code in LintCode::ALL {
        assert_eq!(LintCode::find(code.as_str()), Some(code));
        let kinds = [PlanKind::Loop, PlanKind::Pipeline];
        for alias in kinds.into_iter().filter_map(|kind| code.alias(kind)) {
            let found = LintCode::find(alias).unwrap();
            assert!(
                kinds
                    .into_iter()
                    .any(|kind| found.alias(kind) == Some(alias))
            );
        }
    }
    assert_eq!(LintCode::find("L999"), None);
}
