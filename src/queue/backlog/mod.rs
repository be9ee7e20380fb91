//! Tasks in any Markdown checklist.
//!
//! ```markdown
//! ## Headings mean nothing
//! - [ ] Add login (#login)
//!   Indented lines below it are its body.
//!   Acceptance:
//!   - tests pass
//!   - [ ] A nested box is a task of its own; the outer one waits for it
//! - [x] Done. `[X]` too, and `[-]`: dropped, not to be done
//! - [~] Begun by hand, so no agent claims it. `[/]` too
//! - [!] Any other sign, or no space at all, is shown as blocked rather than guessed
//! ```
//!
//! Bullets may be `-`, `*`, `+`, `1.` or `1)`. Boxes in code blocks and comments, without a title, or with a letter
//! or digit in them are text. The id is the `(#name)` at the end of the line or else made from the title, and of a
//! subtask also from its task, so that moving the line keeps it. Of several with the same id, later ones get `-2`, `-3`,
//! …, closed ones last. Open tasks that differ only in such a number are blocked: when one goes, the number would name another.
mod checklist;
mod draft;
mod ids;
mod item;
mod lines;
#[cfg(test)]
mod tests;

#[cfg(test)]
pub(super) use checklist::Backlog;
pub(super) use checklist::open;
