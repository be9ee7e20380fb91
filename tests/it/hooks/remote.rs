//! Hooks without a program: requests, and messages to you.
use super::{FOREGROUND, WORKS, noted};
use crate::notify::{Failure, Server, configure};
use crate::project::Project;
use serde_json::{Value, json};

/// A loop of two iterations whose hooks are these lines, and a user who is notified by these rules.
fn project(server: &Server, rules: &str, hooks: &str) -> Project {
    let mut project = Project::new();
    project.set("AP_WAIT_FACTOR", "0.001");
    configure(&project.outside().join("ap home/config"), server, rules);
    let hooks = hooks.replace("SERVER", &server.address);
    let yaml = format!("termination: {{ type: fixed, iterations: 2 }}\nhooks:\n{hooks}");
    project.shell_loop("work", &yaml, WORKS);
    project
}

const TO_HOOK: &str = "    - {events: [message], to: [hook]}\n";

/// Returns the exits that `hooks.jsonl` records, in order.
fn exits(project: &Project) -> Vec<Value> {
    let log = project.read(&project.run_file("s", "hooks.jsonl"));
    let lines = log
        .lines()
        .map(|line| serde_json::from_str::<Value>(line).expect("JSON"));
    lines.filter(|line| line["exit"].is_object()).collect()
}

#[test]
fn a_webhook_gets_the_event_as_json_without_secrets() {
    let server = Server::start();
    let mut project = project(
        &server,
        TO_HOOK,
        "  iteration_end: [{ webhook: SERVER/awaited }]\n  session_end: [{ webhook: { env: MY_ADDRESS } }]\n",
    );
    let address = format!("{}/observed", server.address);
    project
        .set("MY_ADDRESS", &address)
        .set("SHOP_TOKEN", "did it");
    project.ap(&FOREGROUND).expect(0);
    let awaited = server.accepted("/awaited");
    assert_eq!(awaited.len(), 2);
    assert_eq!(
        (&awaited[0]["event"], &awaited[1]["iteration"]),
        (&json!("iteration_end"), &json!(2))
    );
    assert_eq!(awaited[0]["summary"], "[secret]", "{}", awaited[0]);
    let observed = server.accepted("/observed");
    assert_eq!(observed.len(), 1);
    assert_eq!(observed[0]["outcome"], "complete");
    assert_eq!(
        project.events("s", "hook_ended")[0]["exit"],
        json!({ "code": 0 })
    );
    let plan = project.read(&project.run_file("s", "plan.json"));
    assert!(
        !plan.contains("/observed"),
        "the plan names the source only"
    );
}

#[test]
fn a_webhook_that_fails_is_tried_three_times_and_marked() {
    let server = Server::start();
    let project = project(
        &server,
        TO_HOOK,
        "  iteration_end: [{ webhook: SERVER/awaited, on_failure: retry, when: { every: 2 } }]\n  session_end: [{ webhook: SERVER/observed, on_failure: retry }]\n",
    );
    server.fail([
        Failure::Status(500, "down".to_owned()),
        Failure::RetryAfter(429, 3),
    ]);
    project.ap(&FOREGROUND).expect(0);
    let again = |path: &str| -> Vec<Value> {
        let all = server.received().into_iter();
        all.filter(|it| it.path == path)
            .map(|it| it.body["again"].clone())
            .collect()
    };
    assert_eq!(again("/awaited"), [false, true, true]);
    assert_eq!(again("/observed"), [false]);
    let reason = &project.events("s", "hook_ended")[0]["exit"]["reason"];
    assert_eq!(reason, "it answers with status 500");
    // Observed: another session, whose server never answers well.
    server.fail(vec![Failure::Redirect; 6]);
    project
        .ap(&["work", "s", "--foreground", "--force"])
        .expect(0);
    assert_eq!(again("/observed")[1..], [false, true, true]);
    let exits = exits(&project);
    assert_eq!((exits.len(), &exits[0]["try"]), (1, &json!(3)));
    let reason = exits[0]["exit"]["reason"].as_str().expect("a reason");
    assert!(reason.contains("a redirect (302)"), "{reason}");
}

#[test]
fn a_webhook_without_a_server_holds_the_session_and_names_no_address() {
    let server = Server::start();
    let project = project(
        &server,
        TO_HOOK,
        "  iteration_start: [{ webhook: { secret: nowhere }, on_failure: fail }]\n",
    );
    project
        .ap(&FOREGROUND)
        .expect(1)
        .says(&["hook `webhook` at iteration_start failed: secrets.yaml has no `nowhere`"]);
    let closed = format!("nowhere: \"{}/x\"\n", closed_address());
    let secrets = project.outside().join("ap home/config/secrets.yaml");
    let known = fs_err::read_to_string(&secrets).expect("secrets.yaml");
    let path = agent_pipelines::store::atomic::replace(&secrets, (known + &closed).as_bytes());
    path.expect("secrets.yaml");
    use std::os::unix::fs::PermissionsExt as _;
    fs_err::set_permissions(&secrets, std::fs::Permissions::from_mode(0o600)).expect("its mode");
    let said = project
        .ap(&["work", "s", "--foreground", "--resume"])
        .expect(1);
    said.says(&["at iteration_start failed: the connection is refused"]);
    assert!(!said.text().contains("127.0.0.1"), "{}", said.text());
}

/// Returns an address that nothing listens at.
fn closed_address() -> String {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    format!("http://{}", listener.local_addr().expect("an address"))
}

#[test]
fn a_message_of_a_hook_reaches_the_channels_of_its_rule_once() {
    let server = Server::start();
    let mut project = project(
        &server,
        TO_HOOK,
        "  session_end: [{ message: 'Look at it, tiger-lily-47' }]\n  iteration_end: [{ message: Half of it is done, when: { every: 1 } }]\n",
    );
    project.set("SHOP_TOKEN", "tiger-lily-47");
    project.ap(&FOREGROUND).expect(0);
    // Two that pile up are sent as one.
    let notices = || -> Vec<Value> {
        let sent = server.accepted("/hook").into_iter();
        sent.flat_map(|it| it["notices"].as_array().cloned().unwrap_or_default())
            .collect()
    };
    project.until("its messages", || notices().len() == 3);
    let notices = notices();
    let titles: Vec<&Value> = notices.iter().map(|notice| &notice["title"]).collect();
    assert_eq!(titles[..2], ["Half of it is done"; 2]);
    assert_eq!(titles[2], "Look at it, [secret]");
    assert_eq!(notices[2]["event"], "message");
    assert_eq!(notices[2]["detail"], "session s at session_end: complete");
    assert_eq!(notices[2]["session"], "s");
}

#[test]
fn a_message_that_no_rule_names_fails_its_hook() {
    let server = Server::start();
    let project = project(
        &server,
        "    - {events: [failed], to: [hook]}\n",
        "  iteration_start: [{ message: Begins, when: { every: 2 } }]\n",
    );
    project
        .ap(&FOREGROUND)
        .expect(0)
        .says(&["hook `message` at iteration_start failed: no rule of `notify:` in config.yaml names `message`"]);
}

#[test]
fn other_hooks_run_while_one_waits_for_another_try() {
    let server = Server::start();
    let mut project = Project::new();
    let hook = project.program("hook.sh", super::NOTES);
    configure(&project.outside().join("ap home/config"), &server, TO_HOOK);
    let yaml = format!(
        "termination: {{ type: fixed, iterations: 1 }}\nhooks:\n  session_end: [{{ webhook: '{}/first', on_failure: retry }}, {{ command: [\"{hook}\"] }}]\n",
        server.address
    );
    project.shell_loop("work", &yaml, WORKS);
    // A hook waits for as long as the server wants, and runs only after the one behind it.
    project.set("AP_WAIT_FACTOR", "0.02");
    server.fail([Failure::RetryAfter(503, 60)]);
    project.ap(&FOREGROUND).expect(0);
    assert_eq!(noted(&project).len(), 1);
    let hooks: Vec<u64> = exits(&project)
        .iter()
        .filter_map(|line| line["hook"].as_u64())
        .collect();
    assert_eq!(hooks, [1, 0], "the one that waited ended last");
    assert_eq!(server.received().len(), 2);
}
