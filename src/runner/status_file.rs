//! What an agent told of its iteration: its `status.json`, or the `result.json` of older prompts.
use super::attempt_context::AttemptPaths;
use crate::model::Status;
use camino::Utf8Path;
use fs_err as fs;
use std::io;

/// Larger files are none that an agent wrote on purpose.
const LARGEST: u64 = 1 << 20;

/// Returns what the agent told, or why that is nothing.
pub(super) fn read(paths: &AttemptPaths) -> Result<Status, String> {
    let written = |path: &Utf8Path, name| text(path).map_err(|why| format!("{name} {why}"));
    if let Some(text) = written(&paths.status, "status.json")? {
        return Status::parse(&text).map_err(|error| error.to_string());
    }
    match written(&paths.result, "result.json")? {
        Some(text) => Status::parse_result(&text)
            .map_err(|error| error.to_string().replace("status.json", "result.json")),
        None => Err("the agent wrote no status.json".to_owned()),
    }
}

/// Keeps in the iteration's folder what the agent had to write elsewhere.
pub(super) fn keep(paths: &AttemptPaths) -> io::Result<()> {
    for (written, kept) in [
        (&paths.status, paths.iteration.status()),
        (&paths.result, paths.iteration.result()),
    ] {
        if *written != kept && written.exists() {
            fs::copy(written, &kept)?;
        }
    }
    Ok(())
}

/// Removes what an earlier agent told.
pub(super) fn clear_reports(paths: &AttemptPaths) -> io::Result<()> {
    for path in [
        &paths.status,
        &paths.iteration.status(),
        &paths.result,
        &paths.iteration.result(),
    ] {
        match fs::remove_file(path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            Ok(()) | Err(_) => (),
        }
    }
    Ok(())
}

fn text(path: &Utf8Path) -> Result<Option<String>, String> {
    let length = match fs::metadata(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error.to_string()),
        Ok(meta) if !meta.is_file() => return Err("is not a file".to_owned()),
        Ok(meta) => meta.len(),
    };
    if LARGEST < length {
        return Err(format!("has {length} bytes; the most is {LARGEST}"));
    }
    let bytes = fs::read(path).map_err(|error| error.to_string())?;
    String::from_utf8(bytes)
        .map(Some)
        .map_err(|_| "is not UTF-8".to_owned())
}
