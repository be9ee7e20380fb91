//! Checks whether sessions survive a logout; if not, all of them end at once.
use super::check::Check;
use super::program::{Answer, ask};
use super::tmux_server::{self, TmuxServer};
use crate::cli::context::Context;
use std::path::Path;

const NAME: &str = "logout";

/// The settings of systemd-logind that matter at a logout.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Logind {
    /// `KillUserProcesses`: a logout kills the processes in the login session's scope.
    kill_user_processes: Option<bool>,
    /// `Linger`: the user's services survive a logout.
    linger: Option<bool>,
}

pub(super) fn check(context: &Context) -> Check {
    if !Path::new("/run/systemd/system").is_dir() {
        return Check::ok(NAME, "no systemd here: logging out ends no processes");
    }
    // A tmux server that does not run yet would start in the control group of `ap`.
    let (pid, which) = match tmux_server::find(context) {
        TmuxServer::Runs(pid, _) => (pid.to_string(), "the tmux server"),
        TmuxServer::None | TmuxServer::Broken(_) | TmuxServer::NoTmux => {
            ("self".to_owned(), "a tmux server started here")
        }
    };
    let Ok(cgroup) = fs_err::read_to_string(format!("/proc/{pid}/cgroup")) else {
        return Check::warning(
            NAME,
            "the control group of the tmux server cannot be read",
            "see `loginctl user-status`",
        );
    };
    let is_root = nix::unistd::getuid().is_root();
    survives(&cgroup, Logind::ask(), is_root, which)
}

impl Logind {
    /// Asks `loginctl` for the settings, in two calls at once.
    fn ask() -> Self {
        let uid = nix::unistd::getuid().to_string();
        std::thread::scope(|scope| {
            let manager = scope.spawn(|| property(&[], "KillUserProcesses"));
            Self {
                linger: property(&[&uid], "Linger"),
                kill_user_processes: manager.join().unwrap_or_default(),
            }
        })
    }
}

/// Returns a property of systemd-logind, or of a user.
fn property(user: &[&str], name: &str) -> Option<bool> {
    let option = format!("--property={name}");
    let args = [&["show-user"], user, &[&option]].concat();
    match ask("loginctl", args) {
        Answer::Output(text) => parse(&text, name),
        Answer::Failed(_) | Answer::Silent => None,
    }
}

/// Reads a property of `loginctl show-user`: lines of `Name=yes` or `Name=no`.
fn parse(text: &str, name: &str) -> Option<bool> {
    let value = text
        .lines()
        .find_map(|line| line.trim().strip_prefix(name)?.strip_prefix('='))?;
    match value {
        "yes" => Some(true),
        "no" => Some(false),
        _ => None,
    }
}

/// What a process belongs to, by its control group.
enum Parent {
    /// The user manager, `user@1000.service`.
    UserManager,
    /// A login session, `session-3.scope`.
    Login,
    /// Another service.
    Service,
    None,
}

impl Parent {
    fn read(cgroup: &str) -> Self {
        let has = |start: &str, end: &str| {
            cgroup
                .lines()
                .flat_map(|line| line.split('/'))
                .any(|part| part.starts_with(start) && part.ends_with(end))
        };
        if has("user@", ".service") {
            Self::UserManager
        } else if has("session-", ".scope") {
            Self::Login
        } else if has("", ".service") {
            Self::Service
        } else {
            Self::None
        }
    }
}

/// Decides by the control group of the tmux server, which messages call `which`.
fn survives(cgroup: &str, logind: Logind, is_root: bool, which: &str) -> Check {
    match Parent::read(cgroup) {
        Parent::UserManager => in_user_manager(logind, which),
        Parent::Login => in_login(logind, is_root, which),
        Parent::Service => Check::ok(
            NAME,
            format!("{which} belongs to a service, not to a login"),
        ),
        Parent::None => Check::ok(NAME, format!("{which} belongs to no login session")),
    }
}

fn in_user_manager(logind: Logind, which: &str) -> Check {
    let lingers = match logind.linger {
        Some(true) => {
            let found = format!("{which} belongs to your user manager, which lingers");
            return Check::ok(NAME, found);
        }
        Some(false) => "does not linger",
        None => "may not linger",
    };
    Check::warning(
        NAME,
        format!("{which} ends with your last login: your user manager {lingers}"),
        "run `loginctl enable-linger`; sessions that ended this way continue with --resume",
    )
}

fn in_login(logind: Logind, is_root: bool, which: &str) -> Check {
    let end = match logind.kill_user_processes {
        Some(false) => {
            let found =
                format!("{which} is in your login session, whose processes survive a logout");
            return Check::ok(NAME, found);
        }
        // logind does not kill the processes of root by default.
        _ if is_root => {
            let found =
                format!("{which} is in root's login session, whose processes survive a logout");
            return Check::ok(NAME, found);
        }
        Some(true) => "all end",
        None => "may end",
    };
    Check::warning(
        NAME,
        format!("{which} is in your login session, whose processes {end} at logout"),
        "run `loginctl enable-linger`, then start the tmux server with `systemd-run --user --scope tmux new -d`; sessions that ended this way continue with --resume",
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::doctor::check::Verdict;

    const SESSION: &str = "0::/user.slice/user-1000.slice/session-3.scope\n";
    const USER: &str = "0::/user.slice/user-1000.slice/user@1000.service/tmux-spawn-1.scope\n";

    fn verdict(
        cgroup: &str,
        kill_user_processes: Option<bool>,
        linger: Option<bool>,
        is_root: bool,
    ) -> Verdict {
        survives(
            cgroup,
            Logind {
                kill_user_processes,
                linger,
            },
            is_root,
            "it",
        )
        .verdict
    }

    #[test]
    fn the_output_of_loginctl_is_parsed() {
        assert_eq!(
            parse("KillUserProcesses=no\n", "KillUserProcesses"),
            Some(false)
        );
        assert_eq!(parse("UID=1000\nLinger=yes\n", "Linger"), Some(true));
        assert_eq!(parse("", "Linger"), None);
        assert_eq!(parse("Linger=\nLingering=yes", "Linger"), None);
    }

    #[test]
    fn the_control_group_of_the_server_decides_whether_sessions_survive() {
        let (ok, warning) = (Verdict::Ok, Verdict::Warning);
        for (cgroup, kill, linger, root, expected) in [
            (SESSION, Some(false), Some(false), false, ok),
            (SESSION, Some(true), Some(true), false, warning),
            (SESSION, Some(true), None, true, ok),
            (SESSION, None, None, false, warning),
            (USER, Some(false), Some(false), false, warning),
            (USER, Some(true), Some(true), false, ok),
            (USER, None, None, false, warning),
            (
                "0::/system.slice/ssh.service\n",
                Some(true),
                None,
                false,
                ok,
            ),
            ("0::/\n", None, None, false, ok),
            (
                "1:name=systemd:/user.slice/user-5.slice/session-c2.scope\n0::/\n",
                Some(true),
                None,
                false,
                warning,
            ),
        ] {
            assert_eq!(
                verdict(cgroup, kill, linger, root),
                expected,
                "{cgroup} {kill:?} {linger:?} {root}"
            );
        }
    }
}
