//! Secrets reach no file that `ap` writes.
use crate::project::Project;
use camino::Utf8Path;
use fs_err as fs;

/// The value of a variable whose name says that it is a secret.
const KNOWN: &str = "tiger-lily-47";

/// Put together here, so that no file holds what looks like a token.
fn token() -> String {
    ["gh", "p_", "Zx8vQ2mN4kLp7RtY1wSd9fGh3jK6bVc5aXe0"].concat()
}

/// A loop whose agents say both secrets: in their output, their status and their last words.
fn project() -> Project {
    let mut project = Project::new();
    project.set("SHOP_TOKEN", KNOWN).set("AP_LOG", "debug");
    let token = token();
    let script = format!(
        "echo \"the key is {KNOWN}, and {token}\"
        echo '{{\"decision\": \"continue\", \"reason\": \"used {KNOWN}\", \"summary\": \"and {token}\"}}' >\"$status\""
    );
    project.shell_loop(
        "work",
        "termination: {type: fixed, iterations: 2}\n",
        &script,
    );
    project
}

/// Returns the names of the files below a folder that hold a secret.
fn holding(folder: &Utf8Path) -> Vec<String> {
    let mut found = Vec::new();
    for entry in folder.read_dir_utf8().expect("a folder") {
        let path = entry.expect("an entry").into_path();
        if path.is_dir() {
            found.extend(holding(&path));
            continue;
        }
        let bytes = fs::read(&path).unwrap_or_default();
        let text = String::from_utf8_lossy(&bytes);
        if text.contains(KNOWN) || text.contains(&token()) {
            found.push(path.file_name().unwrap_or_default().to_owned());
        }
    }
    found.sort();
    found.dedup();
    found
}

#[test]
fn journals_views_outputs_and_logs_hold_no_secret() {
    let project = project();
    let shown = project.ap(&["work", "s", "--foreground"]).expect(0);
    let run = project.root().join(".claude/pipeline-runs/s");
    // What the agent itself printed.
    assert_eq!(holding(&run), ["stdout.log"]);
    let reason = &project.events("s", "agent_exited")[0];
    assert!(reason.to_string().contains("used [secret]"), "{reason}");
    let output = project.read(&project.run_file("s", "stage-00-work/iterations/001/output.md"));
    assert_eq!(output, "the key is [secret], and [secret]\n");
    assert!(
        shown.text().contains("secrets were removed"),
        "{}",
        shown.text()
    );
    project
        .ap(&["status", "s"])
        .expect(0)
        .says(&["and [secret]"]);
}

#[test]
fn a_prompt_is_given_as_it_is_and_kept_without_secrets() {
    let mut project = Project::new();
    project.set("SHOP_TOKEN", KNOWN);
    let agent = project.program(
        "agent.sh",
        "#!/bin/sh\nread -r status; cat >../prompt\necho '{\"decision\": \"stop\"}' >\"$status\"\n",
    );
    let yaml = format!(
        "provider: command\nprogram: \"{agent}\"\ntermination: {{type: fixed, iterations: 1}}\n"
    );
    project.a_loop("work", &yaml, "${STATUS}\nUse tiger-lily-47.\n");
    project.ap(&["work", "s", "--foreground"]).expect(0);
    assert!(project.read("../prompt").contains("Use tiger-lily-47."));
    let kept = project.read(&project.run_file("s", "stage-00-work/iterations/001/prompt.md"));
    assert!(kept.contains("Use [secret]."), "{kept}");
    // A session runs from its plan, so it has the texts of the definitions as they are.
    let run = project.root().join(".claude/pipeline-runs/s");
    assert_eq!(holding(&run), ["plan.json"]);
}

#[test]
fn raw_output_is_redacted_too_if_config_yaml_says_so() {
    let project = project();
    let config = project.outside().join("ap home/config");
    fs::create_dir_all(&config).expect("a folder");
    let settings = b"redact: {transcripts: true}\n";
    agent_pipelines::store::atomic::replace(&config.join("config.yaml"), settings).expect("a file");
    project.ap(&["work", "s", "--foreground"]).expect(0);
    let all = project.root().join(".claude/pipeline-runs/s");
    assert_eq!(holding(&all), [""; 0]);
    let git = project.root().join(".git");
    assert_eq!(holding(&git), [""; 0], "the second name of the output");
}
