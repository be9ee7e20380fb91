//! The commands of `docs/supervisor.md`, run in its order.
use crate::project::AP;
use agent_pipelines::store::atomic;
use camino::{Utf8Path, Utf8PathBuf};
use std::process::{Command, Stdio};

const PAGE: &str = include_str!("../../../docs/supervisor.md");
const MONITORING: &str = include_str!("../../../docs/monitoring.md");
const SERVICES: &str = include_str!("../../../docs/services.md");
/// An agent that closes the task of its iteration.
const AGENT: &str = "#!/bin/sh\nread -r n; read -r status; cat >/dev/null\n\"$AP_EXE\" queue close \"$n\"\necho '{\"decision\": \"continue\"}' >\"$status\"\n";

/// The home folder of a user with three repositories, and a supervisor that ends with it.
struct Home(tempfile::TempDir);

impl Home {
    fn new() -> Self {
        let home = Self(tempfile::tempdir().expect("a folder"));
        let agent = home.path().join("agent.sh");
        atomic::replace(&agent, AGENT.as_bytes()).expect("a file");
        home.bash("chmod +x agent.sh");
        for name in ["app", "site", "docs"] {
            home.bash(&format!(
                "mkdir -p src/{name}/.claude/loops/work && git init -q src/{name}"
            ));
            let write = |path: &str, text: &str| {
                let path = home.path().join(format!("src/{name}/{path}"));
                atomic::replace(&path, text.as_bytes()).expect("a file");
            };
            let settings = format!(
                "name: work\ndescription: a test\nprovider: command\nprogram: \"{agent}\"\ndelay: 0\ntermination: {{type: queue, max: 9}}\nqueue: {{claim: engine}}\n"
            );
            write(".claude/loops/work/loop.yaml", &settings);
            write(".claude/loops/work/prompt.md", "${ITERATION}\n${STATUS}\n");
            write("backlog.md", "- [ ] one (#1)\n- [ ] two (#2)\n");
        }
        home
    }

    fn path(&self) -> Utf8PathBuf {
        let path = self.0.path().canonicalize().expect("it is there");
        Utf8PathBuf::from_path_buf(path).expect("a UTF-8 path")
    }

    /// Runs commands that must all succeed.
    #[track_caller]
    fn bash(&self, script: &str) {
        let ours = Utf8Path::new(AP).parent().expect("a folder");
        let inherited = std::env::var("PATH").unwrap_or_default();
        let output = Command::new("bash")
            .args(["-euo", "pipefail", "-c", script])
            .current_dir(self.path())
            .env_clear()
            .env("PATH", format!("{ours}:{inherited}"))
            .env("HOME", self.path())
            .env("AP_TMUX_SOCKET", self.path().join("tmux"))
            .stdin(Stdio::null())
            .output()
            .expect("bash runs");
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        let (stdout, stderr) = (text(&output.stdout), text(&output.stderr));
        assert!(output.status.success(), "{script}\n{stdout}\n{stderr}");
    }
}

impl Drop for Home {
    fn drop(&mut self) {
        if !std::thread::panicking() {
            self.bash("ap stop; tmux -S tmux kill-server 2>/dev/null || true");
        }
    }
}

/// Lets `ap ok` and `ap doctor` answer no.
fn may_fail(block: &str) -> String {
    let asks = |line: &str| line.starts_with("ap ok") || line.starts_with("ap doctor");
    let lines = block.lines().map(|line| match asks(line) {
        true => format!("{line} || [ $? = 1 ]"),
        false => line.to_owned(),
    });
    lines.collect::<Vec<_>>().join("\n")
}

/// Returns the blocks of commands of a page.
fn blocks(page: &str) -> Vec<&str> {
    page.split("```sh\n")
        .skip(1)
        .filter_map(|rest| Some(rest.split_once("```")?.0))
        .collect()
}

#[test]
fn every_command_of_the_page_on_monitoring_runs_in_its_order() {
    let home = Home::new();
    home.bash("cd src/app && ap projects add && ap start && ap stop && ap start");
    let blocks = blocks(MONITORING);
    assert!(!blocks.is_empty());
    for block in blocks {
        home.bash(&format!("cd src/app\n{}", may_fail(block)));
    }
}

#[test]
fn every_command_of_the_page_on_services_runs_in_its_order() {
    let home = Home::new();
    let manager = |block: &&str| !block.contains("ap service install");
    for block in blocks(SERVICES).into_iter().filter(manager) {
        home.bash(&may_fail(block));
    }
}

#[test]
fn every_command_of_the_page_runs_in_its_order() {
    let home = Home::new();
    let blocks = blocks(PAGE);
    assert!(5 < blocks.len(), "{blocks:?}");
    for block in blocks {
        home.bash(block);
    }
}
