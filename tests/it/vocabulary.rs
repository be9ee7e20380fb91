//! The whole vocabulary of both generations, in definitions of our own under `tests/it/vocabulary/`: each is linted and
//! run with the scripted agent, killed in the middle of each of its nodes and gates, and resumed.
//!
//! A definition says in comments how often each of its nodes runs and how that ends (`# It runs: …`), and the headings
//! of what a node gets from others (`# It gets: …`). A new one there is run as those beside it are.
mod fields;
mod killed;

use crate::project::Project;
use camino::{Utf8Path, Utf8PathBuf};
use serde_json::Value;
use std::collections::BTreeSet;

/// A loop or pipeline of ours.
struct Definition {
    /// As `ap` takes it: `loop` or `pipeline`.
    kind: &'static str,
    name: String,
    text: String,
}

impl Definition {
    /// What is said in its comments about how it runs, in order.
    fn runs(&self) -> Vec<String> {
        let said = self
            .text
            .lines()
            .filter_map(|line| line.strip_prefix("# It runs: "));
        said.flat_map(|line| line.split(", "))
            .map(str::to_owned)
            .collect()
    }

    /// The headings of what a node gets, if its comments say so.
    fn gets(&self, node: &str) -> Option<Vec<&str>> {
        let said = self
            .text
            .lines()
            .filter_map(|line| line.strip_prefix("# It gets: ")?.split_once(" <- "));
        Some(
            said.into_iter()
                .find(|(id, _)| *id == node)?
                .1
                .split(" | ")
                .collect(),
        )
    }
}

fn folder() -> Utf8PathBuf {
    Utf8Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/vocabulary")
}

/// Returns the names in a folder, in order.
fn names(folder: &Utf8Path) -> Vec<String> {
    let entries = folder
        .read_dir_utf8()
        .expect("a folder")
        .map(|entry| entry.expect("an entry").file_name().to_owned());
    let mut names: Vec<String> = entries.collect();
    names.sort();
    names
}

/// Returns what is in `loops`, `stages` or `pipelines` of the project.
fn definitions(shelf: &str) -> Vec<Definition> {
    let shelf_path = folder().join("project/.claude").join(shelf);
    let definition = |name: String| {
        let (kind, file) = match shelf {
            "loops" => ("loop", shelf_path.join(&name).join("loop.yaml")),
            "stages" => ("loop", shelf_path.join(&name).join("stage.yaml")),
            _ => ("pipeline", shelf_path.join(&name)),
        };
        let text = fs_err::read_to_string(file).expect("a definition");
        Definition {
            kind,
            name: name.trim_end_matches(".yaml").to_owned(),
            text,
        }
    };
    names(&shelf_path).into_iter().map(definition).collect()
}

/// Copies a folder with everything in it; programs stay programs.
fn copy(from: &Utf8Path, to: &Utf8Path) {
    fs_err::create_dir_all(to).expect("a folder");
    for name in names(from) {
        let (from, to) = (from.join(&name), to.join(&name));
        if from.is_dir() {
            copy(&from, &to);
        } else {
            fs_err::copy(from, to).expect("a file");
        }
    }
}

/// Makes a project with all definitions, tasks in every kind of queue, and a provider of one's own.
fn project() -> Project {
    let mut project = Project::new();
    copy(&folder().join("project"), project.root());
    copy(
        &folder().join("user"),
        &Utf8PathBuf::from(project.var("AP_HOME")).join("config"),
    );
    issues(&mut project);
    project
}

/// Puts two issues into a beads database.
#[cfg(feature = "fake-bd")]
fn issues(project: &mut Project) {
    let bin = project.outside().join("bin");
    fs_err::create_dir_all(&bin).expect("a folder");
    fs_err::os::unix::fs::symlink(env!("CARGO_BIN_EXE_fake-bd"), bin.join("bd")).expect("a link");
    let path = format!("{bin}:{}", project.var("PATH"));
    project.set("PATH", path).set("FAKE_BD_VERSION", "1.3.0");
    for words in [
        "init --prefix t --quiet",
        "create sweep -l ops --json",
        "create clean -l ops --json",
    ] {
        let made = project
            .command(bin.join("bd").as_str())
            .args(words.split(' '))
            .output()
            .expect("bd runs");
        assert!(
            made.status.success(),
            "bd {words}: {}",
            String::from_utf8_lossy(&made.stderr)
        );
    }
    // Only found where it is named: the other queues are the project's own.
    fs_err::rename(
        project.root().join(".beads"),
        project.root().join("docs/.beads"),
    )
    .expect("the database");
}

#[cfg(not(feature = "fake-bd"))]
fn issues(_project: &mut Project) {}

#[test]
fn every_definition_lints_clean_but_for_old_spellings() {
    let ran = project().ap(&["lint", "--json"]).expect(0);
    let report: Value = serde_json::from_str(&ran.stdout).expect("JSON");
    let problems = report["checked"]
        .as_array()
        .expect("a list")
        .iter()
        .flat_map(|checked| checked["problems"].as_array().expect("a list"));
    let mut old = BTreeSet::new();
    for problem in problems.filter(|problem| {
        problem["file"]
            .as_str()
            .is_some_and(|file| file.starts_with(".claude/"))
    }) {
        if problem["code"] == "no-inputs" {
            // It is for pipelines, where a node before it writes that.
            assert_eq!(
                problem["message"],
                "`${INPUTS.views}` is empty when the loop runs on its own"
            );
            continue;
        }
        assert!(
            problem["code"] == "deprecated"
                || problem["message"] == "`parallel` has no effect here",
            "{problem}"
        );
        let file = problem["file"]
            .as_str()
            .expect("a path")
            .trim_end_matches("/stage.yaml")
            .trim_end_matches(".yaml");
        old.insert(file.rsplit('/').next().expect("a name").to_owned());
    }
    let older = definitions("pipelines")
        .into_iter()
        .filter(|pipeline| pipeline.name.starts_with("old"));
    let older: BTreeSet<String> = older
        .chain(definitions("stages"))
        .map(|definition| definition.name)
        .collect();
    assert_eq!(old, older);
}
