//! Tasks in any Markdown checklist.
//!
//! ```markdown
//! ## A heading tells apart the tasks of the same text
//! - [ ] Add login (#login)
//!   Indented lines below it are its body.
//!   Acceptance:
//!   - tests pass
//!   - [ ] A nested box is a task of its own; the outer one waits for it
//! - [x] Done. `[X]` and `[✅]` too
//! - [ ] [P0] Comes first; without a priority it is 3
//! - [ ] [P1] [research] HYPO_7 — The word before the dash is its id
//! - [~deferred] Dropped, as is `[~won't-fix]`: closed, and not done
//! - [~] Begun by hand, so no agent claims it. `[/]` too
//! - [!] Any other character, or no space at all, is shown as blocked rather than guessed. `[-]` too, unless `dropped` says
//!   that it means: not to be done
//! - [ ]Nor is a box ignored that Markdown does not read as one: it is blocked, with its line and what to write
//! ```
//!
//! Bullets may be `-`, `*`, `+`, `1.` or `1)`. Boxes in code blocks and comments, without a title, or with a letter
//! or digit in them are text; what is a code block, CommonMark decides (`blocks`). The id is the `(#name)` at the end of
//! the line, or the word before a dash (after tags, or one with a digit or `_` in it), or else made from the title, and of
//! a subtask also from its task, so that moving the line keeps it. The headings above tasks with the same text tell them
//! apart. Of several with the same id, later ones get `-2`, `-3`, …, closed ones last. Open tasks that differ only in such
//! a number are blocked: when one goes, the number would name another.
mod blocks;
mod box_line;
mod checklist;
mod draft;
mod ids;
mod item;
mod lines;
mod outline;
mod priority;
#[cfg(test)]
mod tests;
mod written_id;

pub(super) use checklist::{Backlog, open};
