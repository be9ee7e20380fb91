//! `ap-chaos`: real sessions in real tmux under a schedule of faults, drawn from a seed.
//!
//! As many seeds as fit the time are run, side by side; `AP_CHAOS_SECONDS` sets the time, `AP_CHAOS_SEED` runs one seed
//! again. Each failing seed is printed with the command that repeats it. With `AP_CHAOS_PAGE` the results are written to
//! that page.
#![expect(clippy::unwrap_used, reason = "a test may stop at the first surprise")]
mod disk;
mod fault;
mod invariants;
mod journal;
mod processes;
#[path = "../it/project/mod.rs"]
#[expect(dead_code, reason = "shared with the other tests, which use all of it")]
mod project;
mod random;
mod report;
mod session;
mod writes;

use random::Random;
use report::Report;
use session::Session;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

/// How long seeds are begun, unless `AP_CHAOS_SECONDS` says otherwise.
const SECONDS: u64 = 80;
/// How many sessions run side by side.
const WORKERS: usize = 4;

#[test]
fn sessions_survive_every_schedule_of_faults() {
    let has_disks = disk::enter_namespace();
    let report = Mutex::new(Report::new(has_disks));
    match std::env::var("AP_CHAOS_SEED") {
        Ok(seed) => run(seed.parse().unwrap(), &report),
        Err(_) => run_for(Duration::from_secs(seconds()), &report),
    }
    let report = report.into_inner().unwrap();
    eprintln!("{report}");
    if let Ok(page) = std::env::var("AP_CHAOS_PAGE") {
        report.write(page.as_ref());
    }
    assert!(
        report.violations().is_empty(),
        "{}",
        report.violations().join("\n")
    );
}

fn seconds() -> u64 {
    let set = std::env::var("AP_CHAOS_SECONDS").ok();
    set.and_then(|seconds| seconds.parse().ok())
        .unwrap_or(SECONDS)
}

/// Begins new seeds until the time is over.
fn run_for(time: Duration, report: &Mutex<Report>) {
    let (begun, next) = (Instant::now(), AtomicU64::new(1));
    std::thread::scope(|scope| {
        for _ in 0..WORKERS {
            scope.spawn(|| {
                while begun.elapsed() < time {
                    run(next.fetch_add(1, Ordering::Relaxed), report);
                }
            });
        }
    });
}

/// Runs the session of a seed to its end, through its faults.
fn run(seed: u64, report: &Mutex<Report>) {
    let mut random = Random::new(seed);
    let has_disks = report.lock().unwrap().has_disks;
    let mut session = Session::start(&mut random, has_disks);
    let mut violations = session.run_through_faults(&mut random);
    violations.extend(invariants::check(&session));
    report.lock().unwrap().add(seed, &session, violations);
}
