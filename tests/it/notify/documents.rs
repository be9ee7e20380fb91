//! docs/notifications.md as written, with the server of the test in the place of the real ones.
use super::{CHAT, Server, TOKEN};
use crate::project::Project;
use agent_pipelines::store::atomic;
use fs_err as fs;

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
