//! The few looks there are. Nothing is understood by its look alone; without a terminal, or with `NO_COLOR`, there is none.
use console::{Style, StyledObject};

/// A name to type.
pub fn name(text: &str) -> StyledObject<&str> {
    Style::new().cyan().apply_to(text)
}

/// A heading.
pub fn heading(text: &str) -> StyledObject<&str> {
    Style::new().bold().apply_to(text)
}

/// What can be passed over.
pub fn faint(text: &str) -> StyledObject<&str> {
    Style::new().dim().apply_to(text)
}

/// What is as it should be.
pub fn good(text: &str) -> StyledObject<&str> {
    Style::new().green().apply_to(text)
}

/// What needs a look.
pub fn odd(text: &str) -> StyledObject<&str> {
    Style::new().yellow().apply_to(text)
}

/// What is wrong.
pub fn bad(text: &str) -> StyledObject<&str> {
    Style::new().red().apply_to(text)
}
