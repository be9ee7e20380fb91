//! The schemas that editors use for what `ap new` creates.
use crate::compile::{SCHEMAS, Schema};
use crate::error::Result;
use crate::store::atomic;
use camino::Utf8Path;
use fs_err as fs;

/// Writes the schemas of files that a folder lacks.
pub(super) fn add(folder: &Utf8Path) -> Result<()> {
    fs::create_dir_all(folder)?;
    let missing = |schema: &&Schema| !folder.join(schema.file()).exists();
    for schema in SCHEMAS.iter().filter(missing) {
        atomic::replace(&folder.join(schema.file()), schema.text().as_bytes())?;
    }
    Ok(())
}
