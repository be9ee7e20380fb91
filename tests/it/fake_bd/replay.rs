//! Every recorded call, made again of the stand-in: same exit code, same shape, same values where the queue decides by them.
use super::Bd;
use crate::project::Ran;
use camino::Utf8Path;
use serde::Deserialize;
use serde_json::Value;
use std::collections::BTreeMap;

/// A call of the real program, see `tests/data/bd/README.md`.
#[derive(Deserialize)]
struct Recorded {
    name: String,
    argv: Vec<String>,
    env: BTreeMap<String, String>,
    rc: i32,
    stdout: String,
    stderr: String,
}

const LOST_LABEL: &str = "the label `x/y` was gone a moment after it was added and listed";
/// What the stand-in does not do, and why.
const EXCEPTIONS: &[(&str, &str, &str)] = &[
    (
        "0.47.0-nodaemon",
        "export",
        "a warning on stderr about a database that could not be written",
    ),
    ("0.49.5", "list-label-all", LOST_LABEL),
    ("0.49.5", "list-text", LOST_LABEL),
    ("0.49.5", "update-blocked-status", LOST_LABEL),
];

/// The fields the queue decides by; the rest of an answer is not compared.
const DECISIVE: &[&str] = &[
    "id",
    "issue_id",
    "depends_on_id",
    "blocked_by",
    "status",
    "assignee",
    "labels",
    "label",
    "title",
    "priority",
    "issue_type",
    "type",
    "dependency_type",
    "close_reason",
    "dependency_count",
    "dependent_count",
    "blocked_by_count",
    "comment_count",
    "count",
    "total",
    "group",
    "groups",
    "dependencies",
    "dependents",
    "running",
    "closed_at",
    "defer_until",
    "error",
    "summary",
    "total_issues",
    "key",
    "value",
];
/// Of these it counts only that they are there: times, and words for people.
const ONLY_THERE: &[&str] = &["closed_at", "defer_until", "error"];
const IDS: &[&str] = &["id", "issue_id", "depends_on_id", "blocked_by"];
/// Lists in no certain order, and by what they are sorted here.
const UNORDERED: &[(&str, &str)] = &[("groups", "group"), ("dependents", "title")];

/// The stand-in's name for each recorded id, learnt where it is first seen.
#[derive(Default)]
struct Ids(BTreeMap<String, String>);

impl Ids {
    fn same(&mut self, recorded: &str, ours: &str) -> bool {
        self.0
            .entry(recorded.to_owned())
            .or_insert_with(|| ours.to_owned())
            == ours
    }

    /// An argument with its id translated: `demo-0hs`, `blocks:demo-0hs`.
    fn translate(&self, arg: &str) -> String {
        let (kind, id) = arg
            .rsplit_once(':')
            .map_or(("", arg), |(kind, id)| (&arg[..=kind.len()], id));
        self.0
            .get(id)
            .map_or_else(|| arg.to_owned(), |ours| format!("{kind}{ours}"))
    }

    /// Words for people with the ids in them translated.
    fn translate_words(&self, text: &str) -> String {
        self.0
            .iter()
            .fold(text.to_owned(), |text, (recorded, ours)| {
                text.replace(recorded, ours)
            })
    }

    fn compare(&mut self, key: &str, recorded: &Value, ours: &Value) -> Result<(), String> {
        let same = match (recorded, ours) {
            (Value::Array(recorded), Value::Array(ours)) => {
                return self.compare_lists(key, recorded, ours);
            }
            (Value::Object(_), Value::Object(_)) => return self.compare_objects(recorded, ours),
            (Value::String(recorded), Value::String(ours)) if IDS.contains(&key) => {
                self.same(recorded, ours)
            }
            _ if ONLY_THERE.contains(&key) => true,
            _ => recorded == ours,
        };
        if same {
            Ok(())
        } else {
            Err(format!("{key}: {recorded} was recorded, not {ours}"))
        }
    }

    fn compare_lists(
        &mut self,
        key: &str,
        recorded: &[Value],
        ours: &[Value],
    ) -> Result<(), String> {
        if recorded.len() != ours.len() {
            return Err(format!(
                "{key}: {} were recorded, not {}",
                recorded.len(),
                ours.len()
            ));
        }
        let (mut recorded, mut ours) = (recorded.to_vec(), ours.to_vec());
        if let Some((_, by)) = UNORDERED.iter().find(|(name, _)| *name == key) {
            for list in [&mut recorded, &mut ours] {
                list.sort_by_key(|item| item[*by].to_string());
            }
        }
        recorded
            .iter()
            .zip(&ours)
            .try_for_each(|(recorded, ours)| self.compare(key, recorded, ours))
    }

    fn compare_objects(&mut self, recorded: &Value, ours: &Value) -> Result<(), String> {
        for key in DECISIVE {
            match (recorded.get(key), ours.get(key)) {
                (Some(recorded), Some(ours)) => self.compare(key, recorded, ours)?,
                (None, None) => {}
                (Some(_), None) => return Err(format!("{key} is missing in {ours}")),
                (None, Some(_)) => return Err(format!("{key} was not recorded, but is in {ours}")),
            }
        }
        Ok(())
    }

    fn compare_output(&mut self, recorded: &Recorded, ours: &Ran) -> Result<(), String> {
        if recorded.rc != ours.code {
            return Err(format!(
                "exit code {} was recorded, not {}",
                recorded.rc, ours.code
            ));
        }
        // What follows the first line is advice.
        let first =
            |text: &str| self.translate_words(text.trim_start().lines().next().unwrap_or_default());
        let same = if is_wide(recorded) {
            recorded.stderr.is_empty() == ours.stderr.is_empty()
        } else {
            first(&recorded.stderr) == first(&ours.stderr)
        };
        if !same && recorded.stderr != NOT_KEPT {
            return Err(format!(
                "stderr: {:?} was recorded, not {:?}",
                recorded.stderr, ours.stderr
            ));
        }
        match (shape(&recorded.stdout), shape(&ours.stdout)) {
            (Shape::Json(recorded), Shape::Json(ours)) => self.compare("", &recorded, &ours),
            (Shape::Text, Shape::Text) => self.compare_text(recorded, &ours.stdout),
            (Shape::Nothing, Shape::Nothing) | (Shape::Blank, Shape::Blank) => Ok(()),
            _ => Err(format!(
                "stdout: {:?} was recorded, not {:?}",
                recorded.stdout, ours.stdout
            )),
        }
    }

    fn compare_text(&mut self, recorded: &Recorded, ours: &str) -> Result<(), String> {
        if recorded.argv.iter().any(|arg| arg == "--silent") && recorded.stdout != NOT_KEPT {
            self.same(recorded.stdout.trim(), ours.trim());
        }
        let same = is_wide(recorded)
            || recorded.stdout == NOT_KEPT
            || self.translate_words(&recorded.stdout) == ours;
        if same {
            Ok(())
        } else {
            Err(format!(
                "stdout: {:?} was recorded, not {ours:?}",
                recorded.stdout
            ))
        }
    }
}

/// Texts that are not read and that name paths, processes or times.
fn is_wide(recorded: &Recorded) -> bool {
    [
        "show-text",
        "dep-list",
        "export",
        "sync",
        "daemon-stop",
        "init-again",
    ]
    .contains(&recorded.name.as_str())
}

/// Stands for words that were not kept.
const NOT_KEPT: &str = "[not kept]\n";

enum Shape {
    Nothing,
    /// Only line breaks.
    Blank,
    Text,
    Json(Value),
}

fn shape(text: &str) -> Shape {
    match serde_json::from_str(text) {
        _ if text.is_empty() => Shape::Nothing,
        _ if text.trim().is_empty() => Shape::Blank,
        Ok(value) => Shape::Json(value),
        Err(_) => Shape::Text,
    }
}

/// Makes the calls of a transcript again and returns what differs.
fn replay(version: &str) -> Vec<String> {
    let path =
        Utf8Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("tests/data/bd/{version}.jsonl"));
    let text = fs_err::read_to_string(path).expect("a transcript");
    let (bd, nowhere) = (Bd::new(version), Bd::new(version));
    let mut ids = Ids::default();
    let mut different = Vec::new();
    for line in text.lines() {
        let recorded: Recorded = serde_json::from_str(line).expect("a recorded call");
        let at = if recorded.name.starts_with("nodb-") {
            &nowhere
        } else {
            &bd
        };
        let argv: Vec<String> = recorded.argv.iter().map(|arg| ids.translate(arg)).collect();
        let mut command = at.command(&argv.iter().map(String::as_str).collect::<Vec<_>>());
        let ours = command
            .envs(&recorded.env)
            .output()
            .expect("fake-bd runs")
            .into();
        let excused = EXCEPTIONS
            .iter()
            .any(|(at, name, _)| *at == version && *name == recorded.name);
        match ids.compare_output(&recorded, &ours) {
            Ok(()) if excused => different.push(format!(
                "{version} {}: no exception any more",
                recorded.name
            )),
            Err(why) if !excused => {
                different.push(format!("{version} {} {argv:?}: {why}", recorded.name));
            }
            _ => {}
        }
    }
    different
}

#[test]
fn every_recorded_call_is_answered_as_it_was() {
    let versions = [
        "0.24.4",
        "0.29.0",
        "0.46.0",
        "0.47.0",
        "0.47.0-nodaemon",
        "0.49.5",
    ];
    let different: Vec<String> = versions.into_iter().flat_map(replay).collect();
    assert!(different.is_empty(), "{}", different.join("\n"));
}
