use super::*;
use crate::clock;
use crate::model::Env;
use crate::store::layout::{StateFile, UserDirs};
use crate::store::{atomic, beneath};
use camino::Utf8PathBuf;
use fs_err as fs;
use jiff::{SignedDuration, Timestamp};

struct Home {
    _folder: tempfile::TempDir,
    dirs: UserDirs,
}

impl Home {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let home = folder.path().display().to_string();
        let vars: Env = std::iter::once(("AP_HOME".to_owned(), home)).collect();
        Self {
            _folder: folder,
            dirs: UserDirs::new(&vars, None),
        }
    }

    fn file(&self, family_name: &str) -> Utf8PathBuf {
        self.dirs.state_file(StateFile::Log).join(family_name)
    }

    fn newest(&self) -> DatedFile {
        let folder = self.dirs.state_file(StateFile::Log);
        newest(&folder, Family::Events).unwrap().unwrap()
    }

    fn last(&self, filter: &Filter, most: usize) -> Vec<u64> {
        let last = last_lines(&self.dirs, filter, most).unwrap();
        last.lines.iter().map(|line| seq(line)).collect()
    }
}

fn seq(line: &[u8]) -> u64 {
    Head::read(line).unwrap().seq
}

fn start() -> Timestamp {
    "2026-11-30T12:00:00Z".parse().unwrap()
}

fn entry(seq: u64) -> Entry {
    let at = start() + SignedDuration::from_secs(i64::try_from(seq).unwrap());
    let (project, kind) = (["app", "site"][usize::from(seq.is_multiple_of(2))], seq % 3);
    let text = format!(
        r#"{{"v":1,"at":"{at}","seq":{seq},"project":"{project}","run":"r","from":{seq},"kind":"kind{kind}"}}"#
    );
    Entry {
        text: text.into_bytes(),
    }
}

fn write(home: &Home, numbers: std::ops::RangeInclusive<u64>) {
    let mut log = EventLog::open(&home.dirs).unwrap();
    let entries: Vec<Entry> = numbers.map(entry).collect();
    log.append(&entries, start()).unwrap();
}

fn only(projects: &[&str], kinds: &[&str]) -> Filter {
    let set = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
    Filter {
        projects: set(projects),
        kinds: set(kinds),
        since: None,
    }
}

#[test]
fn the_last_lines_that_pass_a_filter_are_found() {
    let home = Home::new();
    assert!(
        !last_lines(&home.dirs, &Filter::default(), 3)
            .unwrap()
            .is_there
    );
    write(&home, 1..=20_000);
    assert_eq!(home.last(&Filter::default(), 3), [19_998, 19_999, 20_000]);
    assert_eq!(home.last(&only(&["app"], &["kind0"]), 2), [19_989, 19_995]);
    assert_eq!(home.last(&only(&["other"], &[]), 2), [0; 0]);
    let since = Filter {
        since: Some(start() + SignedDuration::from_secs(19_999)),
        ..Filter::default()
    };
    assert_eq!(home.last(&since, 9), [19_999, 20_000]);
    assert_eq!(home.last(&Filter::default(), 0), [0; 0]);
}

#[test]
fn a_log_continues_in_its_next_file_and_is_read_as_one() {
    let home = Home::new();
    let mut log = EventLog::open(&home.dirs).unwrap();
    log.set_limit(1000);
    let entries: Vec<Entry> = (1..=30).map(entry).collect();
    log.append(&entries, start()).unwrap();
    assert!(1 < home.newest().number, "{:?}", home.newest());
    let all: Vec<u64> = (1..=30).collect();
    assert_eq!(home.last(&Filter::default(), 99), all);
    assert_eq!(home.last(&Filter::default(), 25), all[5..]);
    // Another day, and then a clock that was set back.
    let day = SignedDuration::from_hours(24);
    log.append(&[entry(31)], start() + day).unwrap();
    assert_eq!(home.newest().name(), "events-2026-12-01.jsonl");
    log.append(&[entry(32)], start() - day).unwrap();
    assert_eq!(home.newest().name(), "events-2026-12-01.jsonl");
    assert_eq!(home.last(&Filter::default(), 2), [31, 32]);
    let link = fs::read_link(home.file("events.jsonl")).unwrap();
    assert_eq!(link.to_str(), Some("events-2026-12-01.jsonl"));
}

#[test]
fn an_index_that_is_behind_ahead_foreign_or_gone_changes_no_answer() {
    let home = Home::new();
    write(&home, 1..=100);
    let path = home
        .newest()
        .index_path(&home.dirs.state_file(StateFile::Log));
    let good = fs::read(&path).unwrap();
    let wrong_kind = {
        let mut bytes = good.clone();
        let last = bytes.len() - 1;
        bytes[last] ^= 0xff;
        bytes
    };
    let shifted = {
        let mut bytes = good.clone();
        let from = bytes.len() - index::RECORD;
        bytes[from] ^= 1;
        bytes
    };
    let mut ahead = good.clone();
    let beyond = index::Record::new(1 << 40, 9, &Head::read(&entry(1).text).unwrap());
    ahead.extend(beyond.bytes());
    for bad in [
        good[..good.len() / 2].to_vec(),
        good[..good.len() / 2 + 5].to_vec(),
        ahead,
        wrong_kind,
        shifted,
        vec![b'x'; 4096],
        Vec::new(),
    ] {
        atomic::replace(&path, &bad).unwrap();
        assert_eq!(home.last(&Filter::default(), 2), [99, 100], "{}", bad.len());
        assert_eq!(home.last(&only(&["app"], &[]), 2), [97, 99]);
        // The writer puts it right.
        drop(EventLog::open(&home.dirs).unwrap());
        assert_eq!(fs::read(&path).unwrap(), good);
    }
    fs::remove_file(&path).unwrap();
    assert_eq!(home.last(&Filter::default(), 1), [100]);
}

#[test]
fn a_torn_line_is_waited_for_by_readers_and_cut_off_by_the_writer() {
    let home = Home::new();
    write(&home, 1..=3);
    let path = home.newest().path(&home.dirs.state_file(StateFile::Log));
    let whole = fs::read(&path).unwrap();
    let mut torn = whole.clone();
    torn.extend_from_slice(&entry(4).text[..20]);
    atomic::replace(&path, &torn).unwrap();
    let last = last_lines(&home.dirs, &Filter::default(), 9).unwrap();
    assert_eq!(last.lines.len(), 3);
    let mut follower = Follower::new(&home.dirs, Filter::default(), &last.end).unwrap();
    let mut seen = Vec::new();
    let mut poll = |follower: &mut Follower| {
        follower
            .poll(|line| {
                seen.push(seq(line));
                true
            })
            .unwrap();
        seen.clone()
    };
    assert_eq!(poll(&mut follower), [0; 0]);
    let mut file = beneath::append(&path).unwrap();
    std::io::Write::write_all(&mut file, &entry(4).text[20..]).unwrap();
    assert_eq!(poll(&mut follower), [0; 0]);
    std::io::Write::write_all(&mut file, b"\n{\"v\":1,").unwrap();
    assert_eq!(poll(&mut follower), [4]);
    drop(EventLog::open(&home.dirs).unwrap());
    assert_eq!(home.last(&Filter::default(), 9), [1, 2, 3, 4]);
    assert!(fs::read(&path).unwrap().ends_with(b"}\n"));
}

#[test]
fn a_reader_follows_files_that_follow_each_other_and_a_log_that_was_deleted() {
    let home = Home::new();
    let mut follower = Follower::new(&home.dirs, only(&["app"], &[]), &LogEnd::default()).unwrap();
    let mut seen = Vec::new();
    let mut poll = |follower: &mut Follower| {
        follower
            .poll(|line| {
                seen.push(seq(line));
                true
            })
            .unwrap();
        std::mem::take(&mut seen)
    };
    assert_eq!(poll(&mut follower), [0; 0]);
    write(&home, 1..=4);
    assert_eq!(poll(&mut follower), [1, 3]);
    let mut log = EventLog::open(&home.dirs).unwrap();
    log.set_limit(100);
    log.append(&[entry(5), entry(6), entry(7)], start())
        .unwrap();
    assert_eq!(poll(&mut follower), [5, 7]);
    drop(log);
    fs::remove_dir_all(home.dirs.state_file(StateFile::Log)).unwrap();
    assert_eq!(poll(&mut follower), [0; 0]);
    write(&home, 8..=9);
    assert_eq!(poll(&mut follower), [9]);
}

#[test]
fn old_files_are_removed_but_never_the_newest() {
    let home = Home::new();
    let mut log = EventLog::open(&home.dirs).unwrap();
    let days = [0, 1, 31];
    for (number, day) in days.into_iter().enumerate() {
        let at = start() + SignedDuration::from_hours(24 * day);
        log.append(&[entry(number as u64 + 1)], at).unwrap();
    }
    let today = |day: i64| {
        let at = start() + SignedDuration::from_hours(24 * day);
        at.to_zoned(jiff::tz::TimeZone::UTC).date()
    };
    prune(log.folder(), Family::Events, 30, today(31)).unwrap();
    assert_eq!(home.last(&Filter::default(), 9), [2, 3]);
    prune(log.folder(), Family::Events, 30, today(99)).unwrap();
    assert_eq!(home.last(&Filter::default(), 9), [3]);
}

#[test]
fn a_line_behind_a_position_is_passed_on_once() {
    let home = Home::new();
    write(&home, 1..=3);
    let mut log = EventLog::open(&home.dirs).unwrap();
    let end = log.end();
    log.append(&[entry(4), entry(5)], clock::now()).unwrap();
    let behind = |end: &LogEnd| {
        let mut seen = Vec::new();
        let known = log.read_behind(end, |head| seen.push(head.from)).unwrap();
        (known, seen)
    };
    assert_eq!(behind(&end), (true, vec![4, 5]));
    let gone = LogEnd {
        file: "events-2020-01-01.jsonl".to_owned(),
        offset: 7,
    };
    assert_eq!(behind(&gone), (false, vec![1, 2, 3, 4, 5]));
    assert!(!log.is_gone());
    fs::remove_file(home.newest().path(log.folder())).unwrap();
    assert!(log.is_gone());
}
