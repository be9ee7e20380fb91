//! The ledger as a whole: appended, read from both ends, made again.
use super::*;
use crate::model::Usage;
use crate::store::atomic;
use crate::store::layout::{StateFile, UserDirs};
use fs_err as fs;
use jiff::{SignedDuration, Timestamp};
use std::collections::BTreeMap;

fn dirs(folder: &tempfile::TempDir) -> UserDirs {
    let home = folder.path().join("home").display().to_string();
    let env = std::iter::once(("AP_HOME".to_owned(), home)).collect();
    UserDirs::new(&env, None)
}

fn at(hours: i64) -> Timestamp {
    let start: Timestamp = "2026-11-01T00:00:00Z".parse().unwrap();
    start + SignedDuration::from_hours(hours)
}

fn line(run: &str, number: u64, hours: i64, usd: f64) -> SpentLine {
    SpentLine {
        run: run.parse().unwrap(),
        number,
        branch: String::new(),
        at: at(hours),
        usd,
        kind: SpentKind::Attempt,
        project: "/p".into(),
        session: "s".parse().unwrap(),
        node: "work".parse().unwrap(),
        iteration: 1,
        attempt: 1,
        input: 10,
        output: 5,
        cache_read: 0,
        cache_write: 0,
        turns: 1,
        reckoned_usd: Some(usd),
        account: None,
        key_source: String::new(),
        models: BTreeMap::from([("opus".to_owned(), Usage::default())]),
    }
}

fn total(dirs: &UserDirs) -> (f64, u64, u64) {
    let (mut usd, mut lines) = (0.0, 0);
    let unread = for_each(dirs, |spent| {
        usd += spent.usd;
        lines += 1;
    })
    .unwrap();
    (usd, lines, unread)
}

#[test]
fn a_ledger_that_is_not_there_is_empty_and_reading_writes_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let dirs = dirs(&folder);
    assert_eq!(total(&dirs), (0.0, 0, 0));
    assert_eq!(sums_since(&dirs, &[at(0)]).unwrap(), [Usage::default()]);
    assert!(!dirs.state.exists());
}

#[test]
fn concurrent_runners_lose_no_line_and_a_run_finds_its_own() {
    let folder = tempfile::tempdir().unwrap();
    let dirs = dirs(&folder);
    std::thread::scope(|scope| {
        for run in ["r1", "r2", "r3", "r4"] {
            let dirs = &dirs;
            scope.spawn(move || {
                for number in 1..=20 {
                    append(dirs, &line(run, number, 0, 0.25)).unwrap();
                }
            });
        }
    });
    assert_eq!(total(&dirs), (20.0, 80, 0));
    let own = recorded(&dirs, &"r2".parse().unwrap(), "").unwrap();
    assert_eq!(own, (1..=20).collect());
    assert!(
        recorded(&dirs, &"r2".parse().unwrap(), "3/a")
            .unwrap()
            .is_empty()
    );
}

#[test]
fn torn_and_absurd_lines_are_counted_and_hide_no_other() {
    let folder = tempfile::tempdir().unwrap();
    let dirs = dirs(&folder);
    append(&dirs, &line("r1", 1, 0, 1.0)).unwrap();
    let path = dirs.state_file(StateFile::Spent);
    let good = fs::read_to_string(&path).unwrap();
    let negative = good.replace("\"usd\":1.0", "\"usd\":-5.0");
    let null = good.replace("\"usd\":1.0", "\"usd\":null");
    atomic::replace(
        &path,
        format!("{good}{negative}{null}\0\0\0\n{{\"run\":\"r").as_bytes(),
    )
    .unwrap();
    // A line begins after the one that was cut off.
    append(&dirs, &line("r1", 2, 1, 2.0)).unwrap();
    assert_eq!(total(&dirs), (3.0, 2, 4));
    assert_eq!(sums_since(&dirs, &[at(0)]).unwrap()[0].cost_usd, 3.0);
}

#[test]
fn what_was_spent_since_a_time_is_read_from_the_end() {
    let folder = tempfile::tempdir().unwrap();
    let dirs = dirs(&folder);
    // More than a block, so that lines lie across the blocks' ends.
    let mut text = String::new();
    for hour in 0..2000 {
        let line = serde_json::to_string(&line("r1", 1, hour, 1.0)).unwrap();
        text.push_str(&line);
        text.push('\n');
    }
    append(&dirs, &line("r0", 1, -1, 1.0)).unwrap();
    let path = dirs.state_file(StateFile::Spent);
    let first = fs::read_to_string(&path).unwrap();
    atomic::replace(&path, (first + &text).as_bytes()).unwrap();
    let spent = |hour| sums_since(&dirs, &[at(hour)]).unwrap()[0].cost_usd;
    assert_eq!(
        [spent(1990), spent(0), spent(-5), spent(5000)],
        [10.0, 2000.0, 2001.0, 0.0]
    );
    // A runner that resumes late books what its attempt cost long before.
    append(&dirs, &line("late", 1, 3, 1.0)).unwrap();
    assert_eq!([spent(1990), spent(0)], [10.0, 2001.0]);
}

#[test]
fn lines_of_runs_without_a_journal_are_kept_when_the_ledger_is_made_again() {
    let folder = tempfile::tempdir().unwrap();
    let dirs = dirs(&folder);
    append(&dirs, &line("gone", 3, 5, 1.5)).unwrap();
    append(&dirs, &line("gone", 2, 2, 0.5)).unwrap();
    let done = rebuild(&dirs, &[]).unwrap();
    assert_eq!((done.kept, done.from_journals, done.dropped), (2, 0, 0));
    assert_eq!(total(&dirs), (2.0, 2, 0));
    let text = fs::read_to_string(dirs.state_file(StateFile::Spent)).unwrap();
    let numbers: Vec<bool> = text
        .lines()
        .map(|line| line.contains("\"number\":2"))
        .collect();
    assert_eq!(numbers, [true, false], "in the order of their times");
}
