//! What agents, gates and tmux inherit from the program that started `ap`.
#![expect(clippy::unwrap_used, reason = "a test stops at the first surprise")]
use crate::project::Project;

const VERIFIED: &str = "termination: { type: verify, command: [sh, gate.sh], max: 1 }\n";
/// Commits in a repository of its own, as an agent that tries something out does.
const COMMITS: &str = "git init -q \"$scratch\"
git -C \"$scratch\" -c user.name=a -c user.email=a@b commit -q --allow-empty -m scratch
";

/// Returns a git repository with a loop whose agent and gate commit elsewhere and write down their environment.
fn repository() -> Project {
    let project = Project::new();
    let agent = format!(
        "scratch=../by-agent\n{COMMITS}env >../agent.env\necho '{{\"decision\": \"continue\"}}' >\"$status\""
    );
    project.shell_loop("work", VERIFIED, &agent).write(
        "gate.sh",
        &format!("scratch=../by-gate\n{COMMITS}env >../gate.env\n"),
    );
    let made = project
        .command("git")
        .args(["init", "-q"])
        .status()
        .unwrap();
    assert!(made.success());
    project
}

/// Returns the subjects of all commits of the repository in a folder.
fn commits(project: &Project, folder: &str) -> Vec<String> {
    let log = project
        .command("git")
        .args(["-C", folder, "log", "--all", "--format=%s"])
        .output()
        .unwrap();
    String::from_utf8_lossy(&log.stdout)
        .lines()
        .map(str::to_owned)
        .collect()
}

#[test]
fn a_session_started_by_a_git_hook_leaves_its_repository_alone() {
    let project = repository();
    let ap = env!("CARGO_BIN_EXE_ap");
    project.write(
        ".git/hooks/post-commit",
        &format!("#!/bin/sh\n'{ap}' work s --foreground >../shown 2>&1\n"),
    );
    let hook = project.root().join(".git/hooks/post-commit");
    std::fs::set_permissions(hook, std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
    let commit = ["-c", "user.name=u", "-c", "user.email=u@x", "commit", "-q"];
    let made = project
        .command("git")
        .args(commit)
        .args(["--allow-empty", "-m", "outer"])
        .env("GIT_AUTHOR_DATE", "2001-01-01T00:00:00Z")
        .output()
        .unwrap();
    assert!(made.status.success(), "{made:?}");
    assert_eq!(project.status("s")["status"], "complete");
    assert_eq!(commits(&project, "."), ["outer"]);
    for folder in ["../by-agent", "../by-gate"] {
        assert_eq!(commits(&project, folder), ["scratch"]);
    }
    for file in ["agent.env", "gate.env"] {
        let env = std::fs::read_to_string(project.outside().join(file)).unwrap();
        let leaked: Vec<_> = env
            .lines()
            .filter(|line| line.starts_with("GIT_DIR=") || line.starts_with("GIT_AUTHOR_DATE="))
            .collect();
        assert!(leaked.is_empty(), "{file}: {leaked:?}");
    }
}

#[test]
fn agents_do_not_inherit_tmux_and_job_servers() {
    let mut project = repository();
    project
        .set("TMUX", "/tmp/of-the-caller,1,0")
        .set("MAKEFLAGS", "-j2 --jobserver-auth=3,4")
        .set("NOTIFY_SOCKET", "/run/of-the-caller");
    project.ap(&["work", "s", "--foreground"]).expect(0);
    for file in ["agent.env", "gate.env"] {
        let env = std::fs::read_to_string(project.outside().join(file)).unwrap();
        let leaked: Vec<_> = env
            .lines()
            .filter(|line| {
                ["TMUX=", "MAKEFLAGS=", "NOTIFY_SOCKET="]
                    .iter()
                    .any(|name| line.starts_with(name))
            })
            .collect();
        assert!(leaked.is_empty(), "{file}: {leaked:?}");
    }
}

#[test]
fn a_tmux_server_started_by_ap_keeps_nothing_of_a_git_hook() {
    let mut project = repository();
    let dir = project.root().join(".git");
    project.set("GIT_DIR", dir);
    project.ap(&["work", "s"]).expect(0);
    let kept = project.tmux(&["show-environment", "-g"]).text();
    project.ap(&["wait", "s"]).expect(0);
    assert!(!kept.contains("GIT_DIR"), "{kept}");
}
