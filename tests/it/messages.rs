//! The wording of errors: one snapshot for each kind of error, with every message of that kind that is provoked here.
use crate::project::{Project, Ran, Running};
use agent_pipelines::error::ErrorKind;
use std::collections::{BTreeMap, BTreeSet};
use std::process::Command;

/// Makes `ap` log the kind of an error.
const LOG: &str = "agent_pipelines::cli=debug";
/// What that line of the log has.
const FAILS: &str = "the command fails";

/// Kinds that no snapshot shows, and why.
const WITHOUT_SNAPSHOT: &[(ErrorKind, &str)] = &[
    #[cfg(not(target_os = "linux"))]
    (
        ErrorKind::DiskFull,
        "it needs a full disk, which Linux has as a device",
    ),
    (ErrorKind::Io, "its message is the system's"),
    (ErrorKind::NotPermitted, "its message is the system's"),
    (ErrorKind::Exists, "`fork` provokes it, with a worktree"),
    (
        ErrorKind::LimitReached,
        "it is how a session ends, and `exit_codes` provokes it",
    ),
    (ErrorKind::Program, "it needs a git that fails"),
    (ErrorKind::TaskHeld, "`cli::queue::tests` have its wording"),
    (
        ErrorKind::NoAnswer,
        "`ap` waits ten seconds before it says so",
    ),
    (
        ErrorKind::Interrupted,
        "its message names the signal and the time; `interrupted` provokes it",
    ),
    (
        ErrorKind::Launch,
        "it needs a runner that dies before it connects",
    ),
];

/// What `ap` printed, by the kind of error.
#[derive(Default)]
struct Messages(BTreeMap<String, String>);

impl Messages {
    /// Runs command lines that are refused. The log has the kind of their error.
    #[track_caller]
    fn refused(&mut self, project: &Project, lines: &[&[&str]]) {
        for line in lines {
            self.refused_with(project.ap_command(line), project, &line.join(" "));
        }
    }

    /// Runs a command that is refused; `line` is what it is in the snapshot.
    #[track_caller]
    fn refused_with(&mut self, mut command: Command, project: &Project, line: &str) {
        let ran: Ran = command.env("AP_LOG", LOG).output().expect("ap runs").into();
        let (log, message): (Vec<_>, Vec<_>) =
            ran.stderr.lines().partition(|line| line.contains(FAILS));
        // A command line that cannot be parsed is refused before there is a log.
        let kind = log.first().and_then(|line| line.rsplit_once("kind="));
        let kind = kind.map_or("usage", |(_, kind)| kind);
        assert_ne!(ran.code, 0, "{line}: {}{}", ran.stdout, ran.stderr);
        let shown = format!("{}{}", ran.stdout, message.join("\n"));
        let shown = shown.replace(project.outside().as_str(), "/outside");
        let entry = self.0.entry(kind.to_owned()).or_default();
        *entry += &format!("$ ap {line}\n{shown}\n\n");
    }
}

#[test]
fn every_kind_of_error_has_its_wording() {
    let mut messages = Messages::default();
    command_lines(&mut messages);
    starts(&mut messages);
    accounts(&mut messages);
    ended_sessions(&mut messages);
    living_sessions(&mut messages);
    damaged_files(&mut messages);
    queues(&mut messages);
    files(&mut messages);

    let mut settings = insta::Settings::clone_current();
    settings.set_snapshot_path("messages");
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    settings.add_filter(r"pid \d+", "pid [pid]");
    settings.add_filter(r"\d{4}-\d\d-\d\dT[\d:.]+Z", "[time]");
    settings.add_filter(r"since \d\d:\d\d:\d\d", "since [time]");
    let _bound = settings.bind_to_scope();
    for (kind, text) in &messages.0 {
        insta::assert_snapshot!(kind.as_str(), text);
    }
    let shown: BTreeSet<&str> = messages.0.keys().map(String::as_str).collect();
    let elsewhere: Vec<ErrorKind> = WITHOUT_SNAPSHOT.iter().map(|(kind, _)| *kind).collect();
    let missing = ErrorKind::ALL
        .iter()
        .filter(|kind| !elsewhere.contains(kind) && !shown.contains(kind.as_str()));
    assert_eq!(missing.collect::<Vec<_>>(), Vec::<&ErrorKind>::new());
}

/// A project with a loop that ends after two iterations, and one whose agent crashes.
fn project() -> Project {
    let project = Project::new();
    project.shell_loop(
        "greet",
        "termination: {type: fixed, iterations: 2}\n",
        "echo '{\"decision\": \"continue\"}' >\"$status\"",
    );
    project.shell_loop(
        "crash",
        "termination: {type: fixed, iterations: 2}\nretries: 0\n",
        "echo 'error: out of luck' >&2; exit 9",
    );
    project
}

fn command_lines(messages: &mut Messages) {
    let project = project();
    messages.refused(
        &project,
        &[
            &["status", "gone"],
            &["logs", "gone"],
            &["status", "--what"],
            &["logs", "s", "9"],
            &["list", "x"],
            &["greet", "a b", "2"],
            &["greet", "s", "0"],
            &["greet", "s", "--max-runtime", "5q"],
            &["greet", "s", "--permissions", "nope"],
            &["qqq"],
            &["satus"],
            &["explain", "foo"],
            &["lint", "nope"],
            &["pipeline", "nope"],
            &["new", "loop", "greet"],
            &["new", "loop", "status"],
            &["new", "loop", "a b"],
            &["test", "greet"],
            &["dry-run", "loop"],
            &["list", "-C", "/nope"],
            &["./nope.yaml"],
        ],
    );
}

fn starts(messages: &mut Messages) {
    let project = project();
    project.a_loop(
        "absent",
        "provider: command\nprogram: absent-program\ntermination: {type: fixed, iterations: 1}\n",
        "${STATUS}\n",
    );
    project.a_loop(
        "broken",
        "termination: {type: fixd}\nprovder: claude\n",
        "${STATUS}\n",
    );
    messages.refused(
        &project,
        &[
            &["absent", "s"],
            &["broken", "s"],
            &["greet", "s", "--provider", "nope"],
            &["greet", "s", "--input", "nope.md"],
            &["work", "s", "--provider", "scripted"],
            &["work", "s", "--provider", "scripted", "--queue", "tasks.md"],
            &["greet", "s", "--resume"],
        ],
    );
}

/// A stand-in for Claude Code that is not signed in; large, because nothing else is asked.
fn accounts(messages: &mut Messages) {
    let mut project = Project::new();
    let answer = "#!/bin/sh\necho '{\"loggedIn\": false}'\n".to_owned() + &"#".repeat(4_300_000);
    project.program("bin/claude", &answer);
    let path = format!("{}/bin:{}", project.outside(), project.var("PATH"));
    project.set("PATH", path);
    messages.refused(
        &project,
        &[&["ralph", "s"], &["ralph", "s", "--context", "x"]],
    );
}

fn ended_sessions(messages: &mut Messages) {
    let project = project();
    project.ap(&["crash", "failed", "--foreground"]).expect(1);
    project.ap(&["greet", "done", "--foreground"]).expect(0);
    project.shell_loop(
        "open",
        "termination: {type: judgment, max: 2}\n",
        "echo '{\"decision\": \"continue\"}' >\"$status\"",
    );
    project.ap(&["open", "short", "--foreground"]).expect(4);
    messages.refused(
        &project,
        &[
            &["crash", "failed"],
            &["open", "short"],
            &["pause", "failed"],
            &["answer", "done", "yes"],
            &["approve", "done", "--id", "q3"],
            &["stop", "done"],
            &["attach", "done"],
            &["crash", "done", "--resume"],
            &["open", "short", "1", "--resume"],
            &["logs", "done", "--iteration", "9"],
            &["fork", "done", "--as", "failed", "--at", "1"],
        ],
    );
}

/// Starts a session whose agent never ends by itself.
fn busy(project: &Project, session: &str) -> Running {
    project.shell_loop(
        "busy",
        "termination: {type: judgment}\n",
        "while :; do sleep 1; done",
    );
    let running = project.start(&["busy", session, "--foreground"]);
    project.until_event(session, "agent_started", 1);
    running
}

fn living_sessions(messages: &mut Messages) {
    let project = project();
    let running = busy(&project, "s");
    messages.refused(
        &project,
        &[
            &["busy", "s"],
            &["wait", "s", "--timeout", "0"],
            &["attach", "s"],
        ],
    );
    project.ap(&["stop", "s"]).expect(0);
    running.ended();
    messages.refused(&project, &[&["busy", "s", "--resume-or-start"]]);
    busy(&project, "crashed").kill_9();
    messages.refused(&project, &[&["wait", "crashed"]]);
}

fn damaged_files(messages: &mut Messages) {
    let project = project();
    for session in ["damaged", "newer", "changed"] {
        project.ap(&["crash", session, "--foreground"]).expect(1);
    }
    let rewrite = |session: &str, file: &str, from: &str, to: &str| {
        let path = project.run_file(session, file);
        let text = project.read(&path);
        assert!(text.contains(from), "{path} has no {from}:\n{text}");
        project.write(&path, &text.replacen(from, to, 1));
    };
    rewrite(
        "damaged",
        "events.jsonl",
        "\"iteration_started\"",
        "\"iteration_stated\"",
    );
    rewrite("newer", "events.jsonl", "{\"v\":", "{\"v\":99");
    rewrite("changed", "plan.json", "a test", "another test");
    for session in ["damaged", "newer", "changed"] {
        messages.refused(&project, &[&["crash", session, "--resume"]]);
    }
}

fn queues(messages: &mut Messages) {
    let mut project = project();
    project.write("backlog.md", "- [ ] one\n- [ ] two\n");
    messages.refused(
        &project,
        &[
            &["queue", "claim", "nope"],
            &["queue", "close", "nope"],
            &["queue", "release", "nope"],
        ],
    );
    project.set("CLAUDE_PIPELINE_AGENT", "1");
    project.set("AP_CONTEXT", "/nope/context.json");
    messages.refused(&project, &[&["queue", "claim"]]);
}

fn files(messages: &mut Messages) {
    let project = project();
    project.write(
        "AGENTS.md",
        "<!-- agent-pipelines: begin -->\nmine\n<!-- agent-pipelines: end -->\n",
    );
    project.write("file", "");
    messages.refused(
        &project,
        &[
            &["init", "--agents-md"],
            &["new", "loop", "x", "-C", "file"],
        ],
    );
    if cfg!(target_os = "linux") {
        let mut full = project.ap_command(&["list"]);
        full.stdout(
            fs_err::File::create("/dev/full")
                .expect("the device")
                .into_parts()
                .0,
        );
        messages.refused_with(full, &project, "list >/dev/full");
    }
}
