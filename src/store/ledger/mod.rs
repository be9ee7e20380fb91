//! The ledger: `spent.jsonl` in the state folder, with a line for each attempt that cost something, of all projects.
//!
//! Runners append to it under a lock, each line once by its key: the run, the branch if it is one, and the number of the
//! fact in the journal. The journals are the truth: the ledger can be made again from them.
mod append;
mod journals;
mod line;
mod read;
mod rebuild;
#[cfg(test)]
mod tests;

pub use append::{append, recorded};
pub use line::{SpentKind, SpentLine, branch_key};
pub use read::{Spent, for_each, spent_by_project, sums_since};
pub use rebuild::{Rebuilt, rebuild};
