//! What is left of an agent when its runner and its shim, or the guard of the shim, are killed: nothing.
use super::*;

/// Returns the parent of a process: of an agent, its shim.
fn parent(pid: i32) -> i32 {
    let stat = fs_err::read_to_string(format!("/proc/{pid}/stat")).expect("it lives");
    let after = stat.rsplit_once(')').expect("a name").1;
    after
        .split_ascii_whitespace()
        .nth(1)
        .and_then(|parent| parent.parse().ok())
        .expect("a parent")
}

/// Runs an agent that leaves all kinds of children, and kills its runner and what `killed` returns for the agent.
fn nothing_survives(killed: impl Fn(&Project, i32) -> i32) {
    let project = Project::new();
    let runner = start(&project, ONCE, &format!("{CHILDREN}sleep 300"));
    project.until("the agent's children", || pids(&project).len() == 5);
    let agent = agents(&project)[0];
    let killed = killed(&project, agent);
    runner.kill_9();
    kill_9(killed);
    all_gone(&project);
    project.until("the agent to be gone", || identity(agent).is_none());
    assert_eq!(project.left_over(), [0; 0]);
}

#[test]
fn nothing_survives_a_killed_runner_and_shim() {
    nothing_survives(|_, agent| parent(agent));
}

#[test]
fn nothing_survives_a_killed_runner_and_guard() {
    nothing_survives(|project, _| shim(project));
}

#[test]
fn a_guard_holds_no_file_of_the_attempt() {
    let project = Project::new();
    let runner = start(&project, ONCE, UNTIL_TOLD);
    let files = fs_err::read_dir(format!("/proc/{}/fd", shim(&project))).expect("its files");
    let open: Vec<_> = files
        .filter_map(|file| fs_err::read_link(file.ok()?.path()).ok())
        .filter(|file| file.starts_with(project.root()))
        .collect();
    assert!(open.is_empty(), "{open:?}");
    tell(&project);
    runner.ended();
    project.nothing_left();
}
