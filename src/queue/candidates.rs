//! Files that may hold a project's tasks, though they are not looked for by default.
use super::backlog::Backlog;
use super::file::{Format as _, Mark};
use super::prd::Prd;
use camino::Utf8Path;
use fs_err as fs;

/// Paths, relative to the project, where tasks are often kept.
const CANDIDATES: [&str; 14] = [
    "scripts/ralph/prd.json",
    "ralph/prd.json",
    ".ralph/prd.json",
    "tasks/prd.json",
    "fix_plan.md",
    "@fix_plan.md",
    ".ralph/fix_plan.md",
    "IMPLEMENTATION_PLAN.md",
    concat!("TO", "DO.md"),
    "TASKS.md",
    "tasks.md",
    "PLAN.md",
    "plan.md",
    ".cc-autopipe/backlog.md",
];

/// The size above which a file is not searched.
const MAX_BYTES: u64 = 4 << 20;

/// Returns the files that have open tasks in them, relative to the project. Use them with `--queue` or `--file`.
pub fn candidates(project: &Utf8Path) -> Vec<&'static str> {
    CANDIDATES
        .into_iter()
        .filter(|name| has_open_tasks(&project.join(name)))
        .collect()
}

/// Returns the hint that names the files with open tasks, if there are any; `flag` selects a file.
pub fn candidates_hint(project: &Utf8Path, flag: &str) -> Option<String> {
    let found = candidates(project);
    let first = found.first()?;
    let verb = if found.len() == 1 { "has" } else { "have" };
    Some(format!(
        "{} {verb} open tasks: name the file with `{flag} {first}`",
        found.join(", ")
    ))
}

fn has_open_tasks(path: &Utf8Path) -> bool {
    let is_small = fs::metadata(path).is_ok_and(|file| file.is_file() && file.len() <= MAX_BYTES);
    let Some(text) = is_small.then(|| fs::read_to_string(path).ok()).flatten() else {
        return false;
    };
    let items = if path.extension() == Some("json") {
        Prd.parse(&text)
    } else {
        Backlog::default().parse(&text)
    };
    items.is_ok_and(|items| items.iter().any(|item| item.mark == Mark::Open))
}
