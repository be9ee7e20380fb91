//! Checks whether sessions survive a logout; if not, all of them end at once.
use super::check::Check;
use super::program::{Answer, Server, ask, find_server};
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
    let server = find_server(context);
    // A tmux server that does not run yet would start in the control group of `ap`.
    let (pid, which) = match server {
        Server::Runs(pid, _) => (pid.to_string(), "the tmux server"),
        Server::None | Server::Ill(_) | Server::NoTmux => {
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
    let uid = nix::unistd::getuid();
    let (manager, user) = std::thread::scope(|scope| {
        let manager =
            scope.spawn(|| ask("loginctl", ["show-user", "--property=KillUserProcesses"]));
        let user = ask(
            "loginctl",
            ["show-user", &uid.to_string(), "--property=Linger"],
        );
        (manager.join(), user)
    });
    let manager = manager.unwrap_or(Answer::Silent);
    let logind = Logind {
        kill_user_processes: property(&manager, "KillUserProcesses"),
        linger: property(&user, "Linger"),
    };
    survives(&cgroup, logind, uid.is_root(), which)
}

fn property(answer: &Answer, name: &str) -> Option<bool> {
    let Answer::Said(text) = answer else {
        return None;
    };
    parse(text, name)
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

/// Decides by the control group of the server, which `which` names.
fn survives(cgroup: &str, logind: Logind, is_root: bool, which: &str) -> Check {
    let unit = |ending: &str| {
        cgroup
            .lines()
            .flat_map(|line| line.split('/'))
            .any(|part| part.ends_with(ending))
    };
    let of_user = cgroup
        .lines()
        .flat_map(|line| line.split('/'))
        .any(|part| part.starts_with("user@") && part.ends_with(".service"));
    let in_session = cgroup
        .lines()
        .flat_map(|line| line.split('/'))
        .any(|part| part.starts_with("session-") && part.ends_with(".scope"));
    match (of_user, in_session, logind) {
        (
            true,
            _,
            Logind {
                linger: Some(true), ..
            },
        ) => Check::ok(
            NAME,
            format!("{which} belongs to your user manager, which lingers"),
        ),
        (true, _, Logind { linger, .. }) => Check::warning(
            NAME,
            format!(
                "{which} ends with your last login: your user manager {}",
                if linger.is_some() {
                    "does not linger"
                } else {
                    "may not linger"
                }
            ),
            "run `loginctl enable-linger`; sessions that ended this way continue with --resume",
        ),
        // logind does not kill the processes of root by default.
        (
            _,
            true,
            Logind {
                kill_user_processes: Some(false),
                ..
            },
        ) => Check::ok(
            NAME,
            format!("{which} is in your login session, whose processes live on"),
        ),
        (_, true, _) if is_root => Check::ok(
            NAME,
            format!("{which} is in root's login session, whose processes logind spares"),
        ),
        (
            _,
            true,
            Logind {
                kill_user_processes,
                ..
            },
        ) => Check::warning(
            NAME,
            format!(
                "{which} is in your login session, whose processes {} end at logout",
                if kill_user_processes.is_some() {
                    "all"
                } else {
                    "may"
                }
            ),
            "run `loginctl enable-linger`, then start the tmux server with `systemd-run --user --scope tmux new -d`; sessions that ended this way continue with --resume",
        ),
        (false, false, _) if unit(".service") => Check::ok(
            NAME,
            format!("{which} belongs to a service, not to a login"),
        ),
        (false, false, _) => Check::ok(NAME, format!("{which} belongs to no login session")),
    }
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
