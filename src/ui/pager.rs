//! Shows a long text through the user's pager.
use crate::error::Result;
use crate::exec::pager;

/// What is used without `PAGER`. The options of less let it end at once if the text fits the screen, show colours, and leave
/// the text on the screen.
const DEFAULT: &str = "less";
const LESS: &str = "FRX";

/// Prints a text; through the pager, if stdout is a terminal. `command` and `less` are the variables `PAGER` and `LESS`.
pub fn page(text: &str, command: Option<&String>, less: Option<&String>) -> Result<()> {
    let command = command.map_or(DEFAULT, String::as_str);
    let less = less.map_or(LESS, String::as_str);
    if super::width().is_some() && pager::show(text, command, less)? {
        return Ok(());
    }
    super::out(text)
}
