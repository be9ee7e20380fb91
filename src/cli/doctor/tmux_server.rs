//! Checks the tmux server that sessions would use.
use super::check::Check;
use super::program::{self, Answer, TIME_LIMIT, ask};
use crate::cli::context::Context;
use crate::text::first_line;

/// The state of a tmux server.
pub(super) enum TmuxServer {
    /// Its pid and socket.
    Runs(i32, String),
    None,
    /// It exists and does not answer as it should.
    Broken(String),
    NoTmux,
}

/// Asks the tmux server that sessions would use.
pub(super) fn find(context: &Context) -> TmuxServer {
    let Some(tmux) = program::find("tmux", context) else {
        return TmuxServer::NoTmux;
    };
    let known = context.tmux();
    let args =
        known
            .server_args()
            .into_iter()
            .chain(["display-message", "-p", "#{pid} #{socket_path}"]);
    match ask(&tmux, args) {
        Answer::Output(text) => match text
            .split_once(' ')
            .and_then(|(pid, socket)| Some((pid.parse().ok()?, socket)))
        {
            Some((pid, socket)) => TmuxServer::Runs(pid, socket.to_owned()),
            None => TmuxServer::Broken(format!("it answers `{}`", first_line(&text))),
        },
        Answer::Failed(why)
            if why.contains("no server running") || why.contains("No such file") =>
        {
            TmuxServer::None
        }
        Answer::Failed(why) => TmuxServer::Broken(first_line(&why)),
        Answer::Silent => {
            TmuxServer::Broken(format!("it did not answer in {} s", TIME_LIMIT.as_secs()))
        }
    }
}

/// Checks the tmux server that sessions would use.
pub(super) fn check(context: &Context) -> Check {
    const NAME: &str = "tmux server";
    match find(context) {
        TmuxServer::Runs(pid, socket) => {
            Check::ok(NAME, format!("answers (pid {pid}, socket {socket})"))
        }
        TmuxServer::None => Check::ok(NAME, "none runs yet; the first session starts it"),
        TmuxServer::Broken(why) => Check::problem(
            NAME,
            why,
            "set AP_TMUX_SOCKET to a name of your choice for a server of its own, or end this one with `tmux kill-server`",
        ),
        TmuxServer::NoTmux => Check::ok(NAME, "none: tmux is not installed"),
    }
}
