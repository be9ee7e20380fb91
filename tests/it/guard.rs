//! The hook that judges what agents do with their tools, as Claude Code calls it.
use crate::project::Project;
use serde_json::{Value, json};
use std::io::Write as _;
use std::process::{Command, Output, Stdio};

const HOOK: [&str; 3] = ["hook", "pre-tool-use", "--attempt"];

/// Returns what an attempt's guardrails are given.
fn brief(project: &Project) -> Value {
    let root = project.root();
    json!({
        "settings": { "rules": ["terraform apply"] },
        "project": root,
        "protected": [{ "path": root.join(".claude"), "what": "holds settings" },
            { "path": root.join("gate.sh"), "what": "decides whether the work is done" }],
        "writable": [root.join(".claude/pipeline-runs/auth/status.json")],
    })
}

fn asked(mut command: Command, payload: &[u8]) -> Output {
    let mut child = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("it starts");
    // A hook that needs no payload may have ended.
    let _ = child.stdin.take().expect("a pipe").write_all(payload);
    child.wait_with_output().expect("it ends")
}

fn in_attempt(project: &Project, payload: &[u8]) -> Output {
    let mut command = project.ap_command(&HOOK);
    command
        .env("AP_ATTEMPT", "r1/0.1.1")
        .env("AP_GUARD", brief(project).to_string());
    asked(command, payload)
}

fn bash(project: &Project, command: &str) -> Vec<u8> {
    let input = json!({ "command": command });
    json!({ "tool_name": "Bash", "tool_input": input, "cwd": project.root() })
        .to_string()
        .into_bytes()
}

#[test]
fn forbidden_uses_of_tools_are_refused_with_their_reason() {
    let project = Project::new();
    let refused = [
        ("git push --force", "push a branch of your own"),
        ("cat ~/.ssh/id_rsa", "holds keys or credentials"),
        ("rm -rf /srv/other", "outside the project"),
        ("echo > gate.sh", "decides whether the work is done"),
        ("terraform -chdir=x apply", "forbidden in this session"),
    ];
    for (command, reason) in refused {
        let output = in_attempt(&project, &bash(&project, command));
        let shown = String::from_utf8_lossy(&output.stderr);
        let shown = shown.split_whitespace().collect::<Vec<_>>().join(" ");
        assert_eq!(output.status.code(), Some(2), "{command}: {shown}");
        assert!(shown.contains(reason), "{command}: {shown}");
        assert_eq!(output.stdout, b"", "{command}");
    }
    for command in [
        "cargo test",
        "git commit -m 'rm -rf /'",
        "echo {} > .claude/pipeline-runs/auth/status.json",
    ] {
        let output = in_attempt(&project, &bash(&project, command));
        assert_eq!(output.status.code(), Some(0), "{command}: {output:?}");
        assert_eq!(output.stderr, b"", "{command}");
    }
}

/// The branch is read from git's own files, in a worktree too.
#[test]
fn a_push_of_the_branch_that_is_checked_out_depends_on_the_branch() {
    let project = Project::new();
    project.write(".git/HEAD", "ref: refs/heads/trunk\n");
    project.write(
        ".git/refs/remotes/origin/HEAD",
        "ref: refs/remotes/origin/trunk\n",
    );
    let push = bash(&project, "git push");
    assert_eq!(in_attempt(&project, &push).status.code(), Some(2));
    project.write(".git/HEAD", "ref: refs/heads/topic\n");
    assert_eq!(in_attempt(&project, &push).status.code(), Some(0));
    // A worktree has a branch of its own, and shares the rest.
    fs_err::rename(project.root().join(".git"), project.root().join("main.git"))
        .expect("git's folder");
    project.write(".git", "gitdir: main.git/worktrees/w\n");
    project.write("main.git/worktrees/w/commondir", "../..\n");
    project.write("main.git/worktrees/w/HEAD", "ref: refs/heads/trunk\n");
    assert_eq!(in_attempt(&project, &push).status.code(), Some(2));
    project.write("main.git/worktrees/w/HEAD", "ref: refs/heads/other\n");
    assert_eq!(in_attempt(&project, &push).status.code(), Some(0));
}

#[test]
fn links_lead_to_what_is_judged() {
    let project = Project::new();
    project.write("gate.sh", "exit 1\n");
    std::os::unix::fs::symlink(project.root().join("gate.sh"), project.root().join("other"))
        .expect("a link");
    std::os::unix::fs::symlink("/", project.root().join("all")).expect("a link");
    for command in ["echo > other", "rm -rf all/usr"] {
        assert_eq!(
            in_attempt(&project, &bash(&project, command)).status.code(),
            Some(2),
            "{command}"
        );
    }
}

#[test]
fn what_cannot_be_judged_is_refused_and_nothing_is_outside_of_an_attempt() {
    let project = Project::new();
    let huge = format!(
        "{{\"tool_name\": \"Bash\", \"tool_input\": {{\"command\": \"{}\"}}}}",
        "a".repeat(1 << 20)
    );
    let payloads: [&[u8]; 6] = [
        b"",
        b"{",
        b"[]",
        b"{\"tool_name\": 5}",
        b"\xff",
        huge.as_bytes(),
    ];
    for payload in payloads {
        let output = in_attempt(&project, payload);
        assert_eq!(output.status.code(), Some(2), "{output:?}");
        assert!(!output.stderr.is_empty());
    }
    let push = bash(&project, "git push -f");
    for guard in [None, Some("{")] {
        let mut command = project.ap_command(&HOOK);
        command.env("AP_ATTEMPT", "r1/0.1.1");
        command.envs(guard.map(|text| ("AP_GUARD", text)));
        assert_eq!(asked(command, &bash(&project, "ls")).status.code(), Some(2));
    }
    let outside = asked(project.ap_command(&HOOK), &push);
    assert_eq!(
        (outside.status.code(), outside.stderr),
        (Some(0), Vec::new())
    );
}
