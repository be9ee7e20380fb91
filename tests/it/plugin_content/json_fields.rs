//! Every JSON field that the pages of the plugin name is printed by the command they name.
use super::pages;
use crate::project::Project;
use crate::readme::words;
use serde_json::Value;
use std::collections::BTreeMap;

#[test]
fn every_json_field_exists() {
    let project = at_work();
    let mut answers: BTreeMap<String, Value> = BTreeMap::new();
    let mut checked = 0;
    for page in pages() {
        for (line, field) in fields(&page.text) {
            let answer = answers
                .entry(line.clone())
                .or_insert_with(|| ask(&project, &line));
            assert!(
                has(answer, &field),
                "{}: `{line}` has no field `{field}` in {answer:#}",
                page.path
            );
            checked += 1;
        }
    }
    assert!(150 < checked, "only {checked} fields were found");
}

/// A project with a session that is over, tasks that are left, and something to clean up.
fn at_work() -> Project {
    let project = Project::new();
    project.write("backlog.md", "- [ ] One (#one)\n- [ ] Two (#two)\n");
    project
        .ap(&[
            "work",
            "auth",
            "1",
            "--provider",
            "scripted",
            "--foreground",
        ])
        .expect(4);
    project.write(".claude/locks/dead.lock", "absent\n");
    project
}

/// Returns what a command line of a page prints as JSON, for the project as it is.
fn ask(project: &Project, line: &str) -> Value {
    let words: Vec<String> = words(line);
    let mut args: Vec<&str> = words[1..].iter().map(String::as_str).collect();
    // Placeholders and examples stand for what there is here.
    for at in 1..args.len() {
        match (args[0], args[at - 1], args[at]) {
            ("status" | "logs", "status" | "logs", _) | (_, "--session", _) => args[at] = "auth",
            ("queue", "show", _) => args[at] = "two",
            (_, "--input", _) => args[at] = "backlog.md",
            ("cleanup", _, "--orphans") => args[at] = "--dry-run",
            _ => {}
        }
    }
    if args == ["cleanup", "--json"] {
        args.push("--dry-run");
    }
    let ran = project.ap(&args).expect(0);
    let parse = |text: &str| serde_json::from_str(text).ok();
    // The journal and the logs are one object a line.
    parse(&ran.stdout).unwrap_or_else(|| ran.stdout.lines().filter_map(parse).collect())
}

/// Whether a path of names leads anywhere, in any element of a list.
fn has(value: &Value, path: &str) -> bool {
    match value {
        Value::Array(elements) => elements.iter().any(|element| has(element, path)),
        _ => match path.split_once('.') {
            Some((first, rest)) => value.get(first).is_some_and(|inner| has(inner, rest)),
            None => value.get(path).is_some(),
        },
    }
}

/// Returns the fields a page names, each with the command that is said to print it: the names between backticks after an
/// arrow, as far as only commas stand between them, belong to the last command with `--json` before it.
fn fields(text: &str) -> Vec<(String, String)> {
    let (mut found, mut command) = (Vec::new(), None);
    for line in text.lines() {
        let typed = line.trim();
        if typed.starts_with("ap ") && typed.contains("--json") {
            command = Some(typed.to_owned());
        }
        let mut listing = false;
        for (index, part) in line.split('`').enumerate() {
            if index % 2 == 0 {
                listing = part.contains('→') || listing && part.trim() == ",";
            } else if part.starts_with("ap ") {
                command = part.contains("--json").then(|| part.to_owned());
                listing = false;
            } else if listing {
                let command = command
                    .clone()
                    .unwrap_or_else(|| panic!("no command prints `{part}` in `{line}`"));
                found.push((command, part.to_owned()));
            }
        }
    }
    found
}

#[test]
fn fields_are_found_where_they_are_named() {
    let text = "`ap list --json` → `a`, `b.c`: `active` is right.\n```sh\nap --json\n```\n→ `d`, and `e`\n";
    let expected = [
        ("ap list --json", "a"),
        ("ap list --json", "b.c"),
        ("ap --json", "d"),
    ];
    assert_eq!(
        fields(text),
        expected.map(|(line, field)| (line.to_owned(), field.to_owned()))
    );
}
