//! A user with a fresh repository and an empty home folder.
#![expect(clippy::unwrap_used, reason = "a test stops at the first surprise")]
use crate::project::AP;
use agent_pipelines::store::atomic;
use camino::{Utf8Path, Utf8PathBuf};
use fs_err as fs;
use std::process::{Command, Stdio};

/// A repository of a user who has just installed `ap`, with a tmux server of its own.
pub(crate) struct Newcomer {
    home: tempfile::TempDir,
    pub(crate) repository: Utf8PathBuf,
}

impl Newcomer {
    pub(crate) fn new() -> Self {
        Self::in_folder("shop")
    }

    /// The repository's folder has this name.
    pub(crate) fn in_folder(name: &str) -> Self {
        let home = tempfile::tempdir().unwrap();
        let repository = Utf8PathBuf::from_path_buf(home.path().canonicalize().unwrap())
            .unwrap()
            .join(name);
        fs::create_dir(&repository).unwrap();
        // What they have cloned, and what Taskwarrior would ask about.
        std::os::unix::fs::symlink(
            env!("CARGO_MANIFEST_DIR"),
            home.path().join("agent-pipelines"),
        )
        .unwrap();
        atomic::replace(&repository.with_file_name(".taskrc"), b"").unwrap();
        let newcomer = Self { home, repository };
        newcomer.bash("git init -q && git config user.name N && git config user.email n@localhost && git commit -q --allow-empty -m Start");
        newcomer
    }

    pub(crate) fn home(&self) -> &Utf8Path {
        Utf8Path::from_path(self.home.path()).unwrap()
    }

    /// The scripted agent answers in the place of Claude, so that the lines need no account.
    pub(crate) fn command(&self, program: &str) -> Command {
        let own = Utf8Path::new(env!("CARGO_BIN_EXE_ap"))
            .parent()
            .unwrap()
            .to_string();
        let inherited = std::env::var("PATH").unwrap();
        let mut command = Command::new(program);
        command
            .env_clear()
            .current_dir(&self.repository)
            .stdin(Stdio::null());
        let ours = self.home.path().join("bin").display().to_string();
        command
            .env("PATH", format!("{ours}:{own}:{inherited}"))
            .env("HOME", self.home.path())
            .env("TERM", "xterm-256color");
        command
            .env("AP_TMUX_SOCKET", self.socket())
            .env("CLAUDE_PIPELINE_PROVIDER", "scripted");
        command
    }

    /// Copies this checkout to a folder, as a clone is; `run.sh` in it calls the programs of this test instead of
    /// building.
    pub(crate) fn clone_checkout(&self, name: &str) -> Utf8PathBuf {
        let target = self.home().join(name);
        fs::create_dir(&target).unwrap();
        let (root, cargo) = (env!("CARGO_MANIFEST_DIR"), self.home().join("bin/cargo"));
        self.bash(&format!(
            r#"mkdir -p "$HOME/bin"
            printf '%s\n' '#!/bin/sh' 'printf "%s\n" "{{\"executable\":\"{AP}\"}}"' > '{cargo}'
            chmod +x '{cargo}'
            cd '{root}'
            git ls-files -z --cached --others --exclude-standard | xargs -0 cp --parents -P -t '{target}'
            cd '{target}'
            git init -q && git config user.name N && git config user.email n@localhost
            git add . && git commit -q -m Clone"#
        ));
        target
    }

    /// Puts `bd` on their PATH: the one `BD_BIN` names, or the stand-in. Without either there is none.
    pub(crate) fn has_bd(&self) -> bool {
        let Some(bd) = std::env::var("BD_BIN")
            .ok()
            .or(option_env!("CARGO_BIN_EXE_fake-bd").map(str::to_owned))
        else {
            return false;
        };
        fs::create_dir(self.home.path().join("bin")).unwrap();
        std::os::unix::fs::symlink(bd, self.home.path().join("bin/bd")).unwrap();
        true
    }

    fn socket(&self) -> std::path::PathBuf {
        self.home.path().join("tmux")
    }

    /// Runs commands that must all succeed.
    pub(crate) fn bash(&self, script: &str) -> String {
        let output = self
            .command("bash")
            .args(["-euo", "pipefail", "-c", script])
            .output()
            .unwrap();
        let [stdout, stderr] =
            [&output.stdout, &output.stderr].map(|text| String::from_utf8_lossy(text));
        assert!(
            output.status.success(),
            "{}\n{script}\n{stdout}\n{stderr}",
            output.status
        );
        stdout.into_owned()
    }
}

impl Drop for Newcomer {
    fn drop(&mut self) {
        // Closing a window is a stop, so nothing is left behind.
        let _ = self
            .command("tmux")
            .arg("-S")
            .arg(self.socket())
            .arg("kill-server")
            .output();
    }
}
