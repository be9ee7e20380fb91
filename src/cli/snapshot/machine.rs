//! What all projects share: the supervisor and its log, quota, budget and disk.
use super::project::Shown;
use super::section::Section;
use crate::cli::context::Context;
use crate::cli::health;
use crate::cli::quota::{account_line, known_accounts};
use crate::cli::supervisor::overview::supervisor_text;
use crate::cli::supervisor::recent::recent_lines;
use crate::clock;
use crate::error::Result;
use crate::exec::file_tail::FileTail;
use crate::store::layout::StateFile;
use crate::text::clean;
use crate::ui::time;
use fs_err as fs;
use jiff::{SignedDuration, Timestamp};
use nix::sys::statvfs::statvfs;

/// Events of the supervisor that are shown.
const RECENT: usize = 5;
/// Lines of its log that are shown, and that are searched for errors.
const LAST: usize = 5;
const SEARCHED: usize = 500;

pub(super) fn supervisor(context: &Context) -> Result<Section> {
    let mut lines = vec![supervisor_text(context)?];
    lines.extend(recent_lines(RECENT, context)?);
    Ok(Section::new(1, "Supervisor and recent events", lines, ""))
}

pub(super) fn resources(shown: &Shown, since: Timestamp, context: &Context) -> Result<Section> {
    let mut lines: Vec<String> = known_accounts(context)?.iter().map(account_line).collect();
    if lines.is_empty() {
        lines.push("nothing is known of the quota".to_owned());
    }
    if let Some(snapshot) = shown.snapshot() {
        let cost = snapshot.state.session.usage.cost_usd;
        lines.push(format!("its session cost ${cost:.2}"));
    }
    if let Some(registered) = &shown.registered {
        let day = clock::now().saturating_sub(SignedDuration::from_hours(24));
        let since = since.min(day.unwrap_or(since));
        let report = health::report(since, std::slice::from_ref(&registered.id), context)?;
        lines.extend(health::text(&report).lines().map(str::to_owned));
    }
    match statvfs(shown.root.as_std_path()) {
        Ok(about) => {
            #[expect(
                clippy::useless_conversion,
                reason = "the types differ between systems"
            )]
            let free = u64::from(about.blocks_available()) * u64::from(about.fragment_size());
            lines.push(format!("{:.1} GB free on its disk", free as f64 / 1e9));
        }
        Err(error) => lines.push(format!("its disk cannot be looked at: {error}")),
    }
    Ok(Section::new(11, "Quota, budget and disk", lines, ""))
}

pub(super) fn supervisor_log(since: Timestamp, context: &Context) -> Section {
    let title = "The supervisor's log";
    let path = context.dirs.state_file(StateFile::SupervisorLog);
    let Ok(about) = fs::metadata(&path) else {
        let nothing = "there is none; as a service, it is in the service manager's journal";
        return Section::new(12, title, [], nothing);
    };
    let at = about.modified().ok();
    let at = at.and_then(|at| Timestamp::try_from(at).ok());
    let age = at.map_or_else(String::new, |at| time::ago(at, clock::now()));
    let mut lines = vec![format!("{path}: {} bytes, written {age}", about.len())];
    let mut found: Vec<String> = Vec::new();
    if let Ok(mut tail) = FileTail::open(&path) {
        let _ = tail.seek_to_last_lines(SEARCHED);
        let _ = tail.read_lines(|line| {
            found.push(clean(&String::from_utf8_lossy(line)));
            true
        });
    }
    let last = found.len().saturating_sub(LAST);
    lines.extend(found[last..].iter().map(|line| format!("  {line}")));
    let errors: Vec<&String> = found
        .iter()
        .filter(|line| is_error(line) && since <= written_at(line).unwrap_or(since))
        .collect();
    if !errors.is_empty() {
        lines.push("errors and warnings:".to_owned());
    }
    let last = errors.len().saturating_sub(LAST);
    lines.extend(errors[last..].iter().map(|line| format!("  {line}")));
    Section::new(12, title, lines, "")
}

/// Whether a line is of level error or warn: `ap 0.1.0 2026-11-30T12:00:00Z ERROR …`.
fn is_error(line: &str) -> bool {
    let level = line.split_whitespace().nth(3);
    level.is_some_and(|level| ["ERROR", "WARN"].contains(&level))
}

fn written_at(line: &str) -> Option<Timestamp> {
    line.split_whitespace().nth(2)?.parse().ok()
}
