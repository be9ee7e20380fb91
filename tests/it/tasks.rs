//! Sessions that work through a queue: tasks held, released, parked and assigned, over a checklist and beads.
#[cfg(feature = "fake-bd")]
mod beads;

use crate::project::Project;
use nix::sys::signal::Signal;
use serde_json::Value;

const HOLDS: &str = "ap queue claim >/dev/null && touch ../claimed; sleep 600";
const CLOSES: &str = r#"id=$(ap queue claim --json | cut -d'"' -f4)
ap queue close "$id" >/dev/null && echo '{"decision":"continue"}' >"$status""#;

/// A project whose tasks have these titles.
struct Tasks {
    project: Project,
    beads: bool,
}

impl Tasks {
    fn all(titles: &[&str]) -> Vec<Self> {
        let mut all = vec![Self::checklist(titles)];
        if cfg!(feature = "fake-bd") {
            all.push(Self::beads(titles, "0.49.5"));
        }
        all
    }

    fn checklist(titles: &[&str]) -> Self {
        let project = Project::new();
        project.write(
            "backlog.md",
            &titles
                .iter()
                .map(|title| format!("- [ ] {title} (#{title})\n"))
                .collect::<String>(),
        );
        Self {
            project,
            beads: false,
        }
    }

    #[cfg(feature = "fake-bd")]
    fn beads(titles: &[&str], version: &str) -> Self {
        let mut project = Project::new();
        let bin = project.outside().join("bin");
        fs_err::create_dir_all(&bin).expect("a folder");
        fs_err::os::unix::fs::symlink(env!("CARGO_BIN_EXE_fake-bd"), bin.join("bd"))
            .expect("a link");
        let path = format!("{bin}:{}", project.var("PATH"));
        project.set("PATH", path).set("FAKE_BD_VERSION", version);
        let tasks = Self {
            project,
            beads: true,
        };
        tasks.bd(&["init", "--prefix", "t", "--quiet"]);
        for title in titles {
            tasks.bd(&[
                "create",
                title,
                "-d",
                "what to do",
                "--acceptance",
                "- [ ] it is done",
                "-l",
                "pipeline/s",
                "--json",
            ]);
        }
        tasks
    }

    #[cfg(not(feature = "fake-bd"))]
    fn beads(_titles: &[&str], _version: &str) -> Self {
        unreachable!("only with the feature")
    }

    fn bd(&self, args: &[&str]) -> String {
        let output = self
            .project
            .command(&format!("{}/bin/bd", self.project.outside()))
            .args(args)
            .output()
            .expect("bd runs");
        assert!(
            output.status.success(),
            "bd {args:?}: {}",
            String::from_utf8_lossy(&output.stderr)
        );
        String::from_utf8_lossy(&output.stdout).into_owned()
    }

    /// What `ap queue` answers for the session.
    fn queue(&self, args: &[&str]) -> Value {
        let ran = self
            .project
            .ap(&[&["queue"], args, &["--session", "s", "--json"]].concat())
            .expect(0);
        serde_json::from_str(&ran.stdout).expect("JSON")
    }

    /// Ids that were released or parked, by the journal.
    fn journalled(&self, what: &str) -> usize {
        let checks = self.project.events("s", "queue_checked");
        checks
            .iter()
            .map(|check| check[what].as_array().map_or(0, Vec::len))
            .sum()
    }

    /// All tasks are free, in the tracker itself too.
    fn all_free(&self, number: usize) {
        assert_eq!(
            self.queue(&["ready"]).as_array().map(Vec::len),
            Some(number),
            "{}",
            self.queue(&["status"])
        );
        if self.beads {
            let issues: Value =
                serde_json::from_str(&self.bd(&["list", "--all", "--limit", "0", "--json"]))
                    .expect("JSON");
            for issue in issues.as_array().expect("a list") {
                assert!(
                    issue["status"] == "open"
                        && issue["assignee"].as_str().unwrap_or_default().is_empty(),
                    "{issue}"
                );
            }
        }
    }
}

#[test]
fn a_stopped_session_releases_its_task() {
    for tasks in Tasks::all(&["one", "two"]) {
        let project = &tasks.project;
        project.shell_loop("work", "termination: { type: queue }\n", HOLDS);
        let running = project.start(&["work", "s", "--foreground"]);
        project.until("a claim", || project.outside().join("claimed").exists());
        running.signal(Signal::SIGTERM);
        running.ended();
        assert_eq!(tasks.journalled("released"), 1);
        tasks.all_free(2);
    }
}

#[test]
fn a_resume_after_a_kill_first_releases_held_tasks() {
    for tasks in Tasks::all(&["one"]) {
        let project = &tasks.project;
        project.shell_loop(
            "work",
            "termination: { type: queue }\n",
            &format!("[ -e ../claimed ] || {{ {HOLDS}; }}\n{CLOSES}"),
        );
        let running = project.start(&["work", "s", "--foreground"]);
        project.until("a claim", || project.outside().join("claimed").exists());
        running.kill_9();
        for pid in project.left_over() {
            let _ = nix::sys::signal::kill(nix::unistd::Pid::from_raw(pid), Signal::SIGKILL);
        }
        project
            .ap(&["work", "s", "--foreground", "--resume"])
            .expect(0);
        assert_eq!(tasks.journalled("released"), 1);
        assert_eq!(tasks.queue(&["status"])["closed"], 1);
    }
}

#[test]
fn a_kill_is_not_a_crash_and_resuming_releases_held_tasks() {
    for tasks in Tasks::all(&["one"]) {
        let project = &tasks.project;
        project.shell_loop(
            "work",
            "termination: { type: queue }\n",
            &format!("[ -e ../claimed ] || {{ {HOLDS}; }}\n{CLOSES}"),
        );
        let running = project.start(&["work", "s", "--foreground"]);
        project.until("a claim", || project.outside().join("claimed").exists());
        project.ap(&["kill", "s"]).expect(0);
        running.ended();
        project.nothing_left();
        assert_eq!(project.status("s")["status"], "stopped");
        project
            .ap(&["work", "s", "--foreground", "--resume"])
            .expect(0);
        assert_eq!(
            (
                tasks.journalled("released"),
                &tasks.queue(&["status"])["closed"]
            ),
            (1, &1.into())
        );
    }
}

#[test]
fn a_task_that_keeps_failing_is_parked_and_the_others_are_done() {
    for tasks in Tasks::all(&["bad", "good"]) {
        let project = &tasks.project;
        let bad = tasks.queue(&["ready"])[0]["id"]
            .as_str()
            .expect("an id")
            .to_owned();
        let script = format!(
            "id=$(ap queue claim --json | cut -d'\"' -f4)\n[ \"$id\" != {bad} ] || {{ echo '{{\"decision\":\"error\",\"reason\":\"it is bad\"}}' >\"$status\"; exit; }}\nap queue close \"$id\" >/dev/null && echo '{{\"decision\":\"continue\"}}' >\"$status\""
        );
        project.shell_loop("work", "termination: { type: queue }\n", &script);
        let ran = project.ap(&["work", "s", "--foreground"]).expect(4);
        ran.says(&[
            "parked after too many failed attempts",
            "the queue is stalled: 1 task left",
            "was parked after 3 failed attempts",
        ]);
        assert_eq!(
            (tasks.journalled("released"), tasks.journalled("parked")),
            (2, 1)
        );
        let status = tasks.queue(&["status"]);
        assert_eq!(
            (&status["closed"], &status["blocked"][0]["id"]),
            (&1.into(), &bad.as_str().into()),
            "{status}"
        );
        // A person looks at it and opens it again; then it counts from the start.
        project
            .ap(&["queue", "release", &bad, "--session", "s"])
            .expect(0);
        project
            .ap(&["work", "s", "--foreground", "--resume"])
            .expect(4)
            .says(&["was parked after 3 failed attempts"]);
    }
}

#[test]
fn an_agent_is_handed_its_task() {
    for tasks in Tasks::all(&["one", "two"]) {
        let project = &tasks.project;
        let agent = "cat <&3 >>../handed\nid=$(ap queue claim --json | cut -d'\"' -f4)\nap queue close \"$id\" >/dev/null && echo '{\"decision\":\"continue\"}' >\"$status\"";
        let agent = project.program(
            "agent",
            &format!("#!/bin/sh\nread -r status; exec 3<&0\n{agent}\n"),
        );
        let yaml = format!(
            "provider: command\nprogram: \"{agent}\"\ndelay: 0\ntermination: {{ type: queue }}\nqueue: {{ claim: engine }}\n"
        );
        project.a_loop("work", &yaml, "${STATUS}\n<${TASK}>\n");
        project.ap(&["work", "s", "--foreground"]).expect(0);
        let claimed = project.events("s", "task_claimed");
        let titles: Vec<&str> = claimed
            .iter()
            .filter_map(|event| event["task"]["title"].as_str())
            .collect();
        assert_eq!(titles, ["one", "two"]);
        let handed = fs_err::read_to_string(project.outside().join("handed"))
            .expect("the agents wrote it down");
        let id = claimed[0]["task"]["id"].as_str().expect("an id");
        assert!(handed.contains(&format!("<{id}: one")), "{handed}");
        assert!(
            !tasks.beads || handed.contains("what to do\n\nAcceptance:\n- it is done>"),
            "{handed}"
        );
        let context: Value = serde_json::from_str(
            &project.read(&project.run_file("s", "stage-00-work/iterations/002/context.json")),
        )
        .expect("JSON");
        assert_eq!(
            (&context["task"]["title"], &context["queue"]["claim"]),
            (&"two".into(), &"engine".into())
        );
        assert_eq!(
            context["task"]["owner"]
                .as_str()
                .map(|owner| owner.rsplit('/').next()),
            Some(Some("2"))
        );
    }
}

#[test]
fn the_claim_flag_accepts_agent_and_engine_only() {
    let tasks = Tasks::checklist(&["one"]);
    let project = &tasks.project;
    project.shell_loop("work", "termination: { type: queue }\n", CLOSES);
    project
        .ap(&["work", "s", "--foreground", "--claim", "me"])
        .expect(2)
        .says(&[
            "`me` cannot be used for `--claim <WHO>`",
            "`agent`, `engine`",
        ]);
    project
        .ap(&["work", "s", "--foreground", "--claim", "engine"])
        .expect(0);
    assert_eq!(project.events("s", "task_claimed").len(), 1);
    project.shell_loop(
        "judged",
        "termination: { type: judgment }\nqueue: { claim: engine }\n",
        CLOSES,
    );
    project
        .ap(&["judged", "j", "--foreground"])
        .expect(2)
        .says(&["`claim: engine` needs a loop that ends with its queue"]);
}

#[test]
fn repeated_errors_end_the_session_before_every_task_is_parked() {
    for tasks in Tasks::all(&["a", "b", "c", "d", "e"]) {
        let project = &tasks.project;
        let script = "ap queue claim >/dev/null; echo '{\"decision\":\"error\",\"reason\":\"the network is down\"}' >\"$status\"";
        let yaml = "termination: { type: queue }\nguardrails: { max_same_failures: 0 }\n";
        project.shell_loop("work", yaml, script);
        project.ap(&["work", "s", "--foreground"]).expect(1).says(&[
            "3 iterations in a row ended in an error",
            "the network is down",
        ]);
        assert_eq!(
            (tasks.journalled("parked"), project.history("s").len()),
            (2, 6)
        );
        let status = tasks.queue(&["status"]);
        assert!(
            status["blocked"][0]["why"]
                .as_str()
                .is_some_and(|why| why.contains("the network is down")),
            "{status}"
        );
    }
}

#[test]
fn a_task_that_kills_its_agents_is_parked_and_the_others_are_done() {
    for tasks in Tasks::all(&["bad", "good"]) {
        let project = &tasks.project;
        let bad = tasks.queue(&["ready"])[0]["id"]
            .as_str()
            .expect("an id")
            .to_owned();
        let script = format!(
            "id=$(ap queue claim --json | cut -d'\"' -f4)\n[ \"$id\" != {bad} ] || kill -9 $$\nap queue close \"$id\" >/dev/null && echo '{{\"decision\":\"continue\"}}' >\"$status\""
        );
        project.shell_loop("work", "termination: { type: queue }\n", &script);
        project.ap(&["work", "s", "--foreground"]).expect(4).says(&[
            "the queue is stalled: 1 task left",
            "was parked after 3 failed attempts",
        ]);
        assert_eq!(tasks.queue(&["status"])["closed"], 1);
    }
}

#[test]
fn the_task_at_hand_is_in_the_status() {
    let tasks = Tasks::checklist(&["one"]);
    let project = &tasks.project;
    project.shell_loop(
        "work",
        "termination: { type: queue }\nqueue: { claim: engine }\n",
        "touch ../claimed; sleep 600",
    );
    let running = project.start(&["work", "s", "--foreground"]);
    project.until("an agent", || project.outside().join("claimed").exists());
    project
        .ap(&["status", "s"])
        .expect(0)
        .says(&["Task       one: one"]);
    let status: Value =
        serde_json::from_str(&project.ap(&["status", "s", "--json"]).expect(0).stdout)
            .expect("JSON");
    assert_eq!(
        (&status["task"]["id"], &status["task"]["title"]),
        (&"one".into(), &"one".into())
    );
    running.signal(Signal::SIGTERM);
    running.ended();
}

#[test]
fn all_mistakes_in_a_queue_are_reported_at_once() {
    let tasks = Tasks::checklist(&["one"]);
    tasks.project.shell_loop(
        "work",
        "termination: { type: queue }\nqueue: { provider: nope, claim: me, max_attempts: 0 }\n",
        CLOSES,
    );
    let ran = tasks.project.ap(&["lint", "loop", "work"]);
    for part in [
        "unknown queue `nope`",
        "`claim` must be",
        "`max_attempts` must be",
    ] {
        assert!(ran.text().contains(part), "{part}: {}", ran.text());
    }
}
