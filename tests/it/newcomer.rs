//! A person with a fresh repository, and nobody else's settings.
#![expect(clippy::unwrap_used, reason = "a test stops at the first surprise")]
use camino::{Utf8Path, Utf8PathBuf};
use fs_err as fs;
use std::process::{Command, Stdio};

/// A repository of somebody who has just installed `ap`, with a tmux server of its own.
pub(crate) struct Newcomer {
    home: tempfile::TempDir,
    pub(crate) repository: Utf8PathBuf,
}

impl Newcomer {
    pub(crate) fn new() -> Self {
        let home = tempfile::tempdir().unwrap();
        let repository = Utf8PathBuf::from_path_buf(home.path().canonicalize().unwrap()).unwrap().join("shop");
        fs::create_dir(&repository).unwrap();
        let newcomer = Self { home, repository };
        newcomer.bash("git init -q && git config user.name N && git config user.email n@localhost && git commit -q --allow-empty -m Start");
        newcomer
    }

    /// The scripted agent answers in the place of Claude, so that the lines need no account.
    pub(crate) fn command(&self, program: &str) -> Command {
        let own = Utf8Path::new(env!("CARGO_BIN_EXE_ap")).parent().unwrap().to_string();
        let inherited = std::env::var("PATH").unwrap();
        let mut command = Command::new(program);
        command.env_clear().current_dir(&self.repository).stdin(Stdio::null());
        command.env("PATH", format!("{own}:{inherited}")).env("HOME", self.home.path()).env("TERM", "xterm-256color");
        command.env("AP_TMUX_SOCKET", self.socket()).env("CLAUDE_PIPELINE_PROVIDER", "scripted");
        command
    }

    fn socket(&self) -> std::path::PathBuf {
        self.home.path().join("tmux")
    }

    /// Runs commands that must all succeed.
    pub(crate) fn bash(&self, script: &str) -> String {
        let output = self.command("bash").args(["-euo", "pipefail", "-c", script]).output().unwrap();
        let [stdout, stderr] = [&output.stdout, &output.stderr].map(|text| String::from_utf8_lossy(text));
        assert!(output.status.success(), "{}\n{script}\n{stdout}\n{stderr}", output.status);
        stdout.into_owned()
    }
}

impl Drop for Newcomer {
    fn drop(&mut self) {
        // Closing a window is a stop, so nothing is left behind.
        let _ = self.command("tmux").arg("-S").arg(self.socket()).arg("kill-server").output();
    }
}
