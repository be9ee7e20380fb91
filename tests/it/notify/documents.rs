//! docs/notifications.md and docs/hooks.md as written, with the server of the test in place of the real ones.
use super::{CHAT, Server, TOKEN};
use crate::project::Project;
use crate::readme::{lines_of, words};
use agent_pipelines::store::atomic;
use fs_err as fs;
use std::collections::BTreeSet;

/// Returns the blocks of a kind in a section, without their indent.
fn blocks(page: &str, section: &str, kind: &str) -> Vec<String> {
    let (_, rest) = page
        .split_once(&format!("\n## {section}\n"))
        .expect("the section");
    let section = rest.split("\n## ").next().expect("its text");
    let mut found = Vec::new();
    let mut lines = section.lines();
    while let Some(line) = lines.next() {
        let Some(fence) = line.trim_start().strip_prefix("```") else {
            continue;
        };
        let indent = line.len() - line.trim_start().len();
        let inside = lines.by_ref().take_while(|line| line.trim() != "```");
        let text: String = inside
            .map(|line| format!("{}\n", line.get(indent..).unwrap_or_default()))
            .collect();
        if fence == kind {
            found.push(text);
        }
    }
    found
}

/// Follows the steps of a section, and returns what the server accepted.
fn follow(section: &str, replaced: &[(&str, String)], shown: &str) -> (Server, Project) {
    let server = Server::start();
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/notifications.md");
    let page = fs::read_to_string(path).expect("the page");
    let project = Project::new();
    let config = project.outside().join("ap home/config");
    project.ap(&["notify", "setup"]).expect(0);
    let yaml = blocks(&page, section, "yaml");
    let [secrets, notify] = &yaml[..] else {
        panic!("two files in {section}");
    };
    let local = |text: &str| {
        let text = text.to_owned();
        replaced.iter().fold(text, |text, (from, to)| {
            text.replace(from, &to.replace("SERVER", &server.address))
        })
    };
    let known = fs::read_to_string(config.join("secrets.yaml")).expect("secrets.yaml");
    let secrets = known + &local(secrets);
    atomic::replace(&config.join("secrets.yaml"), secrets.as_bytes()).expect("secrets.yaml");
    atomic::replace(&config.join("config.yaml"), local(notify).as_bytes()).expect("config.yaml");
    let commands = blocks(&page, section, "sh");
    let command = commands.last().expect("a command");
    let words: Vec<&str> = command.split_whitespace().skip(1).collect();
    project.ap(&words).expect(0).says(&[shown]);
    (server, project)
}

#[test]
fn your_phone_is_reached_in_the_steps_of_the_page() {
    let replaced = [
        ("type: ntfy,", "type: ntfy, url: \"SERVER/\",".to_owned()),
        ("agents-7f3a9c51d2", "agents".to_owned()),
    ];
    let (server, project) = follow(
        "On your phone in five minutes: ntfy",
        &replaced,
        "phone (ntfy): delivered",
    );
    project.shell_loop(
        "work",
        "termination: {type: fixed, iterations: 1}\n",
        "echo '{\"decision\": \"stop\"}' >\"$status\"",
    );
    project.ap(&["work", "auth", "--foreground"]).expect(0);
    let sent = server.wait_for("/", 2).remove(1);
    assert_eq!(sent["title"], "Session auth is complete");
}

#[test]
fn telegram_is_reached_in_the_steps_of_the_page() {
    let replaced = [
        (
            "type: telegram,",
            "type: telegram, api: \"SERVER\",".to_owned(),
        ),
        ("123456:ABC-DEF", TOKEN.to_owned()),
        ("4711", CHAT.to_string()),
    ];
    let section = "On your phone in five minutes: Telegram, with answers";
    let (server, project) = follow(section, &replaced, "me (telegram): delivered");
    assert_eq!(server.accepted("/sendMessage").len(), 1);
    let listed = project.ap(&["notify", "list"]).expect(0);
    listed.says(&["me (telegram), with `tg_token` in secrets.yaml"]);
    project
        .ap(&["notify", "flush"])
        .expect(0)
        .says(&["0 messages sent."]);
}

/// Every command line of the two pages. What a session answers is behind it.
const COMMANDS: [(&str, &str); 11] = [
    ("ap lint", ""),
    ("ap dry-run loop work", ""),
    ("ap test", ""),
    ("ap notify setup", ""),
    ("ap notify list", ""),
    ("ap notify list --json", ""),
    ("ap notify flush", ""),
    ("ap notify test phone", ""),
    ("ap notify test me", ""),
    ("ap approve", "s"),
    ("ap reject", "s"),
];

#[test]
fn every_command_line_of_both_pages_runs() {
    let written: BTreeSet<String> = ["docs/notifications.md", "docs/hooks.md"]
        .iter()
        .map(|page| format!("{}/{page}", env!("CARGO_MANIFEST_DIR")))
        .flat_map(|page| lines_of("ap", &fs::read_to_string(page).expect("a page")))
        // The name of the program alone is no command line.
        .filter(|line| line != "ap")
        .collect();
    let run: BTreeSet<String> = COMMANDS
        .iter()
        .map(|(line, _)| (*line).to_owned())
        .collect();
    assert_eq!(written, run, "each is run below");
    let server = Server::start();
    let project = super::commands::project(&server, "    - {events: [question], to: [me]}\n");
    let hook = project.program("busy.sh", "#!/bin/sh\nexit 1\n");
    let yaml = format!(
        "termination: {{type: fixed, iterations: 2}}\nhooks: {{iteration_start: [{{command: [\"{hook}\"], on_failure: hold}}]}}\n"
    );
    project.shell_loop(
        "work",
        &yaml,
        "echo '{\"decision\": \"continue\"}' >\"$status\"",
    );
    let runner = project.start(&["work", "s", "--foreground"]);
    let mut asked = 0;
    for (line, session) in COMMANDS {
        if !session.is_empty() {
            asked += 1;
            project.until_event("s", "question_asked", asked);
        }
        let mut words = words(line).split_off(1);
        words.extend(Some(session.to_owned()).filter(|it| !it.is_empty()));
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        // Built-in pipelines are tested with the project's own `work`, and fail.
        project
            .ap(&words)
            .expect(if line == "ap test" { 2 } else { 0 });
    }
    runner.ended();
    assert_eq!(project.status("s")["status"], "stopped");
}
