//! Kills the runner, its shims, its views and the agents' queue commands at every durable step there is, resumes, and
//! checks what must hold whatever is killed, whenever.
mod backlog;
mod hooks;
mod ledger;
mod views;

use crate::project::{Project, Ran};
use serde_json::Value;
use std::collections::BTreeMap;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

/// More resumes than any crash can need.
const PATIENCE: usize = 4;
/// Crashed sessions at a time; they mostly wait for the disk.
const AT_ONCE: usize = 3;

/// Stamps its start and its end. Says so if the agent before it is still alive.
const STAMPS: &str = r#"
echo '{"type": "result", "subtype": "success", "is_error": false, "num_turns": 1, "total_cost_usd": 0.25, "usage": {"input_tokens": 10}}'
stamps=../stamps
set -- $(tail -n 1 "$stamps" 2>/dev/null)
if [ "$1" = start ]; then
    case "$(cut -d " " -f 3 "/proc/$4/stat" 2>/dev/null)" in "" | Z | X) ;; *) echo "overlap $n $attempt $$" >>"$stamps" ;; esac
fi
echo "start $n $attempt $$" >>"$stamps"
"#;

/// The second iteration fails at its first attempt, so that its files are set aside.
const FAILS_ONCE: &str = r#"
[ "$n.$attempt" != 2.1 ] || exit 1
sleep 0.02
echo "end $n $attempt $$" >>"$stamps"
echo '{"decision": "continue", "summary": "done"}' >"$status"
"#;

/// Takes a task and closes it; votes to stop when there is none. The second one fails at first, with its task in hand.
const ONE_TASK: &str = r#"
task=$("$AP_EXE" queue claim --json)
case $? in
    0) ;;
    4) echo "end $n $attempt $$" >>"$stamps"; echo '{"decision": "stop"}' >"$status"; exit ;;
    *) exit 1 ;;
esac
[ "$n.$attempt" != 2.1 ] || exit 1
id=$(echo "$task" | sed -n 's/.*"id": *"\([^"]*\)".*/\1/p' | head -n 1)
"$AP_EXE" queue close "$id" || exit 1
echo "end $n $attempt $$" >>"$stamps"
echo '{"decision": "continue", "summary": "done"}' >"$status"
"#;

/// A judge that is content. Its answer costs something.
const JUDGE: &str = r#"#!/bin/sh
cat >/dev/null
echo '{"type": "result", "subtype": "success", "is_error": false, "num_turns": 1, "total_cost_usd": 0.125, "usage": {"input_tokens": 10}, "result": "{\"stop\": true, \"confidence\": 1, \"reason\": \"it is so\"}"}'
"#;

/// A session to crash.
#[derive(Clone, Copy)]
struct Scene {
    yaml: &'static str,
    script: &'static str,
    backlog: bool,
    iterations: u64,
    /// Whether two branches do it side by side.
    parallel: bool,
}

const PLAIN: Scene = Scene {
    yaml: "termination: { type: fixed, max: 3 }\n",
    script: FAILS_ONCE,
    backlog: false,
    iterations: 3,
    parallel: false,
};
const QUEUE: Scene = Scene {
    yaml: "termination: { type: queue, max: 9 }\n",
    script: ONE_TASK,
    backlog: true,
    iterations: 3,
    parallel: false,
};
/// `@HOOK@` is a program that notes its events.
const HOOKED: Scene = Scene {
    yaml: "termination: { type: fixed, max: 1 }\nhooks: { session_start: [{ command: [\"@HOOK@\"] }], iteration_end: [{ command: [\"@HOOK@\"], on_failure: hold }], session_end: [{ command: [\"@HOOK@\"], await: true, on_failure: fail }] }\n",
    script: FAILS_ONCE,
    backlog: false,
    iterations: 1,
    parallel: false,
};
/// `@JUDGE@` is the judge's program.
const JUDGED: Scene = Scene {
    yaml: "termination: { type: judge, max: 3, min_iterations: 1, criteria: it works, judge: { provider: priced, program: \"@JUDGE@\" } }\n",
    script: FAILS_ONCE,
    backlog: false,
    iterations: 1,
    parallel: false,
};
const PARALLEL: Scene = Scene {
    yaml: "termination: { type: fixed, max: 1 }\n",
    script: FAILS_ONCE,
    backlog: false,
    iterations: 1,
    parallel: true,
};

#[test]
fn the_runner_may_be_killed_anywhere() {
    PLAIN.crash_everywhere("runner");
}

#[test]
fn the_runner_may_be_killed_anywhere_in_a_loop_that_a_judge_ends() {
    JUDGED.crash_everywhere("runner");
}

#[test]
fn the_runner_may_be_killed_anywhere_in_a_loop_with_hooks() {
    HOOKED.crash_everywhere("runner");
}

#[test]
fn the_thread_of_hooks_that_only_observe_may_die_anywhere() {
    HOOKED.crash_everywhere("hooks");
}

#[test]
fn a_shim_may_be_killed_anywhere() {
    PLAIN.crash_everywhere("shim");
}

#[test]
fn the_writer_of_the_views_may_be_killed_anywhere() {
    PLAIN.crash_everywhere("views");
}

#[test]
fn the_runner_may_be_killed_anywhere_in_a_queue_loop() {
    QUEUE.crash_everywhere("runner");
}

#[test]
fn a_queue_check_may_be_killed_anywhere() {
    QUEUE.crash_everywhere("tokio-rt-worker");
}

#[test]
fn a_queue_command_may_be_killed_anywhere() {
    QUEUE.crash_everywhere("queue");
}

#[test]
fn the_runner_may_be_killed_anywhere_in_a_parallel_block() {
    PARALLEL.crash_everywhere("runner");
}

#[test]
fn a_background_sync_may_die_anywhere_in_a_parallel_block() {
    PARALLEL.crash_everywhere("tokio-rt-worker");
}

impl Scene {
    /// Returns how it is started.
    fn start(self) -> &'static [&'static str] {
        if self.parallel {
            &["pipeline", "both", "s", "--foreground"]
        } else {
            &["work", "s", "--foreground"]
        }
    }

    fn crash_everywhere(self, role: &str) {
        let names = self.points(role);
        assert!(!names.is_empty(), "no points of {role}");
        let (next, failed) = (AtomicUsize::new(0), Mutex::new(Vec::new()));
        std::thread::scope(|scope| {
            for _ in 0..AT_ONCE {
                scope.spawn(|| {
                    loop {
                        let at = next.fetch_add(1, Ordering::Relaxed);
                        let Some(name) = names.get(at) else { break };
                        let tried = std::panic::catch_unwind(|| self.crash_at(role, at + 1));
                        if let Err(why) = tried {
                            let why = why
                                .downcast::<String>()
                                .map_or_else(|_| String::new(), |why| *why);
                            failed
                                .lock()
                                .expect("no panic")
                                .push(format!("{role}:{} ({name}): {why}", at + 1));
                        }
                    }
                });
            }
        });
        let failed = failed.into_inner().expect("no panic");
        assert!(
            failed.is_empty(),
            "{} of {} crashes were not survived:\n{}",
            failed.len(),
            names.len(),
            failed.join("\n")
        );
    }

    /// Runs it without a crash and returns the names of a role's points.
    fn points(self, role: &str) -> Vec<String> {
        let project = self.project();
        let log = project.outside().join("points");
        let ran: Ran = project
            .ap_command(self.start())
            .env("AP_CRASH_LOG", &log)
            .output()
            .expect("ap runs")
            .into();
        ran.expect(0);
        self.check(&project, role);
        let passed = fs_err::read_to_string(log).expect("the points that were passed");
        passed
            .lines()
            .filter_map(|line| line.split_once(' '))
            .filter(|(of, _)| *of == role)
            .map(|(_, name)| name.to_owned())
            .collect()
    }

    fn project(self) -> Project {
        let project = Project::new();
        let script = format!("{STAMPS}{}", self.script);
        let judge = project.program("judge", JUDGE);
        let hook = project.program("hook", hooks::NOTES);
        let yaml = self.yaml.replace("@JUDGE@", judge.as_str());
        let yaml = yaml.replace("@HOOK@", hook.as_str());
        project.priced_loop("work", &yaml, &script);
        if self.parallel {
            let stages = "[{ id: do, loop: work, runs: 1 }]";
            let block = format!(
                "{{ id: side, parallel: {{ providers: [{{ id: a, name: priced }}, {{ id: b, name: priced }}], stages: {stages} }} }}"
            );
            project.write(
                ".claude/pipelines/both.yaml",
                &format!("name: both\ndescription: a test\nnodes:\n  - {block}\n  - {{ id: then, loop: work, runs: 1 }}\n"),
            );
        }
        if self.backlog {
            project.write(
                "backlog.md",
                "- [ ] one (#one)\n- [ ] two (#two)\n- [ ] three (#three)\n",
            );
        }
        project
    }

    fn crash_at(self, role: &str, point: usize) {
        let project = self.project();
        let mut command = project.ap_command(self.start());
        command
            .env("AP_CRASH_LOG", project.outside().join("points"))
            .env("AP_CRASH_AT", format!("{role}:{point}"));
        let mut ran: Ran = command.output().expect("ap runs").into();
        let mut resumes = 0;
        while ran.code != 0 {
            assert!(resumes < PATIENCE, "it does not end: {}", ran.text());
            assert!(
                ran.code == 128 + 9 || ran.code == 1,
                "exit code {}: {}",
                ran.code,
                ran.text()
            );
            resumes += 1;
            // What has not been journalled has not begun.
            let begun = project
                .read(&project.run_file("s", "events.jsonl"))
                .contains("\"session_started\"");
            ran = if begun {
                project.ap(&[self.start(), &["--resume"]].concat())
            } else {
                project.ap(self.start())
            };
        }
        if resumes == 0 {
            // A further resume prints what there is, and nothing runs.
            project
                .ap(&[self.start(), &["--resume"]].concat())
                .expect(0);
        }
        self.check(&project, role);
    }

    fn check(self, project: &Project, role: &str) {
        ledger::check(project);
        if self.parallel {
            return check_branches(project, self.iterations);
        }
        if self.yaml == HOOKED.yaml {
            hooks::check(project);
        }
        if self.yaml == JUDGED.yaml {
            let answers = project.events("s", "gate_answered");
            let usd: Vec<_> = answers
                .iter()
                .map(|it| it["usage"]["cost_usd"].as_f64())
                .collect();
            assert_eq!(usd, [Some(0.125)], "what the judge's answer cost");
        }
        let history = project.history("s");
        let all: Vec<u64> = (1..=history.len() as u64).collect();
        assert_eq!(history, all, "history");
        // An agent whose queue command died has closed its task or not; the next one does what is left.
        let expected = if role == "queue" {
            self.iterations - 1..=self.iterations + 1
        } else {
            self.iterations..=self.iterations
        };
        assert!(
            expected.contains(&(history.len() as u64)),
            "{} iterations",
            history.len()
        );
        let exits = project.events("s", "agent_exited");
        let reported = exits
            .iter()
            .filter(|event| event["outcome"]["kind"] == "reported");
        let reported: Vec<u64> = reported
            .filter_map(|event| event["cursor"]["iteration"].as_u64())
            .collect();
        assert_eq!(reported, all, "iterations that were reported");
        project.nothing_left();
        check_agents(project, role, &all);
        views::check(project);
        if self.backlog {
            backlog::check(project, role);
        }
    }
}

/// Every branch has done all of its iterations, each once, and the node after the block came after both.
fn check_branches(project: &Project, iterations: u64) {
    project.nothing_left();
    let stamps = fs_err::read_to_string(project.outside().join("stamps")).expect("stamps");
    let ends = stamps
        .lines()
        .filter(|line| line.starts_with("end "))
        .count() as u64;
    let mut all = Vec::new();
    for branch in ["a", "b"] {
        let path = project.run_file(
            "s",
            &format!("parallel-00-side/providers/{branch}/events.jsonl"),
        );
        let journal = project.read(&path);
        let exits = journal.matches("\"kind\":\"reported\"").count() as u64;
        assert_eq!(exits, iterations, "branch {branch} reported:\n{journal}");
        all.push(journal.matches("session_started").count());
    }
    assert_eq!(all, [1, 1], "each branch was begun once");
    assert_eq!(ends, 2 * iterations + 1, "an agent ran again:\n{stamps}");
    let manifest: Value = serde_json::from_str(
        &project.read(&project.run_file("s", "parallel-00-side/manifest.json")),
    )
    .expect("a manifest");
    assert_eq!(
        manifest["providers"].as_object().expect("branches").len(),
        2,
        "{manifest}"
    );
    assert_eq!(project.status("s")["iterations_total"], 2 * iterations + 1);
    views::check(project);
}

/// One agent at a time, and none for an iteration that is over.
fn check_agents(project: &Project, role: &str, all: &[u64]) {
    let stamps = fs_err::read_to_string(project.outside().join("stamps")).expect("stamps");
    assert!(!stamps.contains("overlap"), "agents overlapped:\n{stamps}");
    let mut ends: BTreeMap<u64, u32> = BTreeMap::new();
    for line in stamps.lines().filter_map(|line| line.strip_prefix("end ")) {
        *ends
            .entry(
                line.split(' ')
                    .next()
                    .and_then(|n| n.parse().ok())
                    .expect("an iteration"),
            )
            .or_default() += 1;
    }
    assert_eq!(ends.keys().copied().collect::<Vec<_>>(), all, "{stamps}");
    // Only a shim knows how its agent ended: what it had no time to write down is tried again.
    let most = if role == "shim" { 2 } else { 1 };
    assert!(
        ends.values().all(|times| *times <= most),
        "an agent ran again:\n{stamps}"
    );
}
