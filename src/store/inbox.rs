//! Requests to a running session, or to the supervisor: files moved into its `inbox/`, taken one by one.
//!
//! A request survives the death of who made it and of who reads it. The runner looks when it is
//! signalled, and every other second at the latest in case the signal got lost.
use super::layout::RunDir;
use super::{atomic, beneath};
use crate::model::Request;
use camino::{Utf8Path, Utf8PathBuf};
use fs_err as fs;
use jiff::Timestamp;
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::io;

/// Leaves a request to a session.
pub fn put(dir: &RunDir, request: &Request, now: Timestamp) -> io::Result<()> {
    put_into(&dir.inbox(), request, now)
}

/// Leaves a request in an inbox.
pub fn put_into(inbox: &Utf8Path, request: &impl Serialize, now: Timestamp) -> io::Result<()> {
    beneath::create_dir_all(inbox)?;
    let name = format!("{}-{}.json", name_at(now), std::process::id());
    atomic::replace_durably(&inbox.join(name), &serde_json::to_vec(request)?)
}

/// A request and the file it came in, which is removed once the request has been journalled.
#[derive(Debug)]
pub struct Waiting<R = Request> {
    pub request: R,
    path: Utf8PathBuf,
}

impl<R> Waiting<R> {
    /// Removes it: it has been dealt with.
    pub fn done(self) -> io::Result<()> {
        beneath::remove_file(&self.path)
    }
}

/// Returns what has been asked of a session, oldest first. What cannot be read is set aside under `rejected/`.
pub fn waiting(dir: &RunDir) -> io::Result<Vec<Waiting>> {
    waiting_in(&dir.inbox())
}

/// Returns what is in an inbox, as [`waiting`] does.
pub fn waiting_in<R: DeserializeOwned>(inbox: &Utf8Path) -> io::Result<Vec<Waiting<R>>> {
    let folder = match fs::read_dir(inbox) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) if error.kind() == io::ErrorKind::NotADirectory => {
            beneath::create_dir_all(inbox)?;
            return Ok(Vec::new());
        }
        folder => folder?,
    };
    let mut paths = Vec::new();
    for entry in folder {
        let path = Utf8PathBuf::try_from(entry?.path()).map_err(io::Error::other)?;
        if path.extension() == Some("json") {
            paths.push(path);
        }
    }
    paths.sort();
    let mut requests = Vec::new();
    for path in paths {
        let request = beneath::read(&path).map(|text| serde_json::from_slice(&text));
        match request {
            Ok(Ok(request)) => requests.push(Waiting { request, path }),
            // Another process took it meanwhile.
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) if error.kind() == io::ErrorKind::InvalidInput => {
                beneath::set_aside(&path)?;
            }
            Ok(Err(_)) | Err(_) => reject(&inbox.join("rejected"), &path)?,
        }
    }
    Ok(requests)
}

/// Removes the requests made before `now` that `is_meant` names, as stops: what is started again is to run, also if
/// its last process died before it could take one up, or with one just taken up.
pub fn forget_older<R: DeserializeOwned>(
    inbox: &Utf8Path,
    now: Timestamp,
    is_meant: impl Fn(&R) -> bool,
) -> io::Result<()> {
    let before = name_at(now);
    let stale = |waiting: &Waiting<R>| {
        is_meant(&waiting.request)
            && waiting
                .path
                .file_name()
                .is_some_and(|name| name < before.as_str())
    };
    waiting_in(inbox)?
        .into_iter()
        .filter(stale)
        .try_for_each(Waiting::done)
}

/// Names sort by time.
fn name_at(now: Timestamp) -> String {
    format!("{:020}", now.as_nanosecond())
}

fn reject(folder: &Utf8PathBuf, path: &Utf8PathBuf) -> io::Result<()> {
    beneath::rename(path, &folder.join(path.file_name().unwrap_or("request")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_meant_and_older_is_forgotten() {
        let folder = tempfile::tempdir().unwrap();
        let inbox = Utf8PathBuf::from_path_buf(folder.path().join("inbox")).unwrap();
        let at = |second| Timestamp::from_second(second).unwrap();
        for (second, request) in [(1, "stop"), (2, "pause"), (4, "stop")] {
            put_into(&inbox, &request, at(second)).unwrap();
        }
        forget_older(&inbox, at(3), |request: &String| request == "stop").unwrap();
        let left = waiting_in::<String>(&inbox).unwrap();
        let left: Vec<String> = left.into_iter().map(|waiting| waiting.request).collect();
        assert_eq!(left, ["pause", "stop"]);
    }
}
