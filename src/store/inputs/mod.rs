//! Files given as input: expands paths, patterns and folders into a list of files, once, at the start of a session.
mod expand;
mod limits;
mod search;
#[cfg(test)]
mod tests;
mod walk;

pub use expand::expand;
