//! Opens windows in tmux. What your tmux.conf sets for all sessions must not end or hamper ours, so each option that
//! matters is set for our session, in the command that creates it.
use super::launch::Windows;
use super::tmux::{MARK, Tmux, WATCH, check, is_duplicate, run, was_going};
use crate::clock;
use crate::error::Result;
use camino::{Utf8Path, Utf8PathBuf};
use std::process::Output;
use std::time::Duration;

/// How long a server may take to go.
const GOING: Duration = Duration::from_secs(3);

/// What the window is replaced with: a window keeps the history limit it was created with, so the first one, which has
/// that of your tmux.conf, only waits.
const PLACEHOLDER: [&str; 3] = ["/bin/sh", "-c", "read -r wait"];

/// What a window shows below the last line of a runner that was killed. One that ends by itself prints how to close it.
const ENDED: &str = "#{?pane_dead_signal,The runner was killed. #{s/^C-/Ctrl-/:prefix} d leaves#{,} #{s/^C-/Ctrl-/:prefix} & closes the window; `ap cleanup` closes all.,}";

/// A window to be opened in a tmux session of its own.
#[derive(Debug)]
pub(super) struct NewWindow<'a> {
    /// The window's title.
    pub(super) title: &'a str,
    pub(super) cwd: &'a Utf8Path,
    /// The mark that makes the tmux session ours.
    pub(super) run_dir: &'a Utf8Path,
    pub(super) argv: &'a [&'a str],
    /// Whether it stays readable after its program's end.
    pub(super) keep: bool,
}

impl Tmux {
    /// Starts a program in a new tmux session with one window. Returns false if there is a session of that name.
    pub(super) fn open(&self, name: &str, window: &NewWindow<'_>) -> Result<bool> {
        let mut done = self.new_session(name, window);
        // A server whose last session has just been closed takes a moment to go, and takes callers with it.
        clock::wait_until(GOING, || {
            let gone = done
                .as_ref()
                .is_ok_and(|output| !output.status.success() && was_going(&output.stderr));
            if gone {
                done = self.new_session(name, window);
            }
            !gone
        });
        let done = done?;
        if !done.status.success() && is_duplicate(&done.stderr) {
            return Ok(false);
        }
        check(done).map(|_| true)
    }

    fn new_session(&self, name: &str, window: &NewWindow<'_>) -> Result<Output> {
        let target = format!("={name}:");
        let mut command = self.command();
        // Not `-c`, in whose value tmux expands `#{…}` and runs `#(…)`: a new session begins where its client is.
        command.current_dir(window.cwd);
        // A size that output can be read at before a client attaches.
        command.args(["new-session", "-d", "-x", "160", "-y", "48", "-s", name]);
        command.args(["-n", window.title, "--"]).args(PLACEHOLDER);
        for (option, value) in [
            (MARK, window.run_dir.as_str()),
            ("destroy-unattached", "off"),
            ("history-limit", "50000"),
            ("status-left-length", "80"),
        ] {
            command.args([";", "set-option", "-t", &target, option, value]);
        }
        let first = format!("={name}:^");
        command.args([";", "new-window", "-k", "-t", &first, "-n", window.title]);
        command.arg("--").args(window.argv);
        let keep = if window.keep { "on" } else { "off" };
        for (option, value) in [
            ("automatic-rename", "off"),
            ("remain-on-exit", keep),
            // Quietly: tmux before 3.3 has no such option.
            ("remain-on-exit-format", ENDED),
        ] {
            command.args([";", "set-option", "-qw", "-t", &target, option, value]);
        }
        run(&mut command)
    }

    /// Opens one more window in a tmux session, for a program that only shows something; it closes when that ends.
    fn watch(&self, name: &str, title: &str, cwd: &Utf8Path, argv: &[&str]) -> Result<()> {
        let mut command = self.command();
        command
            .current_dir(cwd)
            .args(["new-window", "-d", "-P", "-F", "#{window_id}"]);
        command.args(["-t", &format!("={name}:"), "-n", title, "--"]);
        let opened = check(run(command.args(argv))?)?;
        let id = String::from_utf8_lossy(&opened.stdout).trim().to_owned();
        let options = [
            (WATCH, "1"),
            ("automatic-rename", "off"),
            ("remain-on-exit", "off"),
        ];
        let mut command = self.command();
        for (number, (option, value)) in options.into_iter().enumerate() {
            command
                .args(if number == 0 { &[] as &[&str] } else { &[";"] })
                .args(["set-option", "-w", "-t", &id, option, value]);
        }
        // One that has closed by itself has no options.
        run(&mut command).map(drop)
    }
}

/// The windows of one session.
#[derive(Clone, Debug)]
pub struct SessionWindows {
    pub tmux: Tmux,
    /// The mark of its tmux session.
    pub run_dir: Utf8PathBuf,
}

impl Windows for SessionWindows {
    fn open(&self, title: &str, cwd: &Utf8Path, argv: &[&str]) -> Result<()> {
        match self.tmux.find(&self.run_dir)? {
            Some(found) => self.tmux.watch(&found.name, title, cwd, argv),
            None => Ok(()),
        }
    }

    fn leave_keys(&self) -> Option<String> {
        Some(format!("{} d", self.tmux.prefix()?))
    }
}
