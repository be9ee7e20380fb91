//! Every code is told of in `docs/lint.md`, is used, and has its message in a snapshot.
use super::*;
use crate::compile::diagnostics::{CODES, alias};
use std::collections::BTreeSet;
use std::path::Path;

/// The cells of the table's rows, without the backticks.
fn rows() -> Vec<Vec<String>> {
    let page = include_str!("../../../docs/lint.md");
    let table = page.split("## Old spellings").next().unwrap();
    let cells = |row: &str| {
        row.trim_matches('|')
            .split(" |")
            .map(|cell| cell.trim().replace('`', ""))
            .collect::<Vec<_>>()
    };
    table
        .lines()
        .filter(|line| line.starts_with("| `"))
        .map(cells)
        .collect()
}

fn texts(folder: &Path, text: &mut String) {
    for entry in std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
    {
        match entry.is_dir() {
            true => texts(&entry, text),
            false => text.push_str(&std::fs::read_to_string(entry).unwrap()),
        }
    }
}

#[test]
fn the_page_has_every_code_with_its_alias_and_no_other() {
    let aliases = |code: &str| {
        let of = |kind| alias(code, kind);
        [PlanKind::Loop, PlanKind::Pipeline]
            .into_iter()
            .filter_map(of)
            .collect::<BTreeSet<_>>()
            .into_iter()
            .collect::<Vec<_>>()
            .join(", ")
    };
    let known: Vec<_> = CODES
        .iter()
        .map(|code| [(*code).to_owned(), aliases(code)])
        .collect();
    let rows = rows();
    let written: Vec<_> = rows
        .iter()
        .map(|row| [row[0].clone(), row[1].clone()])
        .collect();
    assert_eq!(known, written);
    assert!(
        rows.iter()
            .all(|row| row.len() == 6 && row[2..].iter().all(|cell| !cell.is_empty())),
        "a cell is empty"
    );
}

#[test]
fn every_code_is_used_and_shown_in_a_snapshot_at_its_level() {
    let (mut source, mut tests) = (String::new(), String::new());
    for folder in ["src/compile", "src/cli"] {
        texts(
            &Path::new(env!("CARGO_MANIFEST_DIR")).join(folder),
            &mut source,
        );
    }
    for folder in ["src/compile/tests", "src/cli"] {
        texts(
            &Path::new(env!("CARGO_MANIFEST_DIR")).join(folder),
            &mut tests,
        );
    }
    for row in rows() {
        let (code, levels) = (&row[0], &row[2]);
        // Once in the list of codes, and where it is used.
        assert!(
            2 <= source.matches(&format!("\"{code}\"")).count(),
            "`{code}` is never used"
        );
        let shown = |level: &str| {
            tests
                .lines()
                .any(|line| line.contains(level) && line.contains(&format!(" {code}: ")))
        };
        for level in levels.split(" or ") {
            let level = if level == "error" { "Error" } else { "Warning" };
            assert!(shown(level), "no snapshot shows `{code}` as {level}");
        }
    }
}
