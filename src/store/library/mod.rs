//! Finds loops and pipelines: by path, then in the project, then the user's own, then those built in. The first one wins.
mod builtin;
mod entry;
mod find;
mod fixture_files;
mod fixtures;
mod folder;
mod found;
mod lookup;
mod loops;
mod pipelines;
mod search_path;
#[cfg(test)]
mod tests;

pub use builtin::builtin_text;
pub use entry::Entry;
pub use fixture_files::FixtureFiles;
pub use lookup::Library;
