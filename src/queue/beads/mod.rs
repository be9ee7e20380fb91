//! Issues in beads, through `bd` 0.24 to 1.3 or a program that speaks like it.
//!
//! Nothing of `bd` is trusted alone: an exit code of 0 may be a refusal, `ready` may list what is held and cut its list
//! short, and a claim may be given twice. So stdout must be JSON, limits are always given, and `tracker::TrackerQueue`
//! claims under our lock and reads again.
mod call;
mod client;
mod database;
mod issue;
mod tracker;
mod version;

use camino::Utf8Path;

#[cfg(feature = "fuzz")]
pub(super) use issue::Issue;
pub(super) use tracker::open;

/// Whether `bd` would find a database from here.
pub fn has_database(project: &Utf8Path, named: Option<&str>) -> bool {
    database::find(named.map(Utf8Path::new), project).is_some()
}

/// Returns why this version of `bd` is too old to be used, if it is.
pub fn too_old(output: &str) -> Option<String> {
    version::read(output).err()
}
