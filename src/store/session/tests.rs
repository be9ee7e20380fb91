//! Tests of a session's files: a disk that fails, a journal that was cut, a plan that was formatted.
use super::{Session, load, load_cached};
use crate::clock;
use crate::model::{Event, PauseAfter};
use crate::plans::plan;
use crate::store::fault::on::plan as plan_fault;
use crate::store::journal::{Position, read_from};
use crate::store::layout::{Project, RunDir};
use camino::Utf8PathBuf;
use fs_err as fs;
use std::io;

fn scratch() -> (tempfile::TempDir, RunDir) {
    let folder = tempfile::tempdir().unwrap();
    let root = Utf8PathBuf::from_path_buf(folder.path().to_owned()).unwrap();
    fs::create_dir(root.join(".git")).unwrap();
    let dir = Project::new(root).session(&plan().session);
    (folder, dir)
}

fn events(dir: &RunDir) -> Vec<Event> {
    let mut events = Vec::new();
    read_from(&dir.journal(), Position::default(), |line| {
        events.push(line.event.clone());
    })
    .unwrap();
    events
}

/// The facts that are recorded, in order.
const FACTS: [Event; 3] = [
    Event::PauseRequested {
        after: PauseAfter::Iteration,
    },
    Event::ContinueRequested,
    Event::WaitEnded,
];

/// Opens or creates the session and records the facts that it does not have.
fn complete(dir: &RunDir) -> Result<(), crate::error::Error> {
    let mut session = match load(dir)? {
        Some(_) => Session::open(dir.clone(), None)?,
        None => Session::create(dir.clone(), &plan(), None, clock::now())?,
    };
    let recorded = usize::try_from(session.seq()).unwrap_or_default();
    for fact in FACTS.iter().skip(recorded.saturating_sub(1)) {
        session.append(fact.clone(), clock::now())?;
        session.sync()?;
    }
    Ok(())
}

#[test]
fn a_disk_that_fails_in_any_write_neither_loses_nor_doubles_a_fact() {
    let (_folder, dir) = scratch();
    plan_fault(None);
    complete(&dir).unwrap();
    let writes = plan_fault(None);
    assert!(20 < writes, "{writes}");
    let whole = events(&dir);
    for number in 1..=writes {
        // A full disk fails for a while, a broken one now and then.
        let (kind, count) = if number.is_multiple_of(2) {
            ("ENOSPC", 3)
        } else {
            ("EIO", 1)
        };
        let (_folder, dir) = scratch();
        plan_fault(Some(&format!("{kind}:{number}:{count}")));
        let first = complete(&dir);
        plan_fault(None);
        if first.is_err() {
            complete(&dir).unwrap_or_else(|error| panic!("{kind} at {number}: {error}"));
        }
        assert_eq!(events(&dir), whole, "{kind} at {number}");
    }
}

#[test]
fn a_journal_cut_at_a_line_s_end_is_found_by_its_views() {
    for view in ["state.json", "checkpoint.json"] {
        let (_folder, dir) = scratch();
        complete(&dir).unwrap();
        let other = if view == "state.json" {
            dir.checkpoint()
        } else {
            dir.state()
        };
        fs::remove_file(other).unwrap();
        let text = fs::read_to_string(dir.journal()).unwrap();
        let cut: String = text.split_inclusive('\n').take(2).collect();
        crate::store::atomic::replace(&dir.journal(), cut.as_bytes()).unwrap();
        for loaded in [load(&dir), load_cached(&dir)] {
            let error = loaded.unwrap_err().to_string();
            assert!(
                error.contains("events.jsonl:3: the journal is damaged") && error.contains(view),
                "{error}"
            );
        }
        assert!(Session::open(dir, None).is_err());
    }
}

#[test]
fn a_formatted_plan_is_the_same_and_a_changed_one_is_not() {
    let (_folder, dir) = scratch();
    complete(&dir).unwrap();
    let plan: serde_json::Value = serde_json::from_slice(&fs::read(dir.plan()).unwrap()).unwrap();
    crate::store::atomic::replace(&dir.plan(), plan.to_string().as_bytes()).unwrap();
    drop(Session::open(dir.clone(), None).unwrap());
    let mut other = plan;
    other["runs"] = 99.into();
    crate::store::atomic::replace(&dir.plan(), other.to_string().as_bytes()).unwrap();
    let error = Session::open(dir, None).unwrap_err().to_string();
    assert!(error.contains("has been changed"), "{error}");
}

#[test]
fn a_removed_run_directory_is_put_back_from_what_is_kept() -> io::Result<()> {
    let (_folder, dir) = scratch();
    complete(&dir).map_err(io::Error::other)?;
    let whole = events(&dir);
    fs::remove_dir_all(dir.root())?;
    assert!(super::kept::put_back(&dir)?);
    assert_eq!(events(&dir), whole);
    assert!(!super::kept::put_back(&dir)?, "it is there");
    Ok(())
}
