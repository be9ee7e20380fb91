//! Names, links and files in the documents exist.
use super::{documents, pages, read, root};
use agent_pipelines::{compile, plan};
use camino::Utf8Path;
use fs_err as fs;
use std::collections::BTreeSet;

/// Returns the sources as one text.
fn sources(folder: &Utf8Path, text: &mut String) {
    for entry in folder.read_dir_utf8().unwrap().map(Result::unwrap) {
        match entry.path() {
            folder if folder.is_dir() => sources(folder, text),
            file if file.extension() == Some("rs") => {
                text.push_str(&fs::read_to_string(file).unwrap());
            }
            _ => (),
        }
    }
}

/// Returns the README and the pages of docs/ as one text.
fn manual() -> String {
    pages().iter().map(|page| read(page)).collect()
}

fn source() -> String {
    let mut text = String::new();
    sources(&root().join("src"), &mut text);
    text
}

fn names(text: &str) -> BTreeSet<&str> {
    text.split(|c: char| !(c.is_alphanumeric() || c == '_'))
        .collect()
}

fn snake_case(name: &str) -> String {
    let letter = |c: char| {
        if c.is_ascii_uppercase() {
            format!("_{}", c.to_ascii_lowercase())
        } else {
            c.to_string()
        }
    };
    name.chars()
        .map(letter)
        .collect::<String>()
        .trim_start_matches('_')
        .to_owned()
}

/// What stands between backticks, outside of blocks.
fn spans(document: &str) -> Vec<&str> {
    let mut inside = false;
    let prose = document.lines().filter(move |line| {
        inside ^= line.starts_with("```");
        !inside
    });
    prose
        .flat_map(|line| line.split('`').skip(1).step_by(2))
        .collect()
}

#[test]
fn every_name_in_the_manual_is_in_the_source() {
    let (manual, source) = (manual(), source());
    // Trackers of the examples, and the tests, have names of their own.
    let examples = read("examples/queues/taskwarrior/tracker.py") + &read("run.sh");
    let mut known = names(&source);
    known.extend(names(&examples));
    // Events are written in snake case.
    let events: Vec<String> = known.iter().map(|name| snake_case(name)).collect();
    known.extend(events.iter().map(String::as_str));
    // Variables of the older program, which a page lists with what they are today.
    let is_name = |span: &&str| {
        !span.starts_with("CC_AUTOPIPE_")
            && span.contains('_')
            && span.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
    };
    let all: Vec<&str> = spans(&manual)
        .into_iter()
        .map(|span| span.split('=').next().unwrap_or(span))
        .filter(is_name)
        .collect();
    let unknown: Vec<&&str> = all.iter().filter(|name| !known.contains(*name)).collect();
    assert!(
        60 < all.len() && unknown.is_empty(),
        "not in the source: {unknown:?}"
    );
}

#[test]
fn every_name_that_users_need_is_in_the_manual() {
    let (manual, source) = (manual(), source());
    let written = names(&manual);
    // Those of tests are not for users.
    let literals = source
        .split('"')
        .filter(|text| !text.starts_with("AP_CRASH_") && !["AP_CLOCK", "AP_FAULT"].contains(text));
    let literals =
        literals.filter(|text| text.starts_with("AP_") || text.starts_with("CLAUDE_PIPELINE_"));
    let variables = literals.filter(|name| {
        !name.ends_with('_') && name.chars().all(|c| c.is_ascii_uppercase() || c == '_')
    });
    let definition = read("src/compile/definition/loop_def.rs");
    let (_, loops) = definition
        .split_once("pub struct LoopDef")
        .expect("the loop's fields");
    let (loops, _) = loops.split_once("\n}").expect("their end");
    // Accepted from older versions, and not for new loops.
    let old = [
        "completion",
        "min_iterations",
        "iterations",
        "max",
        "output_parse",
        "items",
    ];
    let fields = loops
        .lines()
        .filter_map(|line| line.trim().strip_prefix("pub ")?.split_once(": "))
        .map(|(name, _)| name);
    let prompt = plan::template::VARIABLES;
    let former = compile::legacy_variables(&|_| Some("set".to_owned()))
        .into_iter()
        .map(|former| former.name);
    let needed = variables
        .chain(fields.filter(|name| !old.contains(name)))
        .chain(prompt)
        .chain(former);
    let missing: BTreeSet<&str> = needed.filter(|name| !written.contains(name)).collect();
    assert!(missing.is_empty(), "in no page of docs/: {missing:?}");
}

#[test]
fn the_architecture_names_files_and_tests_that_exist() {
    let text = read("ARCHITECTURE.md");
    let mut code = source();
    sources(&root().join("tests"), &mut code);
    for span in spans(&text) {
        if span.starts_with("src/") || span.starts_with("tests/") {
            assert!(root().join(span).exists(), "there is no {span}");
        }
        let Some((_, test)) = span
            .split_once("::")
            .filter(|(module, _)| module.chars().all(|c| c.is_ascii_lowercase() || c == '_'))
        else {
            continue;
        };
        assert!(
            code.contains(&format!("fn {test}(")),
            "there is no test {span}"
        );
    }
    let (_, section) = text
        .split_once("\n## What always holds\n")
        .expect("the invariants");
    let invariants = section
        .lines()
        .take_while(|line| !line.starts_with("## "))
        .filter(|line| line.starts_with("- **"))
        .count();
    assert!(12 <= invariants, "{invariants} invariants");
}

#[test]
fn links_lead_somewhere() {
    let slug = |line: &str| {
        line.trim_start_matches('#')
            .trim()
            .to_lowercase()
            .replace(' ', "-")
            .replace([',', '.', ':', '(', ')', '`'], "")
    };
    let has = |file: &Utf8Path, heading: &str| {
        fs::read_to_string(file)
            .unwrap()
            .lines()
            .filter(|line| line.starts_with('#'))
            .any(|line| slug(line) == heading)
    };
    for file in documents().iter().map(|file| root().join(file)) {
        let text = fs::read_to_string(&file).unwrap();
        for link in text
            .split("](")
            .skip(1)
            .filter_map(|rest| rest.split(')').next())
        {
            let (path, heading) = link
                .split_once('#')
                .map_or((link, None), |(path, heading)| (path, Some(heading)));
            let target = if path.is_empty() {
                file.clone()
            } else {
                file.parent().unwrap().join(path)
            };
            let fine = link.starts_with("https://")
                || target.exists() && heading.is_none_or(|heading| has(&target, heading));
            assert!(fine, "{file}: {link}");
        }
    }
}
