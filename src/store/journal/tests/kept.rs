//! Tests of a journal that is kept twice: what others do to it is put right.
use super::{numbered, scratch, seen, write};
use crate::clock;
use crate::model::Event;
use crate::store::journal::{Journal, JournalError, Repair, is_held, salvage};
use camino::{Utf8Path, Utf8PathBuf};
use fs_err as fs;
use std::io::Write as _;

/// A journal that is kept twice, under its living writer.
struct Kept {
    folder: tempfile::TempDir,
    path: Utf8PathBuf,
    link: Utf8PathBuf,
    copy: Utf8PathBuf,
    journal: Journal,
}

impl Kept {
    fn new() -> Self {
        Self::opened_while(|_| ())
    }

    /// Opens a journal and gives it its second name and its copy; `meanwhile` happens in between.
    fn opened_while(meanwhile: impl FnOnce(&Utf8Path)) -> Self {
        let (folder, _) = scratch();
        let root = Utf8Path::from_path(folder.path()).unwrap();
        let (path, kept) = (root.join("run/events.jsonl"), root.join("kept"));
        fs::create_dir(root.join("run")).unwrap();
        fs::create_dir(&kept).unwrap();
        let (link, copy) = (kept.join("events.jsonl"), kept.join("events.copy.jsonl"));
        let mut journal = Journal::open(&path, |_| ()).unwrap();
        meanwhile(&path);
        journal.keep(&link, &copy).unwrap();
        let mut kept = Self {
            folder,
            path,
            link,
            copy,
            journal,
        };
        (1..=3).for_each(|number| kept.append(number));
        kept
    }

    fn append(&mut self, number: u32) {
        self.journal
            .append(&numbered(number), clock::now())
            .unwrap();
        self.journal.sync().unwrap();
    }

    /// Checks the journal, adds a line, and expects all lines.
    fn continues(mut self) -> (Repair, tempfile::TempDir) {
        let repair = self.journal.check().unwrap().unwrap();
        assert_eq!(self.journal.check().unwrap(), None, "it is right now");
        self.append(4);
        let expected: Vec<Event> = (1..=4).map(numbered).collect();
        assert_eq!(seen(&self.path).unwrap(), expected);
        let Self { path, copy, .. } = &self;
        assert!(is_held(path).unwrap() && is_held(copy).unwrap());
        let (path, copy) = (path.clone(), copy.clone());
        drop(self.journal);
        assert_eq!(fs::read(path).unwrap(), fs::read(copy).unwrap());
        (repair, self.folder)
    }

    fn damage(&self, change: impl FnOnce(&str) -> String) {
        let text = change(&fs::read_to_string(&self.path).unwrap());
        let mut file = fs::OpenOptions::new()
            .write(true)
            .truncate(true)
            .open(&self.path)
            .unwrap();
        file.write_all(text.as_bytes()).unwrap();
    }
}

#[test]
fn a_journal_that_nobody_touched_needs_no_repair() {
    let mut kept = Kept::new();
    assert_eq!(kept.journal.check().unwrap(), None);
}

#[test]
fn what_others_append_is_moved_away() {
    let kept = Kept::new();
    kept.damage(|text| format!("{text}garbage\n{{\"v\":2}}\nhalf"));
    let found = kept.path.with_file_name("events.found.jsonl");
    let (repair, _folder) = kept.continues();
    assert_eq!(repair.moved, 20);
    assert_eq!(
        fs::read_to_string(found).unwrap(),
        "garbage\n{\"v\":2}\nhalf"
    );
}

#[test]
fn what_others_append_while_it_is_opened_is_not_copied() {
    let mut kept = Kept::opened_while(|path| {
        let mut file = fs::OpenOptions::new().append(true).open(path).unwrap();
        file.write_all(b"garbage\n").unwrap();
    });
    kept.journal.check().unwrap();
    kept.damage(|_| String::new());
    assert_eq!(kept.continues().0.moved, 0);
}

#[test]
fn an_emptied_or_cut_journal_is_restored() {
    for left in [0, 1, 2] {
        for torn in [0, 10] {
            let kept = Kept::new();
            let mut restored = 0;
            kept.damage(|text| {
                let whole: usize = text.lines().take(left).map(|line| line.len() + 1).sum();
                restored = (text.len() - whole) as u64;
                text[..whole + torn].to_owned()
            });
            let (repair, _folder) = kept.continues();
            assert_eq!(
                (repair.moved, repair.restored),
                (0, restored),
                "{left} lines"
            );
        }
    }
}

#[test]
fn a_changed_digit_is_changed_back() {
    let kept = Kept::new();
    kept.damage(|text| text.replace("\"iteration\":2", "\"iteration\":5"));
    assert!(0 < kept.continues().0.restored);
}

#[test]
fn a_journal_that_was_replaced_is_set_aside() {
    let kept = Kept::new();
    // As `sed -i` does.
    crate::store::atomic::replace(&kept.path, b"something else\n").unwrap();
    let found = kept.path.with_file_name("events.jsonl.found-1");
    let (repair, _folder) = kept.continues();
    assert!(repair.was_gone);
    assert_eq!(fs::read_to_string(found).unwrap(), "something else\n");
}

#[test]
fn a_removed_journal_is_put_back_whatever_else_was_removed() {
    for also in [false, true] {
        let kept = Kept::new();
        fs::remove_dir_all(kept.path.parent().unwrap()).unwrap();
        if also {
            fs::remove_file(&kept.link).unwrap();
        }
        assert!(kept.continues().0.was_gone);
    }
}

#[test]
fn another_runner_s_lines_stop_the_writer() {
    let mut kept = Kept::new();
    let text = fs::read(&kept.path).unwrap();
    let other = kept.path.with_file_name("other.jsonl");
    crate::store::atomic::replace(&other, &text).unwrap();
    write(&other, &[numbered(4)]);
    kept.damage(|_| fs::read_to_string(&other).unwrap());
    let error = kept.journal.check().unwrap_err();
    assert!(
        matches!(error, JournalError::Taken { line: 4, .. }),
        "{error}"
    );
}

#[test]
fn a_damaged_journal_is_repaired_from_its_copy_and_kept() {
    type Damage = fn(&str) -> String;
    let damages: [(&str, Damage, u64); 4] = [
        ("emptied", |_| String::new(), 0),
        ("cut", |text| text[..text.len() - 10].to_owned(), 0),
        (
            "a line put in between",
            |text| text.replacen('\n', "\ngarbage\n", 1),
            0,
        ),
        (
            "changed",
            |text| text.replace("\"iteration\":2", "\"iteration\":5"),
            0,
        ),
    ];
    for (what, damage, lost) in damages {
        let kept = Kept::new();
        let Kept {
            path,
            copy,
            journal,
            folder: _folder,
            ..
        } = kept;
        drop(journal);
        let text = damage(&fs::read_to_string(&path).unwrap());
        let mut file = fs::OpenOptions::new()
            .write(true)
            .truncate(true)
            .open(&path)
            .unwrap();
        file.write_all(text.as_bytes()).unwrap();
        let salvaged = salvage(&path, &[copy], 3).unwrap();
        assert_eq!((salvaged.lines, salvaged.lost), (3 - lost, lost), "{what}");
        assert_eq!(fs::read_to_string(&salvaged.kept).unwrap(), text, "{what}");
        assert_eq!(seen(&path).unwrap().len(), 3, "{what}");
    }
}

#[test]
fn without_a_copy_the_good_lines_are_kept() {
    let (_folder, path) = scratch();
    write(&path, &[numbered(1), numbered(2), numbered(3)]);
    let text = fs::read_to_string(&path).unwrap();
    let changed = text.replace("\"iteration\":2", "\"iteration\":5");
    crate::store::atomic::replace(&path, changed.as_bytes()).unwrap();
    let salvaged = salvage(&path, &[], 0).unwrap();
    assert_eq!((salvaged.lines, salvaged.lost), (1, 2));
    assert_eq!(seen(&path).unwrap(), [numbered(1)]);
}
