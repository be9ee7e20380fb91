//! Gates, judges and the commands of queues leave nothing behind.
use crate::project::Project;
use agent_pipelines::exec::process::identity;

const FOREGROUND: [&str; 3] = ["work", "s", "--foreground"];
const DONE: &str = r#"echo '{"decision":"continue"}' > "$status""#;

fn noted(project: &Project) -> Vec<i32> {
    let text = fs_err::read_to_string(project.outside().join("pids")).unwrap_or_default();
    text.lines().filter_map(|pid| pid.parse().ok()).collect()
}

fn gone(project: &Project) {
    project.until("what the gate left to be gone", || {
        noted(project).iter().all(|pid| identity(*pid).is_none())
    });
}

/// Leaves a process that holds its output open, and one out of reach of its group and without a mark.
const LEAVES: &str = "#!/bin/sh\nsleep 300 & echo $! >>../pids\nenv -i setsid sh -c 'echo $$ >>../pids; exec sleep 300' &\n\
    while [ \"$(wc -l <../pids)\" -lt 2 ]; do sleep 0.01; done\n";

#[test]
fn a_gate_has_answered_when_it_exits_and_what_it_leaves_is_ended() {
    let project = Project::new();
    let gate = project.program("verify.sh", &format!("{LEAVES}echo checked\n"));
    let yaml = format!("termination: {{ type: verify, command: [\"{gate}\"], max: 3 }}\n");
    project.shell_loop("work", &yaml, DONE);
    project.ap(&FOREGROUND).expect(0);
    assert_eq!(project.history("s"), [1]);
    assert_eq!(noted(&project).len(), 2);
    gone(&project);
}

#[test]
fn a_gate_ends_with_its_killed_runner() {
    let project = Project::new();
    let gate = project.program("verify.sh", &format!("{LEAVES}exec sleep 300\n"));
    let yaml = format!("termination: {{ type: verify, command: [\"{gate}\"], max: 3 }}\n");
    project.shell_loop("work", &yaml, DONE);
    let runner = project.start(&FOREGROUND);
    project.until("the gate", || noted(&project).len() == 2);
    runner.kill_9();
    gone(&project);
    project.until("the gate to be gone", || project.left_over().is_empty());
}

#[test]
fn the_commands_of_a_queue_leave_nothing_behind() {
    let project = Project::new();
    let list = project.program("list.sh", &format!("{LEAVES}echo '[]'\n"));
    let yaml = format!(
        "termination: {{ type: queue, empty: done, max: 3 }}\nqueue: {{ commands: {{ list: [\"{list}\"], claim: [\"true\"], close: [\"true\"], release: [\"true\"] }} }}\n"
    );
    project.shell_loop("work", &yaml, DONE);
    project.ap(&FOREGROUND).expect(0);
    assert!(2 <= noted(&project).len());
    gone(&project);
}

#[test]
fn a_gate_that_cannot_be_started_says_why() {
    let project = Project::new();
    let gate = project.program("verify.sh", "no program\n");
    let yaml = format!("termination: {{ type: verify, command: [\"{gate}\"], max: 9 }}\n");
    project.shell_loop("work", &yaml, DONE);
    project
        .ap(&FOREGROUND)
        .expect(1)
        .says(&["it cannot be started"]);
}
