//! A year of many projects under one supervisor, by a seeded simulation: sessions, a quota, outages, reboots, disks, and
//! you, who answer late or never.
mod heap;
mod plan;
mod report;
mod session;
mod world;

use super::ProjectStatus;
use jiff::SignedDuration;
use plan::Plan;
use report::Report;
use world::Year;

/// Days of the simulation, unless `AP_YEAR_DAYS` says otherwise.
const DAYS: i64 = 30;

fn days() -> i64 {
    let set = option_env!("AP_YEAR_DAYS");
    set.and_then(|days| days.parse().ok()).unwrap_or(DAYS)
}

/// What must hold of every simulation.
fn check(report: &Report) {
    println!("{report}");
    let day = SignedDuration::from_hours(24);
    assert!(report.longest_wait < day, "a project starves");
    assert!(report.most_used <= 1.0, "the quota is exceeded");
    assert!(
        report.stuck.is_empty(),
        "never looked at: {:?}",
        report.stuck
    );
}

#[test]
fn fifty_projects_are_served_fairly_with_late_answers_outages_and_reboots() {
    let report = Year::new(7, Plan::busy()).run(days());
    check(&report);
    assert!(1_000 < report.slices, "{report}");
    assert!(0 < report.recoveries && 0 < report.questions, "{report}");
}

/// One restart a day and no answer: what is not done or asked works on by itself.
#[test]
fn fourteen_days_need_you_only_for_questions() {
    let year = Year::new(11, Plan::unattended());
    let (report, projects) = year.run_and_keep(14);
    check(&report);
    assert!(14 <= report.restarts);
    for project in projects.values() {
        let asks = matches!(project.status, ProjectStatus::Blocked { .. })
            || project.status.as_str() == "waiting" && project.status.until().is_none();
        assert!(asks || 0 < project.seen.iterations, "{project:?}");
    }
}
