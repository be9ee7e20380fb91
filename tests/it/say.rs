//! `ap say`: an agent reads messages while it works, and what no agent has read waits for the next one.
use crate::project::{Project, Running};
use serde_json::Value;

const FOREGROUND: [&str; 3] = ["work", "s", "--foreground"];
const RESUME: [&str; 4] = ["work", "s", "--foreground", "--resume"];
/// Works until the file `go` is there, then writes down what it was told last.
const UNTIL_GO: &str = "iterations:\n  - run: [[sh, -c, 'touch at-work; until [ -e go ]; do sleep 0.02; done'], [sh, -c, 'printf %s \"$0\" >told', '${SAID}']]\n    \
    status: { decision: continue }\n  \
    - run: [[sh, -c, 'cp \"$AP_CONTEXT\" context-2.json']]\n    status: { decision: continue }\n";
/// The same, but asleep: its turn can be interrupted.
const ASLEEP: &str = "iterations:\n  - run: [[touch, at-work]]\n    sleep_ms: 60000\n    status: { decision: continue }\n";

/// Starts a session of scripted agents, and waits until the first one works. With `open` they take messages.
fn at_work(iterations: u32, open: bool, script: &str) -> (Project, Running) {
    let project = Project::new();
    let input = if open {
        ", --input-format, stream-json"
    } else {
        ""
    };
    project.write("script.yaml", script);
    project.a_loop(
        "work",
        &format!("provider: scripted\nargs: [script.yaml{input}]\ndelay: 0\nretry_delay: 0\ntermination: {{type: fixed, iterations: {iterations}}}\n"),
        "Session ${SESSION_NAME}\n",
    );
    let runner = project.start(&FOREGROUND);
    project.until("the agent", || project.root().join("at-work").exists());
    (project, runner)
}

fn say(project: &Project, args: &[&str]) -> Value {
    let said = project.ap(&[&["say", "s"], args, &["--json"]].concat());
    serde_json::from_str(&said.expect(0).stdout).expect("JSON")
}

fn said_in_context(project: &Project) -> Vec<String> {
    let context: Value = serde_json::from_str(&project.read("context-2.json")).expect("JSON");
    let said = context["said"].as_array().expect("a list");
    said.iter()
        .map(|it| it["text"].as_str().expect("a text").to_owned())
        .collect()
}

#[test]
fn an_agent_reads_what_it_is_told_within_its_turn_and_so_does_the_next_one() {
    let (project, runner) = at_work(2, true, UNTIL_GO);
    let text = "use \u{1b}[31mB\u{202e}\nnot A";
    assert_eq!(say(&project, &[text])["result"], "delivered");
    project.write("go", "");
    assert_eq!(runner.ended(), 0);
    assert_eq!(project.read("told"), text);
    let told = project.events("s", "agent_told");
    assert_eq!((told.len(), &told[0]["text"]), (1, &text.into()));
    assert_eq!(told[0]["cursor"]["iteration"], 1);
    assert_eq!(said_in_context(&project), [text]);
    assert_eq!(project.history("s"), [1, 2]);
}

#[test]
fn an_agent_that_cannot_be_spoken_to_leaves_the_text_to_the_next_one() {
    let (project, runner) = at_work(2, false, UNTIL_GO);
    let said = say(&project, &["use B"]);
    assert_eq!(said["result"], "waiting");
    assert!(
        said["message"]
            .as_str()
            .is_some_and(|it| it.contains("`scripted` takes no messages"))
    );
    project.write("go", "");
    assert_eq!(runner.ended(), 0);
    assert_eq!(said_in_context(&project), ["use B"]);
    assert!(project.events("s", "agent_told").is_empty());
    assert!(
        project
            .read(&project.run_file("s", "stage-00-work/iterations/002/prompt.md"))
            .contains("use B")
    );
}

#[test]
fn texts_of_a_killed_runner_reach_the_agent_once() {
    let (project, runner) = at_work(1, true, UNTIL_GO);
    say(&project, &["one"]);
    runner.kill_9();
    assert_eq!(say(&project, &["two"])["result"], "stored");
    let resumed = project.start(&RESUME);
    project.until_event("s", "user_said", 2);
    project.write("go", "");
    assert_eq!(resumed.ended(), 0);
    let told = project.events("s", "agent_told");
    let texts: Vec<&Value> = told.iter().map(|it| &it["text"]).collect();
    assert_eq!(texts, ["one", "two"]);
    assert_eq!(
        project.events("s", "agent_started").len(),
        1,
        "it was adopted"
    );
    let output = project.read(&project.run_file("s", "stage-00-work/iterations/001/stdout.log"));
    let repeated = |text: &str| output.matches(&format!("\"content\":\"{text}\"")).count();
    assert_eq!((repeated("one"), repeated("two")), (1, 1));
}

#[test]
fn an_interrupted_turn_is_followed_by_another_one() {
    let (project, runner) = at_work(1, true, ASLEEP);
    assert_eq!(
        say(&project, &["stop that", "--interrupt"])["result"],
        "delivered"
    );
    assert_eq!(runner.ended(), 0);
    assert_eq!(project.events("s", "agent_told").len(), 1);
    assert_eq!(project.history("s"), [1]);
}

#[test]
fn a_text_that_no_agent_will_read_is_refused_with_its_reason() {
    let (project, runner) = at_work(1, true, UNTIL_GO);
    project
        .ap(&["say", "s", " "])
        .expect(2)
        .says(&["the text is empty"]);
    project
        .ap(&["say", "s", "x", "--branch", "bold"])
        .expect(2)
        .says(&["no branch `bold`"]);
    project
        .ap(&["say", "s", &"x".repeat(70_000)])
        .expect(2)
        .says(&["70000 bytes"]);
    project.write("go", "");
    assert_eq!(runner.ended(), 0);
    project
        .ap(&["say", "s", "x"])
        .expect(1)
        .says(&["session 's' is complete"]);
}

#[test]
fn an_agent_that_is_done_ends_at_once_though_its_input_is_open() {
    let script = "iterations:\n  - status: { decision: continue }\n";
    let project = Project::new();
    project.write("script.yaml", script);
    project.a_loop(
        "work",
        "provider: scripted\nargs: [script.yaml, --input-format, stream-json]\ndelay: 0\ntermination: {type: fixed, iterations: 3}\nlimits: {after_result: 1}\n",
        "x\n",
    );
    project.ap(&FOREGROUND).expect(0);
    // One that is not told that its input ends would be ended by its limit.
    let exited = project.events("s", "agent_exited");
    assert_eq!(exited.len(), 3);
    for ended in exited {
        assert_eq!(ended["outcome"]["kind"], "reported");
        assert_eq!(ended["processes"]["limit"], Value::Null);
    }
    let exits = (1..=3).map(|n| {
        project.read(&project.run_file("s", &format!("stage-00-work/iterations/00{n}/exit.json")))
    });
    for exit in exits {
        let exit: Value = serde_json::from_str(&exit).expect("JSON");
        assert_eq!((&exit["limit"], &exit["code"]), (&Value::Null, &0.into()));
    }
}

#[test]
fn a_text_that_no_agent_has_read_is_shown_at_the_end() {
    let (project, runner) = at_work(1, false, UNTIL_GO);
    assert_eq!(say(&project, &["use B"])["result"], "waiting");
    let status = || project.ap(&["status", "s"]).expect(0);
    status().says(&["Unread     use B"]);
    project.write("go", "");
    assert_eq!(runner.ended(), 0);
    status().says(&["Unread     use B"]);
}

/// It begins with what was said before its iteration, and is sent the rest.
#[test]
fn a_text_to_an_agent_that_waits_for_its_slot_reaches_it_once() {
    let mut project = Project::new();
    project.set("AP_MAX_AGENTS", "1");
    project.write(
        "script.yaml",
        "iterations:\n  - run: [[sh, -c, 'until [ -e go-$CLAUDE_PIPELINE_SESSION ]; do sleep 0.02; done']]\n    status: { decision: continue }\n",
    );
    project.a_loop(
        "work",
        "provider: scripted\nargs: [script.yaml, --input-format, stream-json]\ndelay: 0\ntermination: {type: fixed, iterations: 1}\n",
        "Session ${SESSION_NAME}\n",
    );
    let first = project.start(&FOREGROUND);
    project.until_event("s", "agent_started", 1);
    let second = project.start(&["work", "t", "--foreground"]);
    project.until_event("t", "iteration_started", 1);
    let say = project.start(&["say", "t", "use B"]);
    project.until_event("t", "user_said", 1);
    assert!(project.events("t", "agent_started").is_empty());
    project.write("go-s", "");
    assert_eq!((first.ended(), say.ended()), (0, 0));
    let messages = project.run_file("t", "stage-00-work/iterations/001/messages");
    project.until("the message", || {
        let files = fs_err::read_dir(project.root().join(&messages));
        let mut paths = files.into_iter().flatten().flatten().map(|it| it.path());
        paths.any(|path| path.extension().is_some_and(|it| it == "sent"))
    });
    project.write("go-t", "");
    assert_eq!(second.ended(), 0);
    assert_eq!(project.events("t", "agent_told").len(), 1);
    let file = |name: &str| {
        let path = format!("stage-00-work/iterations/001/{name}");
        project.read(&project.run_file("t", &path))
    };
    let context: Value = serde_json::from_str(&file("context.json")).expect("JSON");
    assert_eq!(context["said"].as_array().map(Vec::len), Some(0));
    assert!(!file("prompt.md").contains("use B"));
}
