//! The few styles there are. No style carries a meaning of its own: without a terminal, or with `NO_COLOR`, there is none.
use crate::model::SessionStatus;
use console::{Style, StyledObject};
use std::fmt::Display;

/// How a text looks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Look {
    #[default]
    Plain,
    /// A name to type.
    Name,
    /// A heading.
    Heading,
    /// What can be passed over.
    Faint,
    /// What happens now.
    Active,
    /// What is as it should be.
    Good,
    /// What needs a look.
    Odd,
    /// What is wrong.
    Bad,
}

impl Look {
    /// Returns the text in this style, if stdout shows styles.
    pub fn apply<T: Display>(self, text: T) -> StyledObject<T> {
        let style = Style::new();
        let style = match self {
            Self::Plain => style,
            Self::Name => style.cyan(),
            Self::Heading => style.bold(),
            Self::Faint => style.dim(),
            Self::Active => style.blue(),
            Self::Good => style.green(),
            Self::Odd => style.yellow(),
            Self::Bad => style.red(),
        };
        style.apply_to(text)
    }

    /// Returns the style of a session's status.
    pub fn of_status(status: SessionStatus) -> Self {
        match status {
            SessionStatus::Running => Self::Active,
            SessionStatus::Complete => Self::Good,
            SessionStatus::Waiting
            | SessionStatus::Paused
            | SessionStatus::Asking
            | SessionStatus::Interrupted
            | SessionStatus::LimitReached
            | SessionStatus::Stopped => Self::Odd,
            SessionStatus::Crashed | SessionStatus::Failed => Self::Bad,
        }
    }
}

/// A name to type.
pub fn name(text: &str) -> StyledObject<&str> {
    Look::Name.apply(text)
}

/// A heading.
pub fn heading(text: &str) -> StyledObject<&str> {
    Look::Heading.apply(text)
}

/// What can be passed over.
pub fn faint(text: &str) -> StyledObject<&str> {
    Look::Faint.apply(text)
}

/// What happens now.
pub fn active(text: &str) -> StyledObject<&str> {
    Look::Active.apply(text)
}

/// What is as it should be.
pub fn good(text: &str) -> StyledObject<&str> {
    Look::Good.apply(text)
}

/// What needs a look.
pub fn odd(text: &str) -> StyledObject<&str> {
    Look::Odd.apply(text)
}

/// What is wrong.
pub fn bad(text: &str) -> StyledObject<&str> {
    Look::Bad.apply(text)
}
