//! `ap completions`: what shells complete, by asking `ap`.
use crate::project::{Project, Ran};
use std::process::Command;

/// Asks as a shell does: completes the last word.
fn complete(project: &Project, shell: &str, words: &[&str]) -> Vec<String> {
    let mut command = project.ap_command(&["--"]);
    let output = command
        .args(words)
        .env("AP_COMPLETE", shell)
        .env("_CLAP_COMPLETE_INDEX", (words.len() - 1).to_string())
        .env("_CLAP_IFS", "\n")
        .output()
        .expect("ap runs");
    let text = Ran::from(output).expect(0).stdout;
    let value = |line: &str| {
        line.split(['\t', ':'])
            .next()
            .unwrap_or_default()
            .to_owned()
    };
    text.lines().map(value).collect()
}

fn project() -> Project {
    let project = Project::new();
    project.scripted_loop(
        "greet",
        "termination: {type: fixed, iterations: 1}\n",
        "iterations: []\n",
    );
    project.write(
        ".claude/pipelines/tour.yaml",
        "nodes: [{id: a, prompt: '${STATUS}', provider: scripted}]\n",
    );
    std::fs::create_dir_all(project.root().join(".claude/pipeline-runs/auth")).expect("a folder");
    project
}

#[test]
fn shells_complete_loops_pipelines_and_sessions() {
    let project = project();
    for shell in ["bash", "zsh", "fish"] {
        let completes = |words: &[&str], expected: &str| {
            let found = complete(&project, shell, words);
            assert!(
                found.iter().any(|one| one == expected),
                "{shell} {words:?}: {found:?}"
            );
        };
        completes(&["ap", "gre"], "greet");
        completes(&["ap", "stat"], "status");
        completes(&["ap", "loop", ""], "greet");
        completes(&["ap", "pipeline", "t"], "tour");
        completes(&["ap", "status", ""], "auth");
        completes(&["ap", "greet", ""], "auth");
        completes(&["ap", "greet", "--res"], "--resume");
        completes(&["ap", "lint", "to"], "tour");
    }
}

#[test]
fn completing_writes_nothing() {
    let project = project();
    let files = || {
        let found = Command::new("find")
            .arg(project.root())
            .output()
            .expect("find runs");
        String::from_utf8_lossy(&found.stdout).into_owned()
    };
    let before = files();
    complete(&project, "bash", &["ap", "greet", ""]);
    complete(&project, "bash", &["ap", "pipeline", ""]);
    assert_eq!(files(), before);
}

#[test]
fn the_script_for_bash_completes_in_bash() {
    let project = project();
    let script = project.ap(&["completions", "bash"]).expect(0).stdout;
    project.write("ap.bash", &script);
    let ask = "source ./ap.bash; COMP_WORDS=(ap status au); COMP_CWORD=2; \
               _clap_complete_ap ap au status; printf '%s\\n' \"${COMPREPLY[@]}\"";
    let output = project
        .command("bash")
        .args(["-c", ask])
        .output()
        .expect("bash runs");
    assert_eq!(Ran::from(output).expect(0).stdout, "auth\n");
}

#[test]
fn every_shell_gets_a_script_that_asks_ap() {
    let project = project();
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let script = project.ap(&["completions", shell]).expect(0).stdout;
        assert!(script.contains("AP_COMPLETE"), "{shell}: {script}");
    }
    project.write(
        "ap.bash",
        &project.ap(&["completions", "bash"]).expect(0).stdout,
    );
    let checked = project
        .command("bash")
        .args(["-n", "ap.bash"])
        .output()
        .expect("bash runs");
    assert_eq!(Ran::from(checked).expect(0).stderr, "");
}

#[test]
fn every_command_is_completed_and_internal_ones_are_not() {
    let project = project();
    let commands = complete(&project, "bash", &["ap", ""]);
    for command in ["doctor", "cleanup", "queue", "fork"] {
        assert!(
            commands.iter().any(|one| one == command),
            "{command} in {commands:?}"
        );
    }
    assert!(
        !commands.iter().any(|one| one.starts_with("__")),
        "{commands:?}"
    );
}
