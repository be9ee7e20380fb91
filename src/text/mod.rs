//! Text for display: cleaned, counted, quoted.
mod clean;
mod error_line;
mod words;

pub use clean::{clean, clip_bytes, first_line, plain, shown, without_terminal_codes};
pub use error_line::error_line;
pub use words::{count, exact_duration, held, shell_quote, shell_words};
