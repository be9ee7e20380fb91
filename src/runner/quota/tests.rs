//! Gates of many sessions on one account.
use super::gate::QuotaGate;
use crate::agent;
use crate::clock;
use crate::engine::Phase;
use crate::exec::moment;
use crate::model::{
    Env, FinishedAttempt, Input, Outcome, QuotaReport, QuotaSource, Request, Share, Status,
    WaitReason, WindowName, WindowReading, WindowStatus,
};
use crate::plan::Plan;
use crate::plans::plan;
use crate::runner::known_quota::{SharedDesk, lock};
use crate::store::atomic;
use crate::store::disk::Disk;
use crate::store::layout::{Project, StateFile, UserDirs};
use crate::store::quota::{self, Report};
use crate::store::session::Session;
use camino::Utf8PathBuf;
use jiff::{SignedDuration, Timestamp};
use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

struct Home {
    _folder: tempfile::TempDir,
    root: Utf8PathBuf,
    vars: Env,
    dirs: UserDirs,
}

impl Home {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let root = Utf8PathBuf::from_path_buf(folder.path().to_owned()).unwrap();
        let vars: Env = [("HOME", "home"), ("AP_HOME", "ap")]
            .into_iter()
            .map(|(name, path)| (name.to_owned(), root.join(path).into_string()))
            .collect();
        let dirs = UserDirs::new(&vars, None);
        Self {
            _folder: folder,
            root,
            vars,
            dirs,
        }
    }

    fn record(&self, plan: &Plan, status: WindowStatus, used: f64, minutes: i64) {
        self.with_report(plan, status, used, minutes, |report| {
            quota::record(&self.dirs, report).unwrap();
        });
    }

    /// Calls `take` with a report about the plan's account.
    fn with_report(
        &self,
        plan: &Plan,
        status: WindowStatus,
        used: f64,
        minutes: i64,
        take: impl FnOnce(Report<'_>),
    ) {
        let node = plan.node(0).unwrap();
        let seen = moment();
        let report = QuotaReport {
            readings: vec![WindowReading {
                window: WindowName::new("five_hour"),
                used: Some(Share::from_fraction(used).unwrap()),
                resets_at: Some(seen.at + SignedDuration::from_mins(minutes)),
                status,
            }],
            refused: Vec::new(),
        };
        let report = Report {
            account: &agent::account(&node.agent, &self.vars).unwrap(),
            source: QuotaSource::Agent,
            report,
            seen: &seen,
            warn_on: None,
        };
        take(report);
    }

    fn session(&self, name: &str) -> (Session, SharedDesk) {
        let mut plan = plan();
        plan.session = name.parse().unwrap();
        for step in &mut plan.steps {
            for node in step.all_nodes_mut() {
                node.agent.fallback.clear();
            }
        }
        let dir = Project::new(self.root.clone()).session(&plan.session);
        let mut session = Session::create(dir, &plan, None, clock::now()).unwrap();
        let desk = SharedDesk::default();
        let (dirs, vars) = (self.dirs.clone(), self.vars.clone());
        session.set_gate(QuotaGate::new(dirs, vars, &plan, desk.clone()));
        (session, desk)
    }
}

/// Ends the running agent, whose iteration is done, and appends what follows.
fn exit_well(session: &mut Session) {
    let status = Status::parse(r#"{"decision": "continue"}"#).unwrap();
    let cursor = session.state().current.cursor;
    let ended = FinishedAttempt::new(cursor, Outcome::Reported { status });
    session.accept(&Input::AgentExited(ended)).unwrap();
    session.append_consequences().unwrap();
}

/// Returns until when a session is held by the quota.
fn held(session: &Session) -> Option<Timestamp> {
    match &session.state().phase {
        Phase::Waiting {
            reason: WaitReason::Quota { .. },
            until,
            ..
        } => Some(*until),
        _ => None,
    }
}

#[test]
fn twenty_sessions_hold_after_one_rejection_and_return_at_different_times() {
    let home = Home::new();
    home.record(&plan(), WindowStatus::Rejected, 1.0, 60);
    let ends: BTreeSet<Timestamp> = (0..20)
        .map(|number| {
            let (mut session, _) = home.session(&format!("s{number}"));
            session.append_consequences().unwrap();
            assert_eq!(
                session.state().current.cursor.iteration,
                0,
                "no attempt began"
            );
            held(&session).expect("it is held")
        })
        .collect();
    assert!(15 < ends.len(), "{ends:?}");
    let (first, last) = (ends.first().unwrap(), ends.last().unwrap());
    assert!(last.duration_since(*first) < SignedDuration::from_mins(2));
}

/// Counts how often a journal is synced.
#[derive(Debug, Default)]
struct CountingDisk(AtomicUsize);

impl Disk for CountingDisk {
    fn sync(&self, _: &fs_err::File) -> std::io::Result<()> {
        self.0.fetch_add(1, Ordering::Relaxed);
        Ok(())
    }
}

#[test]
fn each_attempt_begins_after_a_recorded_reading_that_costs_no_sync_of_its_own() {
    let mut home = Home::new();
    home.record(&plan(), WindowStatus::Allowed, 0.7, 60);
    let mut events = |is_read: bool| {
        if !is_read {
            // A key has no windows, so nothing is read.
            let key = ("CLAUDE_CODE_USE_BEDROCK".to_owned(), "1".to_owned());
            home.vars.extend([key]);
        }
        let (mut session, desk) = home.session(if is_read { "read" } else { "plain" });
        let disk = Arc::new(CountingDisk::default());
        session.set_disk(disk.clone());
        let before = session.seq();
        for iteration in 1..=2 {
            session.record_consequences().unwrap();
            assert_eq!(session.state().current.cursor.iteration, iteration);
            assert!(session.state().phase.is_running());
            exit_well(&mut session);
        }
        let known = lock(&desk).known().cloned();
        assert_eq!(known.is_some(), is_read);
        (session.seq() - before, disk.0.load(Ordering::Relaxed))
    };
    let (read, syncs) = events(true);
    let (plain, plain_syncs) = events(false);
    // The third attempt begins with the end of the second.
    assert_eq!(read, plain + 3, "one reading for each attempt");
    assert_eq!(syncs, plain_syncs);
}

#[test]
fn a_running_session_reads_a_changed_policy_at_its_next_decision() {
    let home = Home::new();
    let set = |quota: &str| {
        let config = home.dirs.config.join("config.yaml");
        fs_err::create_dir_all(&home.dirs.config).unwrap();
        atomic::replace(&config, quota.as_bytes()).unwrap();
    };
    home.record(&plan(), WindowStatus::Allowed, 0.6, 60);
    let (mut session, _) = home.session("s");
    session.append_consequences().unwrap();
    let first = session.state().session.quota_policy.clone();
    set("quota: {five_hour: {hold: 50%}}\n");
    exit_well(&mut session);
    assert!(held(&session).is_some(), "the new policy holds");
    assert_ne!(session.state().session.quota_policy, first);
    // One that cannot be read changes nothing.
    set("quota: {five_hour: {hold: 500%}}\n");
    session.look_at_gate().unwrap();
    assert!(held(&session).is_some());
    set("quota: {five_hour: {hold: 90%}}\n");
    session.look_at_gate().unwrap();
    session.append_consequences().unwrap();
    assert!(session.state().phase.is_running());
    let journal = fs_err::read_to_string(session.dir.journal()).unwrap();
    let decisions = ["go", "hold", "go"].map(|it| format!("{{\"decision\":\"{it}\""));
    let found: Vec<usize> = decisions
        .iter()
        .map(|it| journal.matches(it).count())
        .collect();
    assert_eq!(found, [2, 1, 2], "{journal}");
    assert!(
        journal.contains("\"allowed\":{\"five_hour\":0.9}"),
        "{journal}"
    );
}

#[test]
fn a_hold_ends_when_more_may_be_used_or_when_the_user_continues() {
    let home = Home::new();
    home.record(&plan(), WindowStatus::Rejected, 1.0, 60);
    for by_user in [false, true] {
        let (mut session, _) = home.session(if by_user { "a" } else { "b" });
        session.append_consequences().unwrap();
        assert!(held(&session).is_some());
        session.look_at_gate().unwrap();
        assert!(held(&session).is_some(), "nothing changed");
        if by_user {
            session.accept(&Input::Request(Request::Continue)).unwrap();
        } else {
            // A new window, in which requests are served.
            home.record(&plan(), WindowStatus::Allowed, 0.1, 250);
            session.look_at_gate().unwrap();
            home.record(&plan(), WindowStatus::Rejected, 1.0, 120);
        }
        let phase = session.state().phase.clone();
        assert_eq!(phase, Phase::Ready, "{by_user}");
        if by_user {
            session.append_consequences().unwrap();
            assert!(
                session.state().phase.is_running(),
                "one attempt begins whatever is known"
            );
        }
    }
}

#[test]
fn a_hold_outlasts_a_file_that_is_torn_meanwhile() {
    let home = Home::new();
    home.record(&plan(), WindowStatus::Rejected, 1.0, 60);
    let (mut session, _) = home.session("s");
    session.append_consequences().unwrap();
    let until = held(&session);
    assert!(until.is_some());
    let file = home.dirs.state_file(StateFile::Quota);
    for text in ["{\"v\":1,\"acc", "{\"v\":9}"] {
        atomic::replace(&file, text.as_bytes()).unwrap();
        session.look_at_gate().unwrap();
        assert_eq!(held(&session), until, "{text}");
    }
    // A runner that knows nothing of it resumes the session.
    let (dir, plan) = (session.dir.clone(), session.plan.clone());
    drop(session);
    let mut resumed = Session::open(dir, None).unwrap();
    let gate = QuotaGate::new(
        home.dirs.clone(),
        home.vars.clone(),
        &plan,
        SharedDesk::default(),
    );
    resumed.set_gate(gate);
    resumed.look_at_gate().unwrap();
    assert_eq!(held(&resumed), until);
    fs_err::remove_file(&file).unwrap();
    resumed.look_at_gate().unwrap();
    assert_eq!(held(&resumed), until, "without the file");
}

#[test]
fn a_report_that_cannot_be_recorded_counts_for_its_session() {
    let home = Home::new();
    let file = home.dirs.state_file(StateFile::Quota);
    fs_err::create_dir_all(&home.dirs.state).unwrap();
    atomic::replace(&file, b"{\"v\":9}").unwrap();
    let (mut session, desk) = home.session("s");
    let plan = session.plan.clone();
    home.with_report(&plan, WindowStatus::Allowed, 0.99, 60, |report| {
        assert!(quota::record(&home.dirs, report.clone()).is_err());
        lock(&desk).file.keep_unrecorded(&home.dirs, report);
    });
    session.append_consequences().unwrap();
    assert!(held(&session).is_some());
}

#[test]
fn a_key_has_no_windows_and_is_never_held() {
    let mut home = Home::new();
    home.record(&plan(), WindowStatus::Rejected, 1.0, 60);
    home.vars
        .insert("CLAUDE_CODE_USE_BEDROCK".to_owned(), "1".to_owned());
    let (mut session, _) = home.session("s");
    session.append_consequences().unwrap();
    assert!(session.state().phase.is_running());
}
