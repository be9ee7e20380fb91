//! The report an agent writes: `status.json`, or `result.json` with older prompts.
use super::attempt_context::AttemptPaths;
use crate::model::Status;
use crate::store::beneath;
use camino::Utf8Path;
use fs_err as fs;
use std::io::{self, Read as _};

/// Largest report that is read, in bytes.
const LARGEST: u64 = 1 << 20;

/// Returns the report, or why there is none.
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

/// Copies a report that was written elsewhere into the iteration's folder.
pub(super) fn keep(paths: &AttemptPaths) -> io::Result<()> {
    for (written, kept) in [
        (&paths.status, paths.iteration.status()),
        (&paths.result, paths.iteration.result()),
    ] {
        if *written != kept && written.is_file() {
            beneath::copy(written, &kept)?;
        }
    }
    Ok(())
}

/// Removes the reports of earlier agents.
pub(super) fn clear_reports(paths: &AttemptPaths) -> io::Result<()> {
    let kept = [paths.iteration.status(), paths.iteration.result()];
    for (written, kept) in [&paths.status, &paths.result].into_iter().zip(&kept) {
        beneath::remove_file(written)?;
        if written != kept {
            beneath::remove_file(kept)?;
        }
    }
    Ok(())
}

fn text(path: &Utf8Path) -> Result<Option<String>, String> {
    let file = match beneath::open(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(_) if fs::symlink_metadata(path).is_ok_and(|there| !there.is_file()) => {
            return Err("is not a file".to_owned());
        }
        file => file.map_err(|error| error.to_string())?,
    };
    let length = file.metadata().map_err(|error| error.to_string())?.len();
    if LARGEST < length {
        return Err(format!("has {length} bytes; the most is {LARGEST}"));
    }
    let mut bytes = Vec::new();
    file.take(LARGEST)
        .read_to_end(&mut bytes)
        .map_err(|error| error.to_string())?;
    String::from_utf8(bytes)
        .map(Some)
        .map_err(|_| "is not UTF-8".to_owned())
}
