//! What a session gives up while it waits for an answer.
use super::{ASKS, CONTINUES, FOREGROUND, until_it_asks};
use crate::project::Project;

#[test]
fn a_session_that_asks_holds_no_slot() {
    let mut project = Project::new();
    project.set("AP_MAX_AGENTS", "1");
    project.shell_loop("work", "termination: {type: fixed, iterations: 2}\n", ASKS);
    project.shell_loop(
        "other",
        "termination: {type: fixed, iterations: 1}\n",
        CONTINUES,
    );
    let runner = project.start(&FOREGROUND);
    until_it_asks(&project);
    project.ap(&["other", "t", "--foreground"]).expect(0);
    assert_eq!(project.history("t"), [1]);
    project.ap(&["answer", "s", "merge"]).expect(0);
    assert_eq!(runner.ended(), 0);
}

#[test]
fn the_time_of_a_session_stands_still_while_it_asks() {
    let project = Project::new();
    project.shell_loop("work", "termination: {type: fixed, iterations: 2}\n", ASKS);
    let runner = project.start(&["work", "s", "--foreground", "--max-runtime", "8"]);
    until_it_asks(&project);
    let since = std::time::Instant::now();
    project.until("longer than its limit", || {
        std::time::Duration::from_secs(9) < since.elapsed()
    });
    project.ap(&["answer", "s", "merge"]).expect(0);
    assert_eq!(runner.ended(), 0);
    assert_eq!(project.history("s"), [1, 2]);
}
