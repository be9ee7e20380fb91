//! Writes that fail: a disk that is full or read-only, and writes of runner or shim that a seam lets fail.
use crate::disk::SmallDisk;
use crate::fault::Strike;
use crate::processes::kill_runner;
use crate::random::Random;
use crate::session::{NAME, Session};
use agent_pipelines::clock::wait_until;
use agent_pipelines::store::atomic;
use std::process::Stdio;
use std::time::Duration;

/// How long a session runs while writes fail, at most.
const WHILE: Duration = Duration::from_secs(2);
/// How many facts it may record meanwhile.
const FACTS: usize = 12;

/// Fills the session's disk for a while.
pub(crate) fn fill_disk(session: &Session, random: &mut Random) -> Strike {
    with_disk(session, "full", random, [SmallDisk::fill, SmallDisk::empty])
}

/// Makes the session's disk read-only for a while, for everything that is opened meanwhile.
pub(crate) fn make_read_only(session: &Session, random: &mut Random) -> Strike {
    let change = [SmallDisk::make_read_only, SmallDisk::make_writable];
    with_disk(session, "read-only", random, change)
}

/// Changes the session's disk, lets the session run, checks that it can be looked at, and changes the disk back.
fn with_disk(
    session: &Session,
    state: &str,
    random: &mut Random,
    [change, undo]: [fn(&SmallDisk); 2],
) -> Strike {
    let Some(disk) = &session.disk else {
        return Strike::default();
    };
    change(disk);
    let shown = session.project.ap(&["status", NAME]);
    wait_until(Duration::from_millis(random.below(1500)), || false);
    undo(disk);
    let failed = (shown.code != 0).then(|| format!("while the disk is {state}: {}", shown.text()));
    Strike {
        violations: failed.into_iter().collect(),
        ..Strike::default()
    }
}

/// Kills the runner and lets another one run for a while, of which a few writes fail. It may end; then it must say why.
pub(crate) fn fail(session: &Session, runner: &[i32], what: &str, random: &mut Random) -> Strike {
    kill_runner(session, runner);
    let (from, count) = (1 + random.below(60), 1 + random.below(3));
    let fault = if what.ends_with("slow") {
        format!("{what}:1:1000")
    } else {
        format!("{what}:{from}:{count}")
    };
    let said = session.folder().join("said");
    let file = || {
        Stdio::from(
            fs_err::OpenOptions::new()
                .append(true)
                .create(true)
                .open(&said)
                .unwrap()
                .into_file(),
        )
    };
    atomic::replace(&said, b"").unwrap();
    let command = session
        .project
        .ap_command(&["work", NAME, "--resume", "--foreground"]);
    let mut command = command;
    let mut child = command
        .env("AP_FAULT", &fault)
        .stdout(file())
        .stderr(file())
        .spawn()
        .unwrap();
    let until = session.facts() + FACTS;
    let mut ended = None;
    wait_until(WHILE, || {
        ended = child.try_wait().unwrap();
        ended.is_some() || until <= session.facts()
    });
    let _ = child.kill();
    child.wait().unwrap();
    let said = fs_err::read_to_string(&said).unwrap_or_default();
    let typed = match ended.and_then(|status| status.code()) {
        Some(0 | 3) | None => true,
        Some(101) => false,
        Some(_) => said.contains("help:"),
    };
    let violation = (!typed || said.contains("panicked"))
        .then(|| format!("with {fault} it ended with {ended:?}: {said}"));
    Strike {
        violations: violation.into_iter().collect(),
        ..Strike::default()
    }
}
