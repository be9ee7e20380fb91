//! Replace a file so that a reader, or a crash, sees the old content or the new one, never half of it.
use super::{beneath, crash, fault};
use camino::Utf8Path;
use fs_err as fs;
use std::io;

/// Replaces a file that can be made again from the journal. Survives our death, not a power cut.
pub fn replace(path: &Utf8Path, content: &[u8]) -> io::Result<()> {
    write(path, content, false)
}

/// Writes a file that no reader knows of yet, and that is written again after a crash: without a draft.
pub fn create(path: &Utf8Path, content: &[u8]) -> io::Result<()> {
    let name = path.file_name().unwrap_or("file");
    crash::point(format_args!("{name}: before it is made"));
    fault::write_all(beneath::create(path)?, content)?;
    crash::point(format_args!("{name}: made"));
    Ok(())
}

/// Replaces a file that nothing else can bring back: on disk before this returns.
pub fn replace_durably(path: &Utf8Path, content: &[u8]) -> io::Result<()> {
    write(path, content, true)
}

fn write(path: &Utf8Path, content: &[u8], durably: bool) -> io::Result<()> {
    let name = path.file_name().unwrap_or("file");
    let draft = beneath::draft_of(path);
    crash::point(format_args!("{name}: before its draft"));
    let written = beneath::create(&draft).and_then(|mut file| {
        // First, so that the content of a private file is never in a draft that others can read.
        keep_mode(&file, path)?;
        fault::write_all(&mut file, content)?;
        if durably {
            fault::step()?;
            file.sync_all()
        } else {
            Ok(())
        }
    });
    crash::point(format_args!("{name}: after its draft"));
    if let Err(error) = written.and_then(|()| beneath::put(&draft, path)) {
        // The reason matters more than a draft that could not be removed.
        let _ = beneath::remove_file(&draft);
        return Err(error);
    }
    crash::point(format_args!("{name}: in its place"));
    if durably {
        sync_folder(path.parent().unwrap_or(Utf8Path::new(".")))
    } else {
        Ok(())
    }
}

/// Gives a new file the mode of the one it replaces.
fn keep_mode(file: &fs::File, path: &Utf8Path) -> io::Result<()> {
    match std::fs::symlink_metadata(path) {
        Ok(old) if old.is_file() => file.set_permissions(old.permissions()),
        Ok(_) | Err(_) => Ok(()),
    }
}

/// Makes the names in a folder durable: a new file may otherwise be gone after a power cut.
pub fn sync_folder(folder: &Utf8Path) -> io::Result<()> {
    beneath::sync_folder(folder)
}
