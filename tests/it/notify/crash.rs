//! Outbox and sender are killed at every step: nothing is lost, and at most one message comes twice.
use super::Server;
use super::commands::project;
use crate::project::Project;
use fs_err as fs;

const ENDS: &str = "echo '{\"decision\": \"stop\"}' >\"$status\"";

/// A project with a loop of one iteration, whose log of steps is at this path.
fn stepped(server: &Server) -> (Project, camino::Utf8PathBuf) {
    let mut project = project(server, "    - {events: [complete], to: [hook]}\n");
    project.shell_loop("work", "termination: {type: fixed, iterations: 1}\n", ENDS);
    let log = project.outside().join("steps");
    project.set("AP_CRASH_LOG", log.as_str());
    (project, log)
}

/// Returns the steps that a role took.
fn steps(log: &camino::Utf8Path, role: &str) -> Vec<String> {
    let text = fs::read_to_string(log).unwrap_or_default();
    let own = text.lines().filter_map(|line| line.strip_prefix(role));
    own.map(str::to_owned).collect()
}

#[test]
fn a_sender_may_be_killed_anywhere() {
    let server = Server::start();
    let (project, log) = stepped(&server);
    project.ap(&["work", "s", "--foreground"]).expect(0);
    server.wait_for("/hook", 1);
    let outbox = project.outside().join("ap home/state/outbox");
    let waiting = || fs::read_dir(outbox.join("waiting")).map_or(0, Iterator::count);
    project.until("the message to be filed", || waiting() == 0);
    let sent = fs::read_dir(outbox.join("sent"))
        .expect("a folder")
        .next()
        .expect("a message");
    let sent = sent.expect("an entry").path();
    let name = sent
        .file_name()
        .expect("a name")
        .to_str()
        .expect("UTF-8")
        .to_owned();
    let mut message: serde_json::Value =
        serde_json::from_slice(&fs::read(&sent).expect("a message")).expect("JSON");
    message["sent_at"].take();
    // A sender as the session started it, killed at each of its steps.
    project.until("the end of the sender", || {
        !agent_pipelines::notify::ring(&dirs(&project))
    });
    let mut deaths = 0;
    for step in 1..60 {
        for folder in ["sent", "failed"] {
            let _ = fs::remove_file(outbox.join(folder).join(&name));
        }
        let _ = fs::remove_file(outbox.join("recent.json"));
        let text = serde_json::to_vec(&message).expect("JSON");
        let path = outbox.join("waiting").join(&name);
        agent_pipelines::store::atomic::replace(&path, &text).expect("a file");
        let before = server.accepted("/hook").len();
        let _ = fs::remove_file(&log);
        let mut sender = project.ap_command(&["__notify"]);
        sender.env("AP_CRASH_AT", format!("sender:{step}"));
        let died = !sender.status().expect("it runs").success();
        let after = server.accepted("/hook").len() - before;
        assert!(after <= 1, "{:?}", steps(&log, "sender "));
        let ended = project.ap_command(&["__notify"]).status().expect("it runs");
        assert!(ended.success());
        let all = server.accepted("/hook").split_off(before);
        assert!((1..=2).contains(&all.len()), "step {step}: {}", all.len());
        if let Some(second) = all.get(1) {
            assert!(
                second["title"]
                    .as_str()
                    .is_some_and(|it| it.contains("(sent again)")),
                "{second}"
            );
        }
        assert_eq!(waiting(), 0, "step {step}");
        if !died {
            break;
        }
        deaths += 1;
    }
    assert!((8..59).contains(&deaths), "{deaths} steps");
}

#[test]
fn a_disk_that_fills_loses_no_message() {
    let server = Server::start();
    let project = project(&server, "    - {events: [failed], to: [hook]}\n");
    let outbox = agent_pipelines::notify::outbox::Outbox::new(&dirs(&project));
    outbox.create(&dirs(&project)).expect("an outbox");
    let mut failures = 0;
    for write in 1..40 {
        let message = message(write);
        assert!(outbox.put(&message).expect("it is written"));
        let before = server.accepted("/hook").len();
        let mut sender = project.ap_command(&["__notify"]);
        sender.env("AP_FAULT", format!("sender:ENOSPC:{write}:1"));
        let failed = !sender.status().expect("it runs").success();
        let ended = project.ap_command(&["__notify"]).status().expect("it runs");
        assert!(ended.success());
        let sent = server.accepted("/hook").len() - before;
        assert!((1..=2).contains(&sent), "write {write}: {sent}");
        assert!(outbox.is_empty(), "write {write}");
        if !failed {
            break;
        }
        failures += 1;
    }
    assert!((2..39).contains(&failures), "{failures} writes");
}

/// Returns a message to the channel `hook`.
fn message(number: u64) -> agent_pipelines::notify::Message {
    let notice = agent_pipelines::notify::Notice {
        source: "r1".to_owned(),
        number,
        kind: agent_pipelines::model::NoticeKind::Failed,
        at: agent_pipelines::clock::now(),
        project: None,
        session: None,
        title: "failed".to_owned(),
        detail: String::new(),
        commands: Vec::new(),
        last_words: String::new(),
        question: None,
        removed: 0,
    };
    agent_pipelines::notify::Message::new(notice, "hook")
}

pub(super) fn dirs(project: &Project) -> agent_pipelines::store::layout::UserDirs {
    let home = project.var("AP_HOME").to_owned();
    let vars = std::iter::once(("AP_HOME".to_owned(), home)).collect();
    agent_pipelines::store::layout::UserDirs::new(&vars, None)
}

#[test]
fn a_runner_that_is_killed_around_a_message_loses_and_doubles_none() {
    let server = Server::start();
    let (mut project, log) = stepped(&server);
    project.ap(&["work", "first", "--foreground"]).expect(0);
    let all = steps(&log, "runner ");
    let own = |step: &String| {
        step.contains("outbox: ") || step.contains("completions") || step.contains("-hook.json")
    };
    let places: Vec<usize> = (1..=all.len()).filter(|step| own(&all[step - 1])).collect();
    assert!(4 <= places.len(), "{all:#?}");
    server.wait_for("/hook", 1);
    let mut deaths = 0;
    for (index, place) in places.iter().enumerate() {
        let session = format!("s{index}");
        let _ = fs::remove_file(&log);
        project.set("AP_CRASH_AT", format!("runner:{place}"));
        let mut start = project.ap_command(&["work", &session, "--foreground"]);
        let status = start
            .stdout(std::process::Stdio::null())
            .stderr(std::process::Stdio::null())
            .status();
        // Threads take turns, so the last steps of one run may be missing in another.
        deaths += usize::from(!status.expect("it runs").success());
        project.unset("AP_CRASH_AT");
        // The next runner finds it complete; its observers see what they missed.
        project.ap(&["work", &session, "--foreground", "--resume"]);
        let of_session = || {
            let accepted = server.accepted("/hook").into_iter();
            accepted
                .filter(|body| body.to_string().contains(&format!("Session {session} ")))
                .count()
        };
        project.ap(&["notify", "flush"]);
        project.until("its message", || 1 <= of_session());
        assert_eq!(of_session(), 1, "{session}");
        let record = project.read(".claude/pipeline-runs/completions.jsonl");
        let lines = record
            .lines()
            .filter(|line| line.contains(&format!("\"{session}\"")));
        assert_eq!(lines.count(), 1, "{record}");
    }
    assert!(places.len() / 2 <= deaths, "{deaths} of {places:?}");
}
