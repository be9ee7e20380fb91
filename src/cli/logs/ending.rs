//! How an attempt ended.
use crate::exec::file_tail::FileTail;
use crate::model::{Exit, Outcome, Status};
use crate::text::{first_line, plain};
use crate::ui::{outcome, style};
use camino::Utf8Path;
use fs_err as fs;
use std::collections::VecDeque;
use std::io::Read as _;

/// How many lines of standard error are shown when an attempt failed.
const STDERR_LINES: usize = 10;
/// The most that is read of a file that should be small.
const MAX_FILE_SIZE: u64 = 1024 * 1024;

/// Returns how an attempt ended, read from its folder, one line each; nothing while it runs.
pub(super) fn read(folder: &Utf8Path) -> Vec<String> {
    let exit = read_small(&folder.join("exit.json"))
        .and_then(|text| serde_json::from_str::<Exit>(&text).ok());
    let Some(exit) = exit else {
        return Vec::new();
    };
    let status = read_small(&folder.join("status.json")).and_then(|text| Status::parse(&text).ok());
    let tools = exit.ended_tools.iter().map(|tool| plain(&tool.to_string()));
    if let (Exit { code: Some(0), .. }, Some(status)) = (&exit, status) {
        let reported = std::iter::once(outcome::reported(&status));
        return reported.chain(tools).collect();
    }
    let mut lines = vec![format!("{} ended {}", style::bad("✗"), exited(&exit))];
    lines.extend(tools);
    lines.extend(stderr(folder));
    lines
}

fn exited(exit: &Exit) -> String {
    if let Some(error) = &exit.spawn_error {
        return format!("before it started: {error}");
    }
    if let Some(limit) = exit.limit {
        return Outcome::TimedOut { limit }.to_string();
    }
    if exit.cancelled {
        return "because the session was stopped".to_owned();
    }
    match (exit.signal, exit.code) {
        (Some(signal), _) => format!("by signal {signal}"),
        (None, Some(0)) => "without a valid status.json".to_owned(),
        (None, Some(code)) => format!("with exit code {code}"),
        (None, None) => "with exit code unknown".to_owned(),
    }
}

/// Returns the last lines of the agent's standard error.
fn stderr(folder: &Utf8Path) -> Vec<String> {
    let Ok(mut stderr) = FileTail::open(&folder.join("stderr.log")) else {
        return Vec::new();
    };
    let mut last = VecDeque::new();
    let read = stderr.seek_to_last_lines(STDERR_LINES).and_then(|_| {
        stderr.read_lines(|line| {
            last.push_back(format!(
                "stderr: {}",
                first_line(&String::from_utf8_lossy(line))
            ));
            true
        })
    });
    read.map_or_else(|_| Vec::new(), |_| last.into())
}

fn read_small(path: &Utf8Path) -> Option<String> {
    let mut text = String::new();
    fs::File::open(path)
        .ok()?
        .take(MAX_FILE_SIZE)
        .read_to_string(&mut text)
        .ok()?;
    Some(text)
}
