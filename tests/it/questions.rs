//! Questions: a session asks, waits without an agent, and continues with the answer, also after its runner died.
mod waiting;

use crate::project::{Project, Running};
use serde_json::{Value, json};

const FOREGROUND: [&str; 3] = ["work", "s", "--foreground"];
const RESUME: [&str; 4] = ["work", "s", "--foreground", "--resume"];
/// Asks in the first iteration, and copies what each one is given.
const ASKS: &str = "cp \"${status%status.json}context.json\" ../context-$n.json\n\
    [ $n != 1 ] || { echo '{\"decision\": \"ask\", \"question\": \"Merge or rebase?\", \"choices\": [\"merge\", \"rebase\"]}' >\"$status\"; exit; }\n\
    echo '{\"decision\": \"continue\"}' >\"$status\"";
const CONTINUES: &str = "echo $n >>../ran\necho '{\"decision\": \"continue\"}' >\"$status\"";

fn asking(script: &str, yaml: &str) -> (Project, Running) {
    let project = Project::new();
    let yaml = format!("termination: {{type: fixed, iterations: 2}}\n{yaml}");
    project.shell_loop("work", &yaml, script);
    let runner = project.start(&FOREGROUND);
    until_it_asks(&project);
    (project, runner)
}

#[track_caller]
fn until_it_asks(project: &Project) {
    project.until_event("s", "session_started", 1);
    project.until("the question", || project.status("s")["status"] == "asking");
}

fn answers(project: &Project, iteration: u32) -> Value {
    let text = project.read(&format!("../context-{iteration}.json"));
    serde_json::from_str::<Value>(&text).expect("a context")["answers"].clone()
}

fn questions(project: &Project) -> Value {
    let shown = project.ap(&["questions", "--json"]).expect(0);
    serde_json::from_str(&shown.stdout).expect("JSON")
}

#[test]
fn an_agents_question_waits_for_its_answer_and_the_next_agent_has_it() {
    let (project, runner) = asking(ASKS, "");
    let asked = questions(&project);
    assert_eq!(asked[0]["text"], "Merge or rebase?");
    assert_eq!(
        asked[0]["answer_commands"][0],
        json!(["ap", "answer", "s", "--choice", "1"])
    );
    project
        .ap(&["list"])
        .says(&["asking", "s asks: Merge or rebase?"]);
    let file = project.root().join(".agent-pipelines/HUMAN_NEEDED.md");
    project.until("its section", || {
        let text = fs_err::read_to_string(&file).unwrap_or_default();
        text.contains("## q1, of session s\n\nMerge or rebase?\n")
    });
    project.ap(&["wait", "s", "--or-question"]).expect(6);
    project.ap(&["answer", "s", "--choice", "3"]).expect(2);
    project.ap(&["answer", "s", "x", "--id", "q7"]).expect(1);
    project.ap(&["answer", "s", "--choice", "2"]).expect(0);
    assert_eq!(runner.ended(), 0);
    assert!(!file.exists());
    assert_eq!(answers(&project, 1), json!([]));
    let answer = &answers(&project, 2)[0];
    assert_eq!(
        (&answer["question"], &answer["answer"]),
        (&json!("Merge or rebase?"), &json!("rebase"))
    );
    assert_eq!(questions(&project), json!([]));
    project
        .ap(&["answer", "s", "merge"])
        .expect(1)
        .says(&["asks nothing now"]);
}

#[test]
fn an_answer_to_a_dead_session_counts_once_it_is_resumed() {
    let (project, runner) = asking(ASKS, "");
    runner.kill_9();
    let stored = project.ap(&["answer", "s", "merge"]).expect(0);
    stored.says(&["Stored", "ap work s --resume"]);
    let second = project.ap(&["answer", "s", "rebase"]).expect(1);
    second.says(&["was answered before, by ap answer"]);
    project.ap(&RESUME).expect(0);
    assert_eq!(answers(&project, 2)[0]["answer"], "merge");
    assert_eq!(project.events("s", "question_asked").len(), 1, "asked once");
    assert_eq!(project.events("s", "question_answered").len(), 1);
}

#[test]
fn an_answer_given_in_time_counts_although_the_resume_comes_later() {
    let confirm = "confirm: {before: first, unanswered: {after: 1, do: stop}}\n";
    let (project, runner) = asking(CONTINUES, confirm);
    let until = project.status("s")["question"]["until"]["at"].clone();
    let until: jiff::Timestamp = until.as_str().expect("a time").parse().expect("a time");
    runner.kill_9();
    project.ap(&["approve", "s"]).expect(0).says(&["Stored"]);
    project.until("the time limit", || until < agent_pipelines::clock::now());
    project.ap(&RESUME).expect(0);
    assert_eq!(project.history("s"), [1, 2]);
}

#[test]
fn a_session_that_was_stopped_while_it_asks_can_be_answered_and_asks_no_more() {
    let (project, runner) = asking(ASKS, "");
    project.ap(&["stop", "s"]).expect(0);
    assert_eq!(runner.ended(), 5);
    project.ap(&["wait", "s", "--or-question"]).expect(5);
    project
        .ap(&["answer", "s", "merge"])
        .expect(0)
        .says(&["Stored"]);
    project.ap(&RESUME).expect(0);
    assert_eq!(answers(&project, 2)[0]["answer"], "merge");
}

#[test]
fn of_two_answers_the_first_counts_and_the_second_is_told() {
    let (project, runner) = asking(ASKS, "");
    // Both are given before the runner looks.
    runner.signal(nix::sys::signal::Signal::SIGSTOP);
    let first = project.start(&["answer", "s", "merge"]);
    let inbox = project.run_file("s", "inbox");
    let waiting = || fs_err::read_dir(project.root().join(&inbox)).map_or(0, Iterator::count);
    project.until("the first answer", || waiting() == 1);
    let second = project.start(&["answer", "s", "rebase"]);
    project.until("the second answer", || waiting() == 2);
    runner.signal(nix::sys::signal::Signal::SIGCONT);
    assert_eq!((first.ended(), second.ended()), (0, 1));
    assert_eq!(
        project.events("s", "question_answered")[0]["answer"],
        "merge"
    );
    assert_eq!(runner.ended(), 0);
}

#[test]
fn a_rejected_confirmation_stops_and_is_asked_again() {
    let confirm = "confirm: {before: first, message: \"Touch the database?\"}\n";
    let (project, runner) = asking(CONTINUES, confirm);
    assert_eq!(
        project.status("s")["question"]["text"],
        "Touch the database?"
    );
    project.ap(&["answer", "s", "perhaps"]).expect(2);
    project.ap(&["reject", "s", "not on a Friday"]).expect(0);
    assert_eq!(runner.ended(), 5);
    assert!(!project.outside().join("ran").exists(), "no agent ran");
    let runner = project.start(&RESUME);
    project.until_event("s", "question_asked", 1);
    until_it_asks(&project);
    project.ap(&["continue", "s"]).expect(0);
    assert_eq!(runner.ended(), 0);
    assert_eq!(project.history("s"), [1, 2]);
}

#[test]
fn without_an_answer_it_does_what_the_definition_says() {
    let rule = |next: &str| {
        format!("confirm: {{before: every, unanswered: {{after: 0.2, do: {next}}}}}\n")
    };
    for (next, code, iterations) in [("go", 0, 2), ("skip", 0, 0), ("stop", 5, 0)] {
        let project = Project::new();
        let yaml = format!(
            "termination: {{type: fixed, iterations: 2}}\n{}",
            rule(next)
        );
        project.shell_loop("work", &yaml, CONTINUES);
        project.ap(&FOREGROUND).expect(code);
        assert_eq!(project.history("s").len(), iterations, "{next}");
        let by = &project.events("s", "question_answered")[0]["by"];
        assert_eq!(by, "its time limit", "{next}");
    }
}

#[test]
fn a_gate_that_gives_no_answer_is_asked_about_where_the_loop_says_so() {
    let project = Project::new();
    let gate = project.program(
        "gate.sh",
        "#!/bin/sh\n[ -e ../fixed ] || exit 126\nexit 0\n",
    );
    let yaml =
        format!("termination: {{type: command, command: [\"{gate}\"], max: 4}}\non_trouble: ask\n");
    project.shell_loop("work", &yaml, CONTINUES);
    let runner = project.start(&FOREGROUND);
    until_it_asks(&project);
    let question = project.status("s")["question"].clone();
    assert_eq!(question["by"], "gate");
    project.program("fixed", "");
    project.ap(&["approve", "s"]).expect(0);
    assert_eq!(runner.ended(), 0);
}

#[test]
fn a_branch_asks_while_the_others_work_and_gets_its_own_answer() {
    let project = Project::new();
    let agent = project.program(
        "branch.sh",
        "#!/bin/sh\nread -r status; cat >/dev/null\ncp \"${status%status.json}context.json\" \"../context-$1.json\"\n\
         if [ $1 = one ] && [ ! -e ../asked ]; then touch ../asked; echo '{\"decision\": \"ask\", \"question\": \"Why?\"}' >\"$status\"; exit; fi\n\
         echo '{\"decision\": \"continue\"}' >\"$status\"\n",
    );
    let yaml = format!(
        "provider: command\nprogram: \"{agent}\"\nargs: [x]\ndelay: 0\ntermination: {{type: fixed}}\n"
    );
    project.a_loop("step", &yaml, "${STATUS}\n");
    project.write(
        ".claude/pipelines/duel.yaml",
        &format!("name: duel\ndescription: a test\nnodes:\n  - id: side\n    parallel:\n      providers: [{{id: one, name: command, program: \"{agent}\", args: [one]}}, {{id: two, name: command, program: \"{agent}\", args: [two]}}]\n      stages: [{{id: think, loop: step, runs: 2}}]\n"),
    );
    let runner = project.start(&["pipeline", "duel", "s", "--foreground"]);
    until_it_asks(&project);
    project.until("the other branch to end", || {
        let branches = project.status("s")["branches"].clone();
        branches[1]["status"] == "complete"
    });
    assert_eq!(questions(&project)[0]["branch"], "one");
    runner.kill_9();
    let runner = project.start(&["pipeline", "duel", "s", "--foreground", "--resume"]);
    project.until_event("s", "runner_started", 2);
    until_it_asks(&project);
    project
        .ap(&["answer", "s", "because", "--branch", "one"])
        .expect(0);
    assert_eq!(runner.ended(), 0);
    let text = project.read("../context-one.json");
    let context: Value = serde_json::from_str(&text).expect("a context");
    assert_eq!(context["answers"][0]["answer"], "because");
}

#[test]
fn a_pipeline_confirms_between_its_stages() {
    let project = Project::new();
    project.shell_loop("work", "termination: {type: fixed}\n", CONTINUES);
    project.write(
        ".claude/pipelines/two.yaml",
        "name: two\ndescription: a test\nconfirm: {after: first}\nnodes:\n  - {id: a, loop: work, runs: 1}\n  - {id: b, loop: work, runs: 1}\n",
    );
    let runner = project.start(&["pipeline", "two", "s", "--foreground"]);
    until_it_asks(&project);
    let text = project.status("s")["question"]["text"].clone();
    assert_eq!(
        text,
        "Continue after stage a, which is done: the only iteration ran?"
    );
    project.ap(&["approve", "s"]).expect(0);
    assert_eq!(runner.ended(), 0);
}

#[test]
fn a_pause_after_the_node_lets_its_iterations_run() {
    let project = Project::new();
    let waits = "echo $n >>../ran\nwhile [ ! -e ../go ]; do sleep 0.02; done\necho '{\"decision\": \"continue\"}' >\"$status\"";
    project.shell_loop("work", "termination: {type: fixed}\n", waits);
    project.write(
        ".claude/pipelines/two.yaml",
        "name: two\ndescription: a test\nnodes:\n  - {id: a, loop: work, runs: 2}\n  - {id: b, loop: work, runs: 1}\n",
    );
    let runner = project.start(&["pipeline", "two", "s", "--foreground"]);
    project.until_event("s", "agent_started", 1);
    project.ap(&["pause", "s", "--after", "node"]).expect(0);
    project.program("go", "");
    project.until("the pause", || project.status("s")["status"] == "paused");
    assert_eq!(project.history("s"), [1, 2]);
    project.ap(&["continue", "s"]).expect(0);
    assert_eq!(runner.ended(), 0);
}

#[test]
fn a_question_of_a_hostile_agent_is_shown_clean_and_short() {
    let long = "python3 - \"$status\" <<'END'\nimport json, sys\n\
        text = '\\x1b[31mred\\u202e' + 'x' * 100000\n\
        json.dump({'decision': 'pause', 'question': text}, open(sys.argv[1], 'w'))\nEND";
    let (project, runner) = asking(long, "");
    let shown = project.ap(&["questions"]).expect(0);
    assert!(!shown.stdout.contains('\u{1b}') && !shown.stdout.contains('\u{202e}'));
    assert!(
        project.status("s")["question"]["text"]
            .as_str()
            .is_some_and(|text| text.len() < 5000)
    );
    project.ap(&["stop", "s"]).expect(0);
    assert_eq!(runner.ended(), 5);
}

#[test]
fn a_window_repeats_its_question_and_takes_the_answer_typed_there() {
    let project = Project::new();
    let yaml = "termination: {type: fixed, iterations: 1}\nconfirm: {before: first, message: Shall we begin?, remind: 1}\n";
    project.shell_loop("work", yaml, CONTINUES);
    project.ap(&["work", "s"]).expect(0);
    until_it_asks(&project);
    let pane = || {
        let shown = project.tmux(&["capture-pane", "-p", "-J", "-t", "pipeline-s"]);
        shown.stdout
    };
    project.until("the reminder", || {
        1 < pane().matches("Shall we begin?").count()
    });
    project
        .tmux(&["send-keys", "-t", "pipeline-s", "1", "Enter"])
        .expect(0);
    project.ap(&["wait", "s"]).expect(0);
    let answered = &project.events("s", "question_answered")[0];
    assert_eq!(answered["by"], "its window");
}

#[test]
fn a_killed_session_takes_the_answer_to_its_question_and_uses_it_once_resumed() {
    let (project, runner) = asking(ASKS, "");
    project.ap(&["kill", "s"]).expect(0);
    assert_eq!(runner.ended(), 128 + 9);
    project.nothing_left();
    assert_eq!(project.status("s")["status"], "stopped");
    assert_eq!(questions(&project)[0]["alive"], false);
    project
        .ap(&["answer", "s", "merge"])
        .expect(0)
        .says(&["Stored"]);
    project.ap(&RESUME).expect(0);
    assert_eq!(answers(&project, 2)[0]["answer"], "merge");
    assert_eq!(project.events("s", "question_asked").len(), 1, "asked once");
}

#[test]
fn a_recompiled_session_still_asks_what_it_asked() {
    let (project, runner) = asking(ASKS, "");
    project.ap(&["stop", "s"]).expect(0);
    assert_eq!(runner.ended(), 5);
    let changed = "context: changed\ntermination: {type: fixed, iterations: 3}\n";
    project.shell_loop("work", changed, ASKS);
    let recompiled = project.start(&[&RESUME[..], &["--recompile"]].concat());
    project.until_event("s", "plan_replaced", 1);
    until_it_asks(&project);
    project.ap(&["answer", "s", "--choice", "2"]).expect(0);
    assert_eq!(recompiled.ended(), 0);
    assert_eq!(answers(&project, 2)[0]["answer"], "rebase");
    assert_eq!(project.events("s", "question_asked").len(), 1, "asked once");
    assert_eq!(project.history("s"), [1, 2, 3]);
}

/// Returns the tasks of the project's queue that are held.
fn held_tasks(project: &Project) -> Value {
    let status = project.ap(&["queue", "status", "--json"]).expect(0);
    serde_json::from_str::<Value>(&status.stdout).expect("JSON")["held"].clone()
}

#[test]
fn a_session_that_asks_gives_back_the_task_that_was_claimed_for_its_agent() {
    let project = Project::new();
    project.write("backlog.md", "- [ ] one (#one)\n");
    let script = "[ $n = 1 ] || \"$AP_EXE\" queue close one >/dev/null\n".to_owned() + ASKS;
    let yaml = "termination: {type: queue, max: 4}\nqueue: {claim: engine}\n";
    project.shell_loop("work", yaml, &script);
    let runner = project.start(&FOREGROUND);
    until_it_asks(&project);
    assert_eq!(held_tasks(&project), json!([]));
    project.ap(&["answer", "s", "merge"]).expect(0);
    assert_eq!(runner.ended(), 0);
    assert_eq!(project.events("s", "task_claimed").len(), 2);
    assert_eq!(project.read("backlog.md"), "- [x] one (#one)\n");
}

#[test]
fn an_answer_that_skips_the_last_stage_of_a_branch_counts_and_says_so() {
    let project = Project::new();
    project.shell_loop(
        "step",
        "termination: {type: fixed}\nconfirm: {before: first}\n",
        CONTINUES,
    );
    project.write(
        ".claude/pipelines/one.yaml",
        "name: one\ndescription: a test\nnodes:\n  - id: side\n    parallel:\n      providers: [{id: only, name: command, program: /bin/false}]\n      stages: [{id: think, loop: step, runs: 2}]\n",
    );
    let runner = project.start(&["pipeline", "one", "s", "--foreground"]);
    until_it_asks(&project);
    project
        .ap(&["answer", "s", "skip", "--branch", "only"])
        .expect(0)
        .says(&["has your answer"]);
    assert_eq!(runner.ended(), 0);
}
