//! Two sessions and a user work on one beads database at the same time, with kills in between.
use super::agent::{begins, works};
use super::project::{LIMIT, Project};
use super::{API_KEY, RESUME};
use crate::claude_cli::{ClaudeEnv, claude};
use crate::messages_api::{MockApi, script, turn};
use agent_pipelines::clock;
use camino::Utf8PathBuf;
use serde_json::{Value, json};
use std::collections::BTreeMap;

const LABEL: &str = "pipeline/team";
/// The session of the real `claude`; its agents choose for themselves.
const CLAUDE: &str = "termination: { type: queue, max: 20 }\nqueue: { provider: beads, label: pipeline/team }\nmodel: sonnet\ndelay: 0\nretry_delay: 0\n";
/// The other session; the engine hands its agents their tasks.
const HANDED: &str = "termination: { type: queue, max: 20 }\nqueue: { provider: beads, label: pipeline/team, claim: engine }\nprovider: command\nprogram: ./.git/worker\ndelay: 0\nretry_delay: 0\n";
/// Takes the task it was handed from its prompt, and a while for it.
const WORKER: &str = r#"#!/bin/sh
read -r status; read -r task; cat >/dev/null
id=${task%%:*}
while [ -e .git/hold ]; do sleep 0.1; done
ap queue close "$id" --reason "by the worker" >/dev/null || exit 1
printf '{"decision":"continue","reason":"closed %s","summary":"%s"}' "$id" "$id" >"$status"
"#;
const PROMPT: &str = "Do one task.\nContext: ${CTX}\nStatus: ${STATUS}\nProgress: ${PROGRESS}\n";

struct Team {
    project: Project,
    api: MockApi,
    log: Utf8PathBuf,
}

impl Team {
    /// Eight tasks, of which the last waits for the first; `None` where the tests do without claude.
    fn new() -> Option<Self> {
        claude()?;
        let script = script()
            .conversation(works)
            .conversation(|request| {
                let mut turns = begins(request);
                turns.push(turn().bash("touch .git/asleep; sleep 600"));
                turns
            })
            .every(|_, request| works(request));
        let api = MockApi::start(script);
        let env = ClaudeEnv::new(&api).without("IS_SANDBOX");
        let (bin, log) = (env.home().join("bin"), env.home().join("bd.log"));
        fs_err::create_dir_all(&bin).expect("a folder");
        fs_err::os::unix::fs::symlink(env!("CARGO_BIN_EXE_fake-bd"), bin.join("bd"))
            .expect("a link");
        let path = format!(
            "{bin}:{}",
            env.command("true")
                .get_envs()
                .find(|(name, _)| *name == "PATH")
                .and_then(|(_, path)| path?.to_str())
                .expect("a PATH")
        );
        let env = env
            .var("PATH", path)
            .var("FAKE_BD_LOG", log.as_str())
            .var("FAKE_BD_VERSION", "0.47.0")
            .var("FAKE_BD_CLAIM_GAP_MS", "5");
        let project = Project::new(env, &[], "");
        for (name, yaml, prompt) in [
            ("e2e", CLAUDE, PROMPT),
            ("handed", HANDED, "${STATUS}\n${TASK}\n"),
        ] {
            project.put(
                &format!(".claude/loops/{name}/loop.yaml"),
                &format!("name: {name}\n{yaml}"),
            );
            project.put(&format!(".claude/loops/{name}/prompt.md"), prompt);
        }
        project.put(".git/worker", WORKER);
        project
            .program("chmod", &["+x", ".git/worker"])
            .status()
            .expect("chmod runs");
        let team = Self { project, api, log };
        team.bd(&["init", "--prefix", "team", "--quiet"]);
        let ids: Vec<String> = (1..=8).map(|n| team.create(n)).collect();
        team.bd(&["dep", "add", &ids[7], &ids[0], "--json"]);
        Some(team)
    }

    fn bd(&self, args: &[&str]) -> String {
        let output = self.project.program("bd", args).output().expect("bd runs");
        assert!(
            output.status.success(),
            "bd {args:?}: {}",
            String::from_utf8_lossy(&output.stderr)
        );
        String::from_utf8(output.stdout).expect("UTF-8")
    }

    fn json(&self, args: &[&str]) -> Value {
        serde_json::from_str(&self.bd(&[args, &["--json"]].concat())).expect("JSON")
    }

    fn create(&self, n: u32) -> String {
        let issue = self.json(&[
            "create",
            &format!("task {n}"),
            "-t",
            "task",
            "-p",
            "2",
            "-d",
            "x",
            "-l",
            LABEL,
        ]);
        issue["id"].as_str().expect("an id").to_owned()
    }

    fn issues(&self) -> Vec<Value> {
        serde_json::from_value(self.json(&["list", "--label", LABEL, "--all", "--limit", "0"]))
            .expect("a list")
    }

    fn closed(&self) -> usize {
        self.issues()
            .iter()
            .filter(|issue| issue["status"] == "closed")
            .count()
    }

    /// The actors of every call that closed a task, by task.
    fn closings(&self) -> BTreeMap<String, Vec<String>> {
        let log = fs_err::read_to_string(&self.log).expect("a log");
        let calls = log
            .lines()
            .map(|line| serde_json::from_str::<Value>(line).expect("JSON"));
        let mut closings: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for call in calls.filter(|call| call["argv"][0] == "close" && call["rc"] == 0) {
            let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
            closings
                .entry(text(&call["argv"][1]))
                .or_default()
                .push(text(&call["actor"]));
        }
        closings
    }

    fn journal(&self, session: &str) -> Vec<Value> {
        let text = self
            .project
            .read(format!(".claude/pipeline-runs/{session}/events.jsonl"));
        text.lines()
            .map(|line| serde_json::from_str::<Value>(line).expect("JSON")["event"].clone())
            .collect()
    }

    /// The session is complete because nothing is left, and for no other reason.
    fn completed(&self, session: &str) {
        let journal = self.journal(session);
        let ending = &journal.last().expect("an event")["ending"];
        assert_eq!(
            (&ending["kind"], &ending["reason"]),
            (
                &json!("completed"),
                &json!({ "kind": "queue_empty", "closed": 8 })
            ),
            "{session}"
        );
    }
}

#[test]
fn two_sessions_and_a_user_close_every_task_once() {
    let Some(team) = Team::new() else { return };
    let ready = team.json(&["ready", "--label", LABEL, "--limit", "0"]);
    let anns = ready[3]["id"].as_str().expect("an id").to_owned();
    team.bd(&["update", &anns, "--claim", "--actor", "ann", "--json"]);

    team.project.put(".git/hold", "");
    let claude = team.project.start(API_KEY);
    let handed = team.project.start_session("handed", "handed", &[]);
    // Claude's second agent has a task and sleeps on it; the other session is in the middle of one too.
    team.project.wait_for(".git/asleep");
    claude.kill_all();
    // The runner alone dies; its agent continues and is adopted.
    assert!(
        clock::wait_until(LIMIT, || team
            .journal("handed")
            .last()
            .is_some_and(|event| event["type"] == "agent_started")),
        "a worker"
    );
    handed.kill();
    let handed = team
        .project
        .start_session("handed", "handed", &["--resume"]);
    handed.wait_to_show("taken over");
    fs_err::remove_file(team.project.root().join(".git/hold")).expect("it is held");
    let claude = team.project.start(RESUME);

    // Only what ann holds is left: both wait, and say for whom.
    assert!(
        clock::wait_until(LIMIT, || team.closed() == 7),
        "{:#?}",
        team.issues()
    );
    handed.wait_to_show("1 task held by ann");
    claude.wait_to_show("1 task held by ann");
    team.bd(&[
        "close", &anns, "--reason", "by hand", "--actor", "ann", "--json",
    ]);
    for (running, session) in [(claude, "it"), (handed, "handed")] {
        let (code, shown) = running.end();
        assert_eq!(code, Some(0), "{shown}");
        team.completed(session);
    }

    let closings = team.closings();
    for issue in team.issues() {
        let id = issue["id"].as_str().expect("an id");
        let owner = issue["assignee"].as_str().unwrap_or_default();
        assert_eq!(issue["status"], "closed", "{id}");
        assert_eq!(
            closings[id],
            [owner],
            "{id} is closed once, by who holds it"
        );
        assert_eq!(owner == "ann", id == anns, "{id} is {owner}'s");
        assert!(
            owner == "ann"
                || owner.starts_with("pipeline/it/")
                || owner.starts_with("pipeline/handed/"),
            "{id} is {owner}'s"
        );
    }
    // The task that the killed agent held was released, and the log has it.
    let released = |session: &str| {
        team.journal(session)
            .iter()
            .flat_map(|event| event["released"].as_array().cloned().unwrap_or_default())
            .count()
    };
    assert!(
        0 < released("it") + released("handed"),
        "nothing was released"
    );
    assert!(!team.api.requests().is_empty() && team.project.processes().is_empty());
}
