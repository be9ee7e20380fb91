//! Trackers behind commands: the tracker that the contract tests use, and tests that apply to commands only.
use super::{Made, Put, Stage, agent, provider};
use crate::project::PYTHON;
use agent_pipelines::model::Env;
use agent_pipelines::plan::{QueueSource, QueueSpec, TrackerCommands};
use agent_pipelines::queue::{Owner, QueueEnv, QueueErrorKind, Released, open};
use agent_pipelines::store::atomic;
use camino::Utf8PathBuf;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use tempfile::TempDir;

/// A file of the tracker in `tests/fakes/tracker.py`.
struct ScriptStage {
    _folder: TempDir,
    file: Utf8PathBuf,
    env: Env,
}

pub(super) fn script(_name: &'static str) -> Box<dyn Stage> {
    let folder = tempfile::Builder::new()
        .prefix("queue tests ")
        .tempdir()
        .expect("a temporary folder");
    let top = Utf8PathBuf::from_path_buf(folder.path().canonicalize().expect("it is there"))
        .expect("a UTF-8 path");
    let stage = ScriptStage {
        _folder: folder,
        file: top.join("tracker.json"),
        env: Env::default(),
    };
    stage.save(&[]);
    Box::new(stage)
}

impl ScriptStage {
    fn load(&self) -> Vec<Value> {
        let state: Value =
            serde_json::from_slice(&fs_err::read(&self.file).expect("the file")).expect("JSON");
        state["tasks"].as_array().expect("tasks").clone()
    }

    fn save(&self, tasks: &[Value]) {
        // As the tracker reads it: serde_json puts `id` first, and nothing but commas between them.
        let lines: Vec<String> = tasks.iter().map(Value::to_string).collect();
        atomic::replace(
            &self.file,
            format!("{{\"tasks\": [\n{}\n]}}\n", lines.join(",\n")).as_bytes(),
        )
        .expect("a file");
    }

    fn change(&self, change: impl FnOnce(&mut Vec<Value>)) {
        let mut tasks = self.load();
        change(&mut tasks);
        self.save(&tasks);
    }

    fn commands(&self) -> TrackerCommands {
        let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fakes/tracker.py");
        let command = |action: &str| {
            [
                &PYTHON,
                "-I",
                "-S",
                script,
                self.file.as_str(),
                action,
                "{id}",
            ]
            .map(str::to_owned)
            .to_vec()
        };
        TrackerCommands {
            label: Some("s".to_owned()),
            database: Some(self.file.clone()),
            list: command("list"),
            claim: command("claim"),
            release: command("release"),
            close: command("close"),
            park: command("park"),
        }
    }
}

impl Stage for ScriptStage {
    fn source(&self) -> QueueSource {
        QueueSource::Command(Box::new(self.commands()))
    }

    fn at(&self) -> QueueEnv {
        QueueEnv {
            project: self.file.parent().expect("a folder").to_owned(),
            env: self.env.clone(),
        }
    }

    fn make(&self, tasks: &[Made<'_>]) -> Vec<String> {
        let state = |closed: bool| if closed { "closed" } else { "open" };
        let task = |task: &Made<'_>| json!({ "id": task.name, "title": task.title, "state": state(task.closed) });
        self.change(|all| all.extend(tasks.iter().map(task)));
        tasks.iter().map(|task| task.name.to_owned()).collect()
    }

    fn put(&self, id: &str, to: Put<'_>) -> bool {
        let word = match to {
            Put::Open => "open",
            Put::Closed => "closed",
            Put::Held => "held",
            Put::Blocked => "blocked",
            Put::Deleted => "",
            // It keeps no owner.
            Put::HeldBy(_) => return false,
        };
        self.change(|tasks| {
            tasks.retain(|task| task["id"] != id || !word.is_empty());
            tasks
                .iter_mut()
                .filter(|task| task["id"] == id)
                .for_each(|task| task["state"] = word.into());
        });
        true
    }

    fn truth(&self, id: &str) -> (String, Option<String>) {
        let tasks = self.load();
        let task = tasks
            .iter()
            .find(|task| task["id"] == id)
            .expect("the task");
        (task["state"].as_str().expect("a state").to_owned(), None)
    }

    fn vanish(&self) {
        fs_err::remove_file(&self.file).expect("it goes");
    }

    fn closings(&self) -> Option<BTreeMap<String, usize>> {
        let mut closings = BTreeMap::new();
        for id in fs_err::read_to_string(format!("{}.closed", self.file))
            .unwrap_or_default()
            .lines()
        {
            *closings.entry(id.to_owned()).or_default() += 1;
        }
        Some(closings)
    }

    fn set(&mut self, name: &str, value: &str) {
        self.env.insert(name.to_owned(), value.to_owned());
    }
}

/// A queue of a tracker whose commands are this program, called with the action.
fn queue(program: &str) -> (Box<dyn agent_pipelines::queue::Queue>, super::World) {
    let world = provider("tracker.py").open(&["a"]);
    let command = |action: &str| {
        [&PYTHON, "-I", "-S", "-c", program, action]
            .map(str::to_owned)
            .to_vec()
    };
    let commands = TrackerCommands {
        label: None,
        database: None,
        list: command("list"),
        claim: command("claim"),
        release: command("release"),
        close: command("close"),
        park: Vec::new(),
    };
    let spec = QueueSpec {
        timeout_s: 10,
        ..QueueSpec::new(QueueSource::Command(Box::new(commands)))
    };
    (open(&spec, &world.stage.at()), world)
}

#[test]
fn malformed_command_output_makes_the_status_unknown() {
    for (program, words) in [
        ("import sys; sys.exit('no network')", "no network"),
        (
            "print('nothing to do')",
            "it printed no JSON but “nothing to do”",
        ),
        ("print('[{')", "breaks off"),
        ("print('{\"error\": \"not logged in\"}')", "not logged in"),
        (
            "print('[{\"id\": 1, \"title\": \"x\", \"state\": \"odd\"}]')",
            "unknown variant `odd`",
        ),
        ("import os; os.kill(os.getpid(), 9)", "signal 9"),
    ] {
        let (queue, world) = queue(program);
        // Else it is asked again and again.
        queue.shorten_timeouts();
        let settled = agent_pipelines::queue::release_and_check(
            &*queue,
            &super::run("s", "r1"),
            &super::lives,
            None,
        );
        let status = world.words(&settled.status);
        assert!(
            status.starts_with("unknown: ") && status.contains(words),
            "{program}: {status}"
        );
    }
}

#[test]
fn ids_may_be_numbers_and_fields_may_be_missing_or_null() {
    let task = "{\"id\": 7, \"title\": \"x\", \"state\": \"ready\", \"owner\": null, \"body\": null, \"more\": {}}";
    let (queue, _world) = queue(&format!(
        "print('{{\"error\": null, \"tasks\": [{task}]}}')"
    ));
    let tasks = queue.next().unwrap();
    assert_eq!((tasks[0].id.as_str(), tasks.len()), ("7", 1));
}

#[test]
fn a_plan_keeps_every_kind_of_queue() {
    for provider in super::providers() {
        let spec = provider.open(&[]).spec;
        let text = serde_json::to_string(&spec).unwrap();
        assert_eq!(
            serde_json::from_str::<QueueSpec>(&text)
                .unwrap_or_else(|error| panic!("{error}: {text}")),
            spec
        );
    }
}

#[test]
fn tasks_are_parked_in_our_records_where_the_tracker_cannot() {
    let mut world = provider("tracker.py").open(&["a", "b"]);
    let QueueSource::Command(commands) = &mut world.spec.source else {
        panic!("no commands")
    };
    commands.park.clear();
    world.spec.max_attempts = 1;
    world.reopen();
    world.take(Some("a"), &agent("s", 1));
    assert_eq!(
        world.release("a", &agent("s", 1), true),
        Ok(Released::Parked)
    );
    assert_eq!(world.truth("a").0, "open");
    assert_eq!(world.take(None, &agent("s", 2)), "b");
    assert!(
        world
            .claim(Some("a"), &agent("s", 3))
            .unwrap_err()
            .what
            .contains("parked after 1 failed attempt")
    );
    assert_eq!(
        world.release("a", &Owner::user("ann"), false),
        Ok(Released::Back)
    );
    assert_eq!(world.take(None, &agent("s", 3)), "a");
}

#[test]
fn commands_receive_their_parameters_on_stdin() {
    let told = "import sys\nsys.argv[1] == 'list' or open('told', 'w').write(sys.stdin.read())\n\
        print('[{\"id\": \"a\", \"title\": \"x\", \"state\": \"open\"}]')";
    let (queue, world) = queue(told);
    queue
        .close("a", Some(&agent("s", 1)), "it's\ndone")
        .unwrap_err();
    let told: Value =
        serde_json::from_slice(&fs_err::read(world.stage.at().project.join("told")).unwrap())
            .unwrap();
    assert_eq!(
        told,
        json!({ "action": "close", "id": "a", "owner": "pipeline/s/r1/1", "label": "", "reason": "it's\ndone" })
    );
}

/// A tracker whose `list` always shows the task in one state and whose other commands refuse.
fn refusing(state: &str) -> String {
    let list = format!("[{{\"id\": \"a\", \"title\": \"x\", \"state\": \"{state}\"}}]");
    format!("import sys\nprint('{list}') if sys.argv[1] == 'list' else sys.exit('I will not')")
}

#[test]
fn a_refusal_shows_the_text_of_the_command() {
    let (queue, _world) = queue(&refusing("open"));
    let error = queue.claim(None, &agent("s", 1)).unwrap_err();
    assert!(
        error.kind == QueueErrorKind::Protocol && error.what.contains("I will not"),
        "{error}"
    );
    let error = queue.close("a", None, "").unwrap_err();
    assert!(
        error.what.contains("`close` command") && error.what.contains("I will not"),
        "{error}"
    );
}

#[test]
fn a_busy_tracker_is_asked_again_and_claims_are_verified() {
    let program = "import sys, os\n\
        if sys.argv[1] != 'list' and not os.path.exists('second'): open('second', 'w'); sys.exit(75)\n\
        state = 'held' if os.path.exists('done') else 'open'\n\
        if sys.argv[1] == 'claim': open('done', 'w')\n\
        print('[{\"id\": \"a\", \"title\": \"x\", \"state\": \"' + state + '\"}]')";
    let (queue, _world) = queue(program);
    assert!(matches!(
        queue.claim(None, &agent("s", 1)),
        Ok(agent_pipelines::queue::Claim::Won(_))
    ));
    let error = queue.close("a", Some(&agent("s", 1)), "").unwrap_err();
    assert!(error.what.contains("could not be closed"), "{error}");
}
