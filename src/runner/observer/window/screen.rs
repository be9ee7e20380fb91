//! Writes to the terminal: lines that stay, and one below them that is overwritten.
use crate::ui::style;
use console::Term;
use std::io::Write as _;

/// A terminal, or whatever standard output or standard error is. Nothing that fails here matters to the session.
pub(super) struct Screen {
    out: Term,
    /// Whether there is a bottom line, which is overwritten.
    pub(super) is_live: bool,
    /// Written before each line; of a branch, its name.
    prefix: String,
    /// What the end of the bottom line says all the time, where there is room.
    pub(super) hint: String,
}

/// The bottom line of a narrower terminal has no hint.
const ROOM_FOR_HINT: usize = 60;

impl Screen {
    pub(super) fn new(prefix: String, on_stderr: bool) -> Self {
        let out = if on_stderr {
            Term::stderr()
        } else {
            Term::stdout()
        };
        Self {
            is_live: out.is_term() && prefix.is_empty(),
            out,
            prefix,
            hint: String::new(),
        }
    }

    /// Writes a line that stays.
    pub(super) fn line(&mut self, text: &str) {
        if self.out.is_term() {
            let _ = self.out.clear_line();
        }
        let _ = writeln!(self.out, "{}{text}", self.prefix);
    }

    pub(super) fn width(&self) -> usize {
        usize::from(self.out.size().1)
    }

    /// Overwrites the bottom line.
    pub(super) fn bottom(&mut self, text: &str) {
        if !self.is_live {
            return;
        }
        let width = self.width().saturating_sub(1);
        let _ = self.out.clear_line();
        let hint = match self.hint.as_str() {
            "" => String::new(),
            _ if width < ROOM_FOR_HINT => String::new(),
            hint => format!(" · {hint}"),
        };
        let room = width.saturating_sub(console::measure_text_width(&hint));
        let text = console::truncate_str(text, room, "…");
        let _ = write!(self.out, "{}", style::faint(&format!("{text}{hint}")));
        let _ = self.out.flush();
    }
}
