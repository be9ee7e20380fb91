//! Against real programs.
use super::{BoundedCommand, CommandError};
use crate::clock;
use crate::exec::process::{self, Liveness};
use nix::sys::signal::Signal;
use std::time::{Duration, Instant};

const LONG: Duration = Duration::from_secs(30);

fn shell(script: &str) -> BoundedCommand {
    BoundedCommand::new("/bin/sh")
        .args(["-c", script])
        .limit(LONG)
}

fn is_gone(pid: &str) -> bool {
    let pid = pid.trim().parse().unwrap();
    clock::wait_until(LONG, || process::identity(pid).is_none())
}

#[test]
fn the_output_and_the_end_are_returned() {
    let output = shell("cat; echo error >&2; exit 3")
        .input("told")
        .run()
        .unwrap();
    assert_eq!((output.code, output.signal), (Some(3), None));
    assert_eq!(
        (output.stdout_text(), output.stderr_text()),
        ("told".into(), "error\n".into())
    );
    let killed = shell("kill -9 $$").run().unwrap();
    assert_eq!((killed.code, killed.signal), (None, Some(9)));
}

#[test]
fn output_over_the_limit_is_read_and_dropped() {
    let output = shell("head -c 1000000 /dev/zero; echo end >&2")
        .max_output(10)
        .run()
        .unwrap();
    assert_eq!(output.stdout, [0; 10]);
    assert_eq!(output.stderr_text(), "end\n");
}

#[test]
fn input_that_is_not_read_is_no_failure() {
    let output = shell("exit 0").input(vec![b'x'; 1_000_000]).run().unwrap();
    assert!(output.is_success());
}

#[test]
fn a_program_that_takes_too_long_is_killed_with_all_it_started() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("pids");
    let script = format!(
        "sleep 60 & echo $! >'{0}'; setsid sleep 60 & sleep 0.2; echo $! >>'{0}'; echo $$ >>'{0}'; wait",
        path.display()
    );
    let limit = Duration::from_secs(1);
    let error = shell(&script).limit(limit).run().unwrap_err();
    assert_eq!(
        error.to_string(),
        "it did not answer within 1 s and was ended"
    );
    let pids = fs_err::read_to_string(&path).unwrap();
    assert_eq!(pids.lines().count(), 3);
    assert!(pids.lines().all(is_gone), "{pids}");
}

#[test]
fn the_limit_may_shrink_while_the_program_runs() {
    let running = shell("sleep 60").start().unwrap();
    let (began, identity) = (Instant::now(), running.identity().unwrap());
    let limit = || {
        if began.elapsed() < Duration::from_millis(100) {
            LONG
        } else {
            Duration::ZERO
        }
    };
    assert!(matches!(
        running.wait(limit),
        Err(CommandError::TimedOut(Duration::ZERO))
    ));
    assert_eq!(process::liveness(&identity), Liveness::Dead);
}

#[test]
fn what_a_program_leaves_running_is_not_waited_for() {
    let began = Instant::now();
    let output = shell("sleep 60 & echo $!").run().unwrap();
    assert!(began.elapsed() < LONG);
    let left: i32 = output.stdout_text().trim().parse().unwrap();
    // It may be a daemon, so it is left alone.
    let left = process::identity(left).unwrap();
    assert!(process::send(&left, Signal::SIGKILL));
}

#[test]
fn a_program_whose_answer_is_no_longer_wanted_is_killed() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("pid");
    let command = shell(&format!("echo $$ >'{}'; exec sleep 60", path.display()));
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    let pid = || fs_err::read_to_string(&path).unwrap_or_default();
    runtime.block_on(async {
        let started = async {
            while pid().is_empty() {
                tokio::task::yield_now().await;
            }
        };
        tokio::select! {
            _ = command.run_async() => panic!("it sleeps"),
            () = started => (),
        }
    });
    assert!(is_gone(&pid()));
}

#[test]
fn a_program_that_cannot_be_started_is_an_error() {
    let error = BoundedCommand::new("/nonexistent").run().unwrap_err();
    assert!(matches!(error, CommandError::Start(_)), "{error}");
}
