//! Variables that describe the program `ap` was started from (a git hook, `npm run`, `make`, tmux), not its user.
//!
//! Agents, gates and trackers outlive that program and work on other things: with the `GIT_DIR` of a hook, the commits
//! of an agent's scratch repository land in the user's.
//!
//! These were considered and are kept: what the user sets to configure a program (`GIT_SSH_COMMAND`, `GIT_CONFIG_GLOBAL`,
//! `GIT_EDITOR`, `CARGO_HOME`, `CARGO_TARGET_DIR`), access to the user's agents and terminals (`SSH_AUTH_SOCK`,
//! `SSH_CONNECTION`, `GPG_TTY`, `DISPLAY`), virtual environments, and direnv's `DIRENV_*`, which record what a shell in
//! the same folder has to undo.
use super::Env;

/// What `git rev-parse --local-env-vars` names, in any version, and what git sets for hooks, aliases and rebases.
pub const GIT: [&str; 27] = [
    "GIT_ALTERNATE_OBJECT_DIRECTORIES",
    "GIT_AUTHOR_DATE",
    "GIT_AUTHOR_EMAIL",
    "GIT_AUTHOR_NAME",
    "GIT_CHERRY_PICK_HELP",
    "GIT_COMMITTER_DATE",
    "GIT_COMMITTER_EMAIL",
    "GIT_COMMITTER_NAME",
    "GIT_COMMON_DIR",
    "GIT_CONFIG",
    "GIT_CONFIG_COUNT",
    "GIT_CONFIG_PARAMETERS",
    "GIT_DIR",
    "GIT_EXEC_PATH",
    "GIT_GRAFT_FILE",
    "GIT_IMPLICIT_WORK_TREE",
    "GIT_INDEX_FILE",
    "GIT_INTERNAL_SUPER_PREFIX",
    "GIT_NAMESPACE",
    "GIT_NO_REPLACE_OBJECTS",
    "GIT_OBJECT_DIRECTORY",
    "GIT_PREFIX",
    "GIT_QUARANTINE_PATH",
    "GIT_REFLOG_ACTION",
    "GIT_REPLACE_REF_BASE",
    "GIT_SHALLOW_FILE",
    "GIT_WORK_TREE",
];

/// Prefixes of further ones; they are numbered or named by what they carry.
const GIT_FAMILIES: [&str; 4] = [
    "GIT_CONFIG_KEY_",
    "GIT_CONFIG_VALUE_",
    "GIT_PUSH_OPTION_",
    "GITHEAD_",
];

/// The job server of a `make` that will not wait for us, the terminal multiplexer around us, and the sockets and the
/// watchdog that systemd gave to one process.
const PROCESS: [&str; 20] = [
    "CARGO_MAKEFLAGS",
    "INVOCATION_ID",
    "JOURNAL_STREAM",
    "LISTEN_FDNAMES",
    "LISTEN_FDS",
    "LISTEN_PID",
    "MAKEFLAGS",
    "MAKELEVEL",
    "MAKEOVERRIDES",
    "MAKE_TERMERR",
    "MAKE_TERMOUT",
    "MFLAGS",
    "NOTIFY_SOCKET",
    "STY",
    "TMUX",
    "TMUX_PANE",
    "WATCHDOG_PID",
    "WATCHDOG_USEC",
    "WINDOW",
    "ZELLIJ",
];

/// Set by npm, pnpm and yarn for a script. Outside a script `npm_config_*` is the user's own configuration.
const NPM_MARKS: [&str; 2] = ["npm_execpath", "npm_lifecycle_event"];
const NPM: [&str; 3] = ["INIT_CWD", "NODE", "PROJECT_CWD"];

/// Set by `cargo run` and `cargo test`. rustup sets the toolchain of its proxies, which another project may not want.
const CARGO_MARK: &str = "CARGO_MANIFEST_DIR";
const CARGO: [&str; 7] = [
    "CARGO",
    "CARGO_BIN_NAME",
    "CARGO_CRATE_NAME",
    "CARGO_PRIMARY_PACKAGE",
    "OUT_DIR",
    "RUSTUP_TOOLCHAIN",
    "RUST_RECURSION_COUNT",
];
const CARGO_FAMILIES: [&str; 3] = ["CARGO_BIN_EXE_", "CARGO_MANIFEST_", "CARGO_PKG_"];

impl Env {
    /// Returns the environment without the variables that describe the program `ap` was started from.
    #[must_use]
    pub fn without_caller(&self) -> Self {
        let npm = NPM_MARKS.iter().any(|mark| self.contains_key(*mark));
        let cargo = self.contains_key(CARGO_MARK);
        self.iter()
            .filter(|(name, _)| {
                !(is_git(name)
                    || PROCESS.contains(&name.as_str())
                    || npm && is_npm(name)
                    || cargo && is_cargo(name))
            })
            .map(|(name, value)| (name.clone(), value.clone()))
            .collect()
    }
}

fn is_git(name: &str) -> bool {
    GIT.contains(&name) || starts_with_any(name, &GIT_FAMILIES)
}

fn is_npm(name: &str) -> bool {
    NPM.contains(&name) || name.starts_with("npm_")
}

fn is_cargo(name: &str) -> bool {
    CARGO.contains(&name) || starts_with_any(name, &CARGO_FAMILIES)
}

fn starts_with_any(name: &str, families: &[&str]) -> bool {
    families.iter().any(|family| name.starts_with(family))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn left(names: &[&str]) -> Vec<String> {
        let env: Env = names
            .iter()
            .map(|name| ((*name).to_owned(), "x".to_owned()))
            .collect();
        env.without_caller().keys().cloned().collect()
    }

    #[test]
    fn what_a_git_hook_sets_is_left_out() {
        let hook = [
            "GIT_DIR",
            "GIT_INDEX_FILE",
            "GIT_PREFIX",
            "GIT_CONFIG_COUNT",
            "GIT_CONFIG_KEY_0",
            "GIT_CONFIG_VALUE_0",
            "GIT_AUTHOR_DATE",
            "GITHEAD_0123abc",
            "PATH",
        ];
        assert_eq!(left(&hook), ["PATH"]);
    }

    #[test]
    fn what_the_user_configures_is_kept() {
        let kept = [
            "CARGO_HOME",
            "CARGO_TARGET_DIR",
            "DIRENV_DIFF",
            "GIT_CONFIG_GLOBAL",
            "GIT_SSH_COMMAND",
            "NODE",
            "RUSTUP_TOOLCHAIN",
            "SSH_AUTH_SOCK",
            "npm_config_registry",
        ];
        assert_eq!(left(&kept), kept);
    }

    #[test]
    fn settings_of_npm_and_cargo_are_the_callers_inside_a_script() {
        let npm = [
            "INIT_CWD",
            "NODE",
            "npm_config_prefix",
            "npm_lifecycle_event",
        ];
        assert_eq!(left(&npm), [""; 0]);
        let cargo = ["CARGO_MANIFEST_DIR", "CARGO_PKG_NAME", "RUSTUP_TOOLCHAIN"];
        assert_eq!(left(&cargo), [""; 0]);
    }
}
