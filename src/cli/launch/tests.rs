//! Launches with a runner of every state in their way.
use super::*;
use crate::error::{Error, ErrorKind};
use crate::exec::launcher::EndedRunner;
use camino::{Utf8Path, Utf8PathBuf};
use std::cell::RefCell;

/// A launcher whose runner is in each of these states in turn, then gone.
struct FakeLauncher {
    states: RefCell<Vec<RunnerState>>,
    calls: RefCell<Vec<&'static str>>,
}

impl Launcher<()> for FakeLauncher {
    fn submit(&self, _launch: &Launch<'_, ()>) -> Result<Launched> {
        self.calls.borrow_mut().push("submit");
        Ok(Launched::Running)
    }

    fn state(&self, _session: &SessionName, _run_dir: &Utf8Path) -> RunnerState {
        let gone = || RunnerState::Gone {
            why: "it ended".to_owned(),
        };
        self.states.borrow_mut().pop().unwrap_or_else(gone)
    }

    fn cancel(&self, _session: &SessionName, _run_dir: &Utf8Path) -> Result<()> {
        self.calls.borrow_mut().push("cancel");
        Ok(())
    }

    fn ended(&self, _runs: &Utf8Path) -> Result<Vec<EndedRunner>> {
        Ok(Vec::new())
    }

    fn attach(&self, _session: &SessionName, _run_dir: &Utf8Path) -> Result<()> {
        Ok(())
    }
}

/// Starts a session whose former runner is in these states, the last one first; returns what was called.
fn start(states: Vec<RunnerState>, mode: Mode) -> (Result<Launched>, Vec<&'static str>) {
    let folder = tempfile::tempdir().unwrap();
    let project = Project::new(Utf8PathBuf::from_path_buf(folder.path().to_owned()).unwrap());
    let launcher = FakeLauncher {
        states: RefCell::new(states),
        calls: RefCell::default(),
    };
    let session = "auth".parse().unwrap();
    let (root, exe) = (project.root(), Utf8Path::new("ap"));
    let launch = Launch {
        session: &session,
        cwd: root,
        run_dir: root,
        exe,
        request: (),
        permit: &|| Ok(()),
    };
    let launched = submit(&launcher, &launch, mode, &project);
    (launched, launcher.calls.into_inner())
}

fn running() -> RunnerState {
    RunnerState::Running {
        host: "here".to_owned(),
    }
}

#[test]
fn the_window_of_a_gone_runner_is_removed_before_a_launch() {
    for mode in [Mode::New, Mode::Resume, Mode::Force] {
        let (launched, calls) = start(Vec::new(), mode);
        assert_eq!(launched.unwrap(), Launched::Running);
        assert_eq!(calls, ["cancel", "submit"]);
    }
}

#[test]
fn an_unknown_runner_is_never_treated_as_gone() {
    for mode in [Mode::New, Mode::Resume, Mode::Force] {
        let unknown = RunnerState::Unknown {
            why: Error::failed("the host does not answer"),
        };
        let (launched, calls) = start(vec![unknown], mode);
        assert_eq!(
            launched.unwrap_err().to_string(),
            "the host does not answer"
        );
        assert!(calls.is_empty(), "{calls:?}");
    }
}

#[test]
fn a_runner_that_is_about_to_end_is_waited_for() {
    let (launched, calls) = start(vec![running(), running()], Mode::Resume);
    assert_eq!(launched.unwrap(), Launched::Running);
    assert_eq!(calls, ["cancel", "submit"]);
}

#[test]
fn a_queued_runner_is_not_started_twice_but_can_be_replaced() {
    let (launched, calls) = start(vec![RunnerState::Queued], Mode::New);
    assert_eq!(launched.unwrap_err().kind(), ErrorKind::AlreadyRunning);
    assert!(calls.is_empty(), "{calls:?}");
    let (launched, calls) = start(vec![RunnerState::Queued], Mode::Force);
    assert_eq!(launched.unwrap(), Launched::Running);
    assert_eq!(calls, ["cancel", "submit"]);
}
