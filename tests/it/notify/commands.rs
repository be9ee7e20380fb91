//! `ap notify`, and what a session's end leaves.
use super::{Server, desk};
use crate::project::Project;
use fs_err as fs;
use serde_json::{Value, json};
use std::os::unix::fs::PermissionsExt as _;

/// A project whose user has these rules.
pub(super) fn project(server: &Server, rules: &str) -> Project {
    let project = Project::new();
    desk::configure(&project.outside().join("ap home/config"), server, rules);
    project
}

fn json_of(project: &Project, args: &[&str], code: i32) -> Value {
    let args: Vec<&str> = args.iter().copied().chain(["--json"]).collect();
    serde_json::from_str(&project.ap(&args).expect(code).stdout).expect("JSON")
}

#[test]
fn setup_writes_what_is_missing_and_overwrites_nothing() {
    let project = Project::new();
    let config = project.outside().join("ap home/config");
    fs::create_dir_all(&config).expect("a folder");
    let settings = config.join("config.yaml");
    agent_pipelines::store::atomic::replace(&settings, b"max_agents: 2").expect("config.yaml");
    project
        .ap(&["notify", "setup"])
        .expect(0)
        .says(&["Added `notify:` to", "Created"]);
    let text = fs::read_to_string(&settings).expect("config.yaml");
    assert!(
        text.starts_with("max_agents: 2\n\n#") && text.contains("\nnotify:\n"),
        "{text}"
    );
    let secrets = config.join("secrets.yaml");
    let mode = fs::metadata(&secrets)
        .expect("secrets.yaml")
        .permissions()
        .mode();
    assert_eq!(mode & 0o777, 0o600);
    let again = json_of(&project, &["notify", "setup"], 0);
    assert_eq!(
        (&again["wrote_config"], &again["wrote_secrets"]),
        (&json!(false), &json!(false))
    );
    assert_eq!(fs::read_to_string(&settings).expect("config.yaml"), text);
    // What is commented out is right, too.
    let uncommented = text
        .replace("  # channels", "  channels")
        .replace("  #   ", "    ")
        .replace("  # rules", "  rules")
        .replace("  # limits", "  limits");
    agent_pipelines::store::atomic::replace(&settings, uncommented.as_bytes())
        .expect("config.yaml");
    let listed = json_of(&project, &["notify", "list"], 0);
    assert_eq!(listed["channels"].as_array().map(Vec::len), Some(7));
}

#[test]
fn test_prints_what_became_of_each_message() {
    let server = Server::start();
    let project = project(&server, "    - {events: [failed], to: [me]}\n");
    let all = json_of(&project, &["notify", "test"], 0);
    let results = all.as_array().expect("a list").iter();
    assert!(
        results.clone().all(|it| it["result"] == "delivered"),
        "{all}"
    );
    assert_eq!(results.count(), 5);
    server.fail([super::Failure::Status(404, "no_service".to_owned())]);
    project.ap(&["notify", "test", "team"]).expect(1).says(&[
        "team (slack): refused: there is no such webhook of Slack",
        "no_service",
    ]);
    project
        .ap(&["notify", "test", "taem"])
        .expect(2)
        .says(&["there is no channel `taem`", "`team`"]);
    let secrets = project.outside().join("ap home/config/secrets.yaml");
    fs::set_permissions(&secrets, std::fs::Permissions::from_mode(0o644)).expect("its mode");
    project.ap(&["notify", "test"]).expect(1).says(&[
        "warning: ",
        "may be read by others",
        "chmod 600",
        "`tg_token` is not known",
        "hook (webhook): delivered",
    ]);
    project
        .ap(&["lint"])
        .expect(0)
        .says(&["warning: ", "may be read by others", "chmod 600"]);
}

#[test]
fn a_channel_that_does_not_exist_stops_lint_and_start_at_its_place() {
    let server = Server::start();
    let project = project(&server, "    - {events: [failed], to: [mee]}\n");
    project.shell_loop(
        "work",
        "termination: {type: fixed, iterations: 1}\n",
        "exit 0",
    );
    for args in [&["lint"][..], &["work", "s", "--foreground"]] {
        project
            .ap(args)
            .expect(2)
            .says(&["config.yaml:9:", "there is no channel `mee`", "`me`"]);
    }
}

/// Fails, so that there is something to be told.
const FAILS: &str =
    "echo '{\"decision\": \"error\", \"reason\": \"the key tiger-lily-47 is wrong\"}' >\"$status\"";

#[test]
fn the_end_of_a_session_is_sent_once_and_recorded_once() {
    let server = Server::start();
    let mut project = project(
        &server,
        "    - {events: [failed, complete, limit_reached], to: [hook]}\n",
    );
    project.set("SHOP_TOKEN", "tiger-lily-47");
    project.shell_loop(
        "work",
        "termination: {type: fixed, iterations: 1}\nguardrails: {max_consecutive_errors: 1}\n",
        FAILS,
    );
    project.ap(&["work", "s", "--foreground"]).expect(1);
    let sent = server.wait_for("/hook", 1).remove(0);
    let notice = &sent["notices"][0];
    assert_eq!(
        (&notice["event"], &notice["session"]),
        (&json!("failed"), &json!("s"))
    );
    assert!(!sent.to_string().contains("tiger-lily"), "{sent}");
    assert!(sent.to_string().contains("[secret]"), "{sent}");
    assert!(
        notice["commands"][0]
            .as_str()
            .is_some_and(|it| it.contains("--resume")),
        "{sent}"
    );
    let record = || -> Vec<Value> {
        let text = project.read(".claude/pipeline-runs/completions.jsonl");
        text.lines()
            .map(|line| serde_json::from_str(line).expect("JSON"))
            .collect()
    };
    let first = record();
    assert_eq!(first.len(), 1);
    assert_eq!(
        (&first[0]["session"], &first[0]["type"], &first[0]["status"]),
        (&json!("s"), &json!("work"), &json!("failed"))
    );
    assert!(first[0]["completed_at"].is_string());
    project
        .ap(&["work", "s", "--foreground", "--resume"])
        .expect(1);
    server.wait_for("/hook", 2);
    assert_eq!(record().len(), 1, "once for each run");
    project
        .ap(&["notify", "list"])
        .expect(0)
        .says(&["hook (webhook)", "limit_reached"]);
    let beat = project.outside().join("ap home/state/heartbeat/sessions");
    assert!(beat.is_file(), "a heartbeat");
}

#[test]
fn what_could_not_be_sent_waits_and_flush_sends_it() {
    let server = Server::start();
    let project = project(&server, "    - {events: [complete], to: [team]}\n");
    project.shell_loop(
        "work",
        "termination: {type: fixed, iterations: 1}\n",
        "echo '{\"decision\": \"stop\"}' >\"$status\"",
    );
    server.fail([super::Failure::Status(500, String::new())]);
    project.ap(&["work", "s", "--foreground"]).expect(0);
    project.until("the first try", || {
        json_of(&project, &["notify", "list"], 0)["waiting"][0]["tries"] == 1
    });
    let lock = project.outside().join("ap home/state/outbox/sender.lock");
    let sender = sender_of(&lock);
    nix::sys::signal::kill(
        nix::unistd::Pid::from_raw(sender),
        nix::sys::signal::SIGKILL,
    )
    .expect("the sender lives");
    project.until("the end of the sender", || {
        json_of(&project, &["notify", "flush"], 0)["sender_is_alive"] == false
    });
    assert_eq!(server.accepted("/services/T0/B0/x").len(), 1);
}

/// Returns the process that holds the lock of the outbox.
pub(super) fn sender_of(lock: &camino::Utf8Path) -> i32 {
    use std::os::unix::fs::MetadataExt as _;
    let inode = fs::metadata(lock).expect("the lock").ino();
    let locks = fs::read_to_string("/proc/locks").expect("locks");
    let own = format!(":{inode} ");
    let line = locks
        .lines()
        .find(|line| line.contains(&own))
        .expect("it is locked");
    let pid = line.split_whitespace().nth(4).expect("a pid");
    pid.parse().expect("a number")
}
