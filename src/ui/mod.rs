//! How anything is shown: data to stdout, the rest to stderr, colour only on a terminal.
pub mod activity;
pub mod caller;
pub mod duration;
pub mod human_needed;
pub mod json;
pub mod markdown;
pub mod next_command;
pub mod outcome;
pub mod pager;
pub mod progress;
pub mod question;
pub mod report;
pub mod style;
pub mod table;
pub mod time;
pub mod wrap;

use crate::compile::Problem;
use crate::error::{Error, Result};
use caller::as_called;
use std::io::{self, Write as _};
use std::os::fd::AsFd as _;
use std::time::Duration;

/// Writes data to stdout, and ends its last line. A reader that has gone away (`ap list | head`) is no error.
pub fn out(text: impl AsRef<str>) -> Result<()> {
    let mut stdout = io::stdout().lock();
    let written = writeln!(stdout, "{}", whole(text.as_ref())).and_then(|()| stdout.flush());
    match written {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => Err(error.into()),
        Ok(()) | Err(_) => Ok(()),
    }
}

/// Writes a message of ours to stdout, in which commands are named as the user called this program.
pub fn say(text: impl AsRef<str>) -> Result<()> {
    out(wrapped(&as_called(text.as_ref()), width()))
}

/// Returns how many columns the terminal has, if stdout is one.
pub fn width() -> Option<usize> {
    size().map(|(_, columns)| columns)
}

/// Returns how many rows and columns the terminal has, if stdout is one.
pub fn size() -> Option<(usize, usize)> {
    let (rows, columns) = console::Term::stdout().size_checked()?;
    (0 < columns).then_some((usize::from(rows), usize::from(columns)))
}

/// Writes a message to stderr, and ends its last line. A failure is ignored: it could not be reported.
pub fn note(text: impl AsRef<str>) {
    let _ = writeln!(
        io::stderr().lock(),
        "{}",
        wrapped(&as_called(whole(text.as_ref())), stderr_width())
    );
}

fn whole(text: &str) -> &str {
    text.strip_suffix('\n').unwrap_or(text)
}

/// Returns a problem with its source line, in colour if stdout is a terminal.
pub fn diagnostic(problem: &Problem) -> String {
    fitted(&problem.render(console::colors_enabled()), width())
}

/// Breaks the message and the help of a rendered problem for a terminal this wide; source lines stay as they are.
fn fitted(rendered: &str, width: Option<usize>) -> String {
    const HELP: &str = "= help: ";
    let Some(width) = width else {
        return rendered.to_owned();
    };
    let mut lines = Vec::new();
    for (number, line) in rendered.split('\n').enumerate() {
        let plain = console::strip_ansi_codes(line);
        let indent = match plain.find(HELP) {
            _ if number == 0 => 0,
            Some(at) if plain[..at].trim().is_empty() => at + HELP.len(),
            Some(_) | None => {
                lines.push(line.to_owned());
                continue;
            }
        };
        let broken = wrap::wrap(line, width.saturating_sub(indent));
        lines.push(broken.join(&format!("\n{}", " ".repeat(indent))));
    }
    lines.join("\n")
}

/// Returns an error as the user sees it: the problems of a definition, what failed, and what to do next.
pub fn error(error: &Error, colour: bool) -> String {
    let style = |style: console::Style| style.force_styling(colour).bold();
    let mut shown: Vec<String> = error
        .problems()
        .iter()
        .map(|problem| fitted(&problem.render(colour), stderr_width()))
        .collect();
    let title = style(console::Style::new().red()).apply_to("error");
    // A blank line between problems.
    for problem in &mut shown {
        problem.push('\n');
    }
    let message = format!("{title}: {}", as_called(&error.to_string()));
    shown.push(wrapped(&message, stderr_width()));
    if let Some(hint) = error.help() {
        let title = style(console::Style::new().cyan()).apply_to("help");
        let message = format!("{title}: {}", as_called(hint));
        shown.push(wrapped(&message, stderr_width()));
    }
    shown.join("\n")
}

fn stderr_width() -> Option<usize> {
    let (_, columns) = console::Term::stderr().size_checked()?;
    Some(usize::from(columns))
}

/// Breaks lines between words for a terminal this wide; elsewhere a line stays whole.
pub fn wrapped(text: &str, width: Option<usize>) -> String {
    let Some(width) = width else {
        return text.to_owned();
    };
    let lines = text.split('\n').flat_map(|line| wrap::wrap(line, width));
    lines.collect::<Vec<_>>().join("\n")
}

/// Writes data to stdout as it is. Returns whether stdout is still read.
pub fn stream(text: &str) -> bool {
    let mut to = io::stdout().lock();
    to.write_all(text.as_bytes())
        .and_then(|()| to.flush())
        .is_ok()
}

/// Waits between two polls. Returns whether stdout is still read, and as soon as it is not.
pub fn wait_while_read(duration: Duration) -> bool {
    use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
    let stdout = io::stdout();
    let mut watched = [PollFd::new(stdout.as_fd(), PollFlags::empty())];
    // No events are requested, so the wait ends only when the reader closes or the time is over.
    let _ = poll(
        &mut watched,
        PollTimeout::try_from(duration).unwrap_or(PollTimeout::MAX),
    );
    let seen = watched[0].revents().unwrap_or(PollFlags::empty());
    if seen.contains(PollFlags::POLLNVAL) {
        // Some systems cannot watch a terminal.
        std::thread::park_timeout(duration);
    }
    !seen.intersects(PollFlags::POLLERR | PollFlags::POLLHUP)
}
