//! Replace a file so that a reader, or a crash, sees the old content or the new one, never half of it.
use super::crash;
use camino::Utf8Path;
use fs_err as fs;
use std::io::{self, Write as _};

/// Replaces a file that can be made again from the journal. Survives our death, not a power cut.
pub fn replace(path: &Utf8Path, content: &[u8]) -> io::Result<()> {
    write(path, content, false)
}

/// Writes a file that no reader knows of yet, and that is written again after a crash: without a draft.
pub fn create(path: &Utf8Path, content: &[u8]) -> io::Result<()> {
    let name = path.file_name().unwrap_or("file");
    crash::point(format_args!("{name}: before it is made"));
    fs::File::create(path)?.write_all(content)?;
    crash::point(format_args!("{name}: made"));
    Ok(())
}

/// Replaces a file that nothing else can bring back: on disk before this returns.
pub fn replace_durably(path: &Utf8Path, content: &[u8]) -> io::Result<()> {
    write(path, content, true)
}

fn write(path: &Utf8Path, content: &[u8], durably: bool) -> io::Result<()> {
    let (folder, name) = (
        path.parent().unwrap_or(Utf8Path::new(".")),
        path.file_name().unwrap_or("file"),
    );
    // One writer per file, so the name need only differ from that of a writer that died.
    let draft = folder.join(format!(".{name}.{}.tmp", std::process::id()));
    crash::point(format_args!("{name}: before its draft"));
    let written = fs::File::create(&draft).and_then(|mut file| {
        file.write_all(content)?;
        if durably { file.sync_all() } else { Ok(()) }
    });
    crash::point(format_args!("{name}: after its draft"));
    if let Err(error) = written.and_then(|()| fs::rename(&draft, path)) {
        // The reason matters more than a draft that could not be removed.
        let _ = fs::remove_file(&draft);
        return Err(error);
    }
    crash::point(format_args!("{name}: in its place"));
    if durably { sync_folder(folder) } else { Ok(()) }
}

/// Makes the names in a folder durable: a new file may otherwise be gone after a power cut.
pub fn sync_folder(folder: &Utf8Path) -> io::Result<()> {
    fs::File::open(folder)?.sync_all()
}
