//! Tasks in the real Taskwarrior, through `examples/queues/taskwarrior/tracker.py`.
use super::{Made, Put, Stage};
use crate::project::PYTHON;
use agent_pipelines::model::Env;
use agent_pipelines::plan::{QueueSource, TrackerCommands};
use agent_pipelines::queue::QueueEnv;
use agent_pipelines::store::atomic;
use camino::Utf8PathBuf;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::io::Write as _;
use std::process::{Command, Stdio};
use tempfile::TempDir;

pub(super) use crate::examples::has_taskwarrior;

/// Its files in a folder of their own.
struct TaskStage {
    _folder: TempDir,
    top: Utf8PathBuf,
    env: Env,
}

pub(super) fn real(_name: &'static str) -> Box<dyn Stage> {
    let folder = tempfile::Builder::new()
        .prefix("queue tests ")
        .tempdir()
        .expect("a temporary folder");
    let top = Utf8PathBuf::from_path_buf(folder.path().canonicalize().expect("it is there"))
        .expect("a UTF-8 path");
    fs_err::create_dir(top.join(".task")).expect("a folder");
    atomic::replace(&top.join("taskrc"), b"").expect("a file");
    let path = std::env::var("PATH").expect("a PATH");
    let vars = [
        ("PATH", path),
        ("HOME", top.to_string()),
        ("TASKRC", top.join("taskrc").into()),
        ("TASKDATA", top.join(".task").into()),
    ];
    let env = vars
        .into_iter()
        .map(|(name, value)| (name.to_owned(), value))
        .collect();
    Box::new(TaskStage {
        _folder: folder,
        top,
        env,
    })
}

impl TaskStage {
    /// Calls Taskwarrior as a person does.
    #[track_caller]
    fn task(&self, words: &[&str], input: &str) -> String {
        let mut command = Command::new("task");
        command.args([
            "rc.confirmation=off",
            "rc.bulk=0",
            "rc.verbose=nothing",
            "rc.gc=off",
            "rc.json.array=on",
        ]);
        command
            .args([
                "rc.uda.ap_owner.type=string",
                "rc.uda.ap_parked.type=string",
            ])
            .args(words);
        command
            .env_clear()
            .envs(self.env.iter())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        let mut child = command.spawn().expect("task runs");
        child
            .stdin
            .take()
            .expect("a pipe")
            .write_all(input.as_bytes())
            .expect("it reads");
        crate::project::Ran::from(child.wait_with_output().expect("it ends"))
            .expect(0)
            .stdout
    }

    fn export(&self, id: &str) -> Vec<Value> {
        serde_json::from_str(&self.task(&[id, "export"], "")).expect("JSON")
    }
}

impl Stage for TaskStage {
    fn source(&self) -> QueueSource {
        let script = concat!(
            env!("CARGO_MANIFEST_DIR"),
            "/examples/queues/taskwarrior/tracker.py"
        );
        let command = |action: &str| {
            [&PYTHON, "-I", "-S", script, action]
                .map(str::to_owned)
                .to_vec()
        };
        QueueSource::Command(Box::new(TrackerCommands {
            label: Some("s".to_owned()),
            database: Some(self.top.join(".task")),
            list: command("list"),
            claim: command("claim"),
            release: command("release"),
            close: command("close"),
            park: command("park"),
        }))
    }

    fn at(&self) -> QueueEnv {
        QueueEnv {
            project: self.top.clone(),
            env: self.env.clone(),
        }
    }

    fn make(&self, tasks: &[Made<'_>]) -> Vec<String> {
        let id = |number: usize| format!("00000000-0000-4000-8000-{number:012}");
        // They are taken in the order in which they were entered.
        let entry = |n: usize| format!("20250101T{:02}{:02}{:02}Z", n / 3600, n / 60 % 60, n % 60);
        let task = |(number, task): (usize, &Made<'_>)| {
            let mut fields = json!({ "uuid": id(number), "description": task.title, "project": "s", "entry": entry(number) });
            fields["status"] = if task.closed { "completed" } else { "pending" }.into();
            if task.closed {
                fields["end"] = "20250102T000000Z".into();
            }
            fields
        };
        let made: Vec<Value> = tasks.iter().enumerate().map(task).collect();
        if !made.is_empty() {
            self.task(&["import", "-"], &Value::from(made).to_string());
        }
        (0..tasks.len()).map(id).collect()
    }

    fn put(&self, id: &str, to: Put<'_>) -> bool {
        let owner = if let Put::HeldBy(name) = to {
            format!("ap_owner:{name}")
        } else {
            String::new()
        };
        let words: &[&str] = match to {
            Put::Open => &[
                "modify",
                "status:pending",
                "end:",
                "start:",
                "wait:",
                "ap_owner:",
                "ap_parked:",
            ],
            Put::Closed => &["done"],
            Put::HeldBy(_) => &["modify", "start:now", &owner],
            Put::Blocked => &["modify", "wait:2099-01-01T00:00:00Z"],
            Put::Deleted => &["delete"],
            // A task without an owner is yours.
            Put::Held => return false,
        };
        self.task(&[&[id], words].concat(), "");
        true
    }

    fn truth(&self, id: &str) -> (String, Option<String>) {
        let task = self.export(id).remove(0);
        let has = |name: &str| task.get(name).is_some();
        let word = match task["status"].as_str().expect("a status") {
            "completed" | "deleted" => "closed",
            _ if has("start") => "held",
            _ if has("wait") || has("ap_parked") => "blocked",
            _ => "open",
        };
        (
            word.to_owned(),
            task["ap_owner"]
                .as_str()
                .filter(|_| word == "held")
                .map(str::to_owned),
        )
    }

    fn vanish(&self) {
        fs_err::remove_dir_all(self.top.join(".task")).expect("it goes");
    }

    /// It keeps what each change made of a task, so that it can be undone.
    fn closings(&self) -> Option<BTreeMap<String, usize>> {
        let mut closings = BTreeMap::new();
        // Only 2.6 keeps it as text.
        let text = fs_err::read_to_string(self.top.join(".task/undo.data")).ok()?;
        for change in text.split("---\n") {
            let line = |kind: &str| {
                change
                    .lines()
                    .find(|line| line.starts_with(kind))
                    .unwrap_or_default()
            };
            let is_closed = |kind: &str| line(kind).contains(r#"status:"completed""#);
            if line("old ").contains("status:") && !is_closed("old ") && is_closed("new ") {
                let id = line("new ")
                    .split(r#"uuid:""#)
                    .nth(1)
                    .and_then(|rest| rest.split('"').next())
                    .expect("an id");
                *closings.entry(id.to_owned()).or_default() += 1;
            }
        }
        Some(closings)
    }

    fn set(&mut self, name: &str, value: &str) {
        self.env.insert(name.to_owned(), value.to_owned());
    }
}
