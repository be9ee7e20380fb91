//! Any tracker, through five small commands of the user's: programs with arguments, never a shell.
//!
//! ```text
//! list     prints every task of the label, in the order to take them
//! claim    claims a task                    release   releases it
//! close    closes it                        park      marks it as blocked (may be left out)
//! ```
//!
//! In an argument `{id}`, `{owner}`, `{label}` and `{reason}` are filled in; the same come on stdin as one JSON object
//! `{"action","id","owner","label","reason"}`. `list` prints a list, bare or as `{"tasks": […]}`, of
//!
//! ```json
//! {"id": "7", "title": "Add login", "body": "", "acceptance": [], "priority": 1, "state": "open", "owner": null, "why": null}
//! ```
//!
//! where `state` is `open`, `held`, `blocked` or `closed`, and all but `id`, `title` and `state` may be left out: a
//! tracker that keeps no owner has it kept for it. The others print what they like, or `{"error": "…"}`. Exit code 0 is
//! success, 75 is "busy, try again", anything else is a failure, reported with the text on stderr. What counts is what `list`
//! says afterwards.
mod fill;
mod listed;
mod tracker;

#[cfg(feature = "fuzz")]
pub(super) use listed::Listed;
pub(super) use tracker::open;
