//! Issues in beads: through the stand-in for `bd`, and through a real one if `BD_BIN` names it.
use super::{Made, Provider, Put, Stage, World};
use crate::fake_bd::Bd;
use agent_pipelines::plan::QueueSource;
use agent_pipelines::queue::{self, Claim, QueueEnv};
use agent_pipelines::store::atomic;
use camino::Utf8PathBuf;
use serde_json::Value;
use std::collections::BTreeMap;

pub(super) const LABEL: &str = "pipeline/s";
/// The versions whose claims compare and set.
pub(super) const SAFE: [&str; 4] = ["0.49.5", "1.0.5", "1.3.0", "2.0.0"];
pub(super) const VERSIONS: [&str; 9] = [
    "0.24.4",
    "0.29.0",
    "0.46.0",
    "0.47.0",
    "0.47.0-nodaemon",
    "0.49.5",
    "1.0.5",
    "1.3.0",
    "2.0.0",
];

/// A repository with a database.
pub(super) struct BdStage {
    pub(super) bd: Bd,
    is_fake: bool,
}

pub(super) fn fake(version: &'static str) -> Box<dyn Stage> {
    Box::new(BdStage {
        bd: logged(Bd::with_database(version)),
        is_fake: true,
    })
}

/// The real one, if there is one.
pub(super) fn real() -> Option<Provider> {
    std::env::var("BD_BIN").is_ok().then_some(Provider {
        name: "BD_BIN",
        stage: |_| {
            Box::new(BdStage {
                bd: Bd::real(),
                is_fake: false,
            })
        },
    })
}

fn logged(mut bd: Bd) -> Bd {
    let log = bd.root.join("../log.jsonl");
    bd.set("FAKE_BD_LOG", log);
    bd
}

/// A world of some version, and the stage it is on.
pub(super) fn world(version: &str, names: &[&str]) -> World {
    super::provider(version).open(names)
}

/// Calls `bd` in a world, as a person does.
#[track_caller]
pub(super) fn bd(world: &World, args: &[&str]) -> crate::project::Ran {
    let at = world.stage.at();
    let QueueSource::Beads { program, .. } = world.stage.source() else {
        panic!("no bd here")
    };
    let mut command = std::process::Command::new(program);
    command
        .args(args)
        .current_dir(&at.project)
        .env_clear()
        .envs(at.env.iter())
        .stdin(std::process::Stdio::null());
    command
        .env_remove("FAKE_BD_LOG")
        .env_remove("FAKE_BD_FAULTS")
        .env_remove("FAKE_BD_CLAIM_GAP_MS");
    crate::project::Ran::from(command.output().expect("bd runs")).expect(0)
}

/// Calls `bd` in a world, as a person does, and takes its JSON out of its envelope.
#[track_caller]
pub(super) fn json(world: &World, args: &[&str]) -> Value {
    let said = bd(world, &[args, &["--json"]].concat()).stdout;
    let answer: Value = serde_json::from_str(&said).expect("JSON");
    answer.get("data").cloned().unwrap_or(answer)
}

/// Makes an issue as a person does, and returns its id.
#[track_caller]
pub(super) fn create(world: &World, flags: &[&str]) -> String {
    json(world, &[&["create", "by hand", "-d", "x"], flags].concat())["id"]
        .as_str()
        .expect("an id")
        .to_owned()
}

/// Returns the calls of `bd` that ap made, without ids and what always comes along.
pub(super) fn calls(world: &World) -> Vec<String> {
    let log = log_file(world);
    let text = fs_err::read_to_string(log).unwrap_or_default();
    text.lines()
        .map(|line| call(&serde_json::from_str(line).expect("a line of JSON")))
        .collect()
}

pub(super) fn log_file(world: &World) -> Utf8PathBuf {
    Utf8PathBuf::from(
        world
            .stage
            .at()
            .env
            .get("FAKE_BD_LOG")
            .expect("a log")
            .clone(),
    )
}

/// Forgets the calls made so far.
pub(super) fn forget_calls(world: &World) {
    atomic::replace(&log_file(world), b"").expect("a log");
}

fn call(line: &Value) -> String {
    let words: Vec<&str> = line["argv"]
        .as_array()
        .expect("words")
        .iter()
        .filter_map(Value::as_str)
        .collect();
    let has = |word: &str| words.contains(&word);
    match words.first().copied().unwrap_or_default() {
        "list" if has("in_progress") => "list in_progress".to_owned(),
        "list" => "list all".to_owned(),
        "update" if has("--claim") => "claim".to_owned(),
        "update" => format!(
            "update {}",
            words[2..]
                .iter()
                .take_while(|word| **word != "--json")
                .copied()
                .collect::<Vec<_>>()
                .join(" ")
        ),
        word => word.to_owned(),
    }
}

impl BdStage {
    fn file(&self) -> Utf8PathBuf {
        self.bd.root.join(".beads/fake-bd.json")
    }

    fn change(&self, change: impl FnOnce(&mut Vec<Value>)) {
        let mut state: Value =
            serde_json::from_slice(&fs_err::read(self.file()).expect("the database"))
                .expect("JSON");
        change(state["issues"].as_array_mut().expect("issues"));
        atomic::replace(&self.file(), state.to_string().as_bytes()).expect("a database");
    }

    /// Calls without a fault and without being counted.
    fn quietly(&self, args: &[&str]) -> Value {
        let mut command = self.bd.command(&[args, &["--json"]].concat());
        command
            .env_remove("FAKE_BD_LOG")
            .env_remove("FAKE_BD_FAULTS")
            .env_remove("FAKE_BD_CLAIM_GAP_MS");
        let ran = crate::project::Ran::from(command.output().expect("bd runs")).expect(0);
        let answer: Value = serde_json::from_str(&ran.stdout)
            .unwrap_or_else(|error| panic!("{args:?}: {error}: {}", ran.text()));
        answer.get("data").cloned().unwrap_or(answer)
    }
}

impl Stage for BdStage {
    fn source(&self) -> QueueSource {
        QueueSource::Beads {
            program: self.bd.program(),
            database: None,
            label: Some(LABEL.to_owned()),
        }
    }

    fn at(&self) -> QueueEnv {
        QueueEnv {
            project: self.bd.root.clone(),
            env: self.bd.env(),
        }
    }

    fn make(&self, tasks: &[Made<'_>]) -> Vec<String> {
        if self.is_fake {
            let issue = |task: &Made<'_>| {
                let status = if task.closed { "closed" } else { "open" };
                serde_json::json!({ "id": format!("demo-{}", task.name), "title": task.title, "status": status, "labels": [LABEL] })
            };
            self.change(|issues| issues.extend(tasks.iter().map(issue)));
            return tasks
                .iter()
                .map(|task| format!("demo-{}", task.name))
                .collect();
        }
        let make = |task: &Made<'_>| {
            // A title may look like a flag.
            let issue = self.quietly(&[
                "create",
                &format!("--title={}", task.title),
                "-d",
                "x",
                "-l",
                LABEL,
            ]);
            let id = issue["id"].as_str().expect("an id").to_owned();
            let _ = task.closed.then(|| self.quietly(&["close", &id]));
            id
        };
        tasks.iter().map(make).collect()
    }

    fn put(&self, id: &str, to: Put<'_>) -> bool {
        let update = |words: &[&str]| drop(self.quietly(&[&["update", id], words].concat()));
        match to {
            Put::Open => update(&["--status", "open", "--assignee", ""]),
            Put::Closed => drop(self.quietly(&["close", id, "--reason", "by hand"])),
            Put::HeldBy(name) => update(&["--status", "in_progress", "--assignee", name]),
            Put::Held => update(&["--status", "in_progress", "--assignee", ""]),
            Put::Blocked => update(&["--status", "blocked"]),
            Put::Deleted if self.is_fake => {
                self.change(|issues| issues.retain(|issue| issue["id"] != id));
            }
            Put::Deleted => return false,
        }
        true
    }

    fn truth(&self, id: &str) -> (String, Option<String>) {
        let issue = self.quietly(&["show", id])[0].take();
        let word = match issue["status"].as_str().expect("a status") {
            "in_progress" => "held",
            other => other,
        };
        (
            word.to_owned(),
            issue["assignee"]
                .as_str()
                .filter(|name| !name.is_empty())
                .map(str::to_owned),
        )
    }

    fn vanish(&self) {
        fs_err::remove_dir_all(self.bd.root.join(".beads")).expect("it goes");
    }

    fn closings(&self) -> Option<BTreeMap<String, usize>> {
        let mut closings = BTreeMap::new();
        let log = self.bd.env().get("FAKE_BD_LOG")?.clone();
        for line in fs_err::read_to_string(log).expect("the log").lines() {
            let line: Value = serde_json::from_str(line).expect("a line of JSON");
            if line["argv"][0] == "close" && line["rc"] == 0 {
                *closings
                    .entry(line["argv"][1].as_str().expect("an id").to_owned())
                    .or_default() += 1;
            }
        }
        Some(closings)
    }

    fn set(&mut self, name: &str, value: &str) {
        self.bd.set(name, value);
    }
}

#[test]
fn a_worktree_shares_the_queue_of_its_repository() {
    let world = world("1.3.0", &["a"]);
    let QueueEnv { project, env } = world.stage.at();
    for args in [
        &["commit", "-q", "--allow-empty", "-m", "first"][..],
        &["worktree", "add", "-q", "../tree"],
    ] {
        crate::fake_bd::git(&project, args);
    }
    let there = queue::open(
        &world.spec,
        &QueueEnv {
            project: project.parent().unwrap().join("tree"),
            env,
        },
    );
    assert_eq!(there.folder(), world.queue.folder());
    world.take(Some("a"), &super::agent("s", 1));
    assert_eq!(
        there.claim(Some(world.id("a")), &super::agent("t", 1)),
        Ok(Claim::Lost {
            by: "pipeline/s/r1/1".to_owned()
        })
    );
}
