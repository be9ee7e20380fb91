//! Programs that print nothing, and programs that print without end.
use super::{BUILT_IN, FOREGROUND, a_loop, file, plays, project, works};
use crate::project::Project;
use serde_json::json;

/// What a program prints here; ap keeps no more of a gigabyte than of this.
const FLOOD: u64 = 256 * 1024 * 1024;
/// What a process of ours may hold meanwhile.
const MOST_MEMORY: u64 = 96 * 1024 * 1024;

#[test]
fn no_output_and_no_status_is_an_error() {
    for (name, _) in BUILT_IN {
        let project = project();
        a_loop(
            &project,
            &format!("termination: {{ type: fixed, iterations: 1 }}\nprovider: {name}"),
        );
        plays(&project, name, &[json!({})]);
        project.ap(&FOREGROUND).expect(1).says(&[
            "every iteration ended in an error",
            "the agent wrote no status.json",
        ]);
        assert_eq!(
            project.events("s", "agent_exited")[0]["outcome"]["kind"],
            "unreported",
            "{name}"
        );
        project.ap(&["logs", "s"]).expect(0);
    }
}

#[test]
fn a_status_without_output_is_accepted() {
    for (name, _) in BUILT_IN {
        let project = project();
        a_loop(
            &project,
            &format!("termination: {{ type: fixed, iterations: 1 }}\nprovider: {name}"),
        );
        plays(
            &project,
            name,
            &[json!({ "status": { "decision": "continue", "summary": "quietly" } })],
        );
        project.ap(&FOREGROUND).expect(0);
        assert_eq!(
            project.status("s")["history"][0]["summary"],
            "quietly",
            "{name}"
        );
        assert_eq!(file(&project, "output.md").trim(), "", "{name}");
    }
}

#[test]
fn a_failure_without_output_is_retried() {
    for (name, _) in BUILT_IN {
        let project = project();
        a_loop(
            &project,
            &format!("termination: {{ type: fixed, iterations: 1 }}\nprovider: {name}"),
        );
        plays(&project, name, &[json!({ "exit": 1 }), works(name)]);
        project.ap(&FOREGROUND).expect(0);
        let kinds: Vec<_> = project
            .events("s", "agent_exited")
            .iter()
            .map(|exited| exited["outcome"]["kind"].clone())
            .collect();
        assert_eq!(kinds, ["crashed", "reported"], "{name}");
    }
}

#[test]
fn a_silent_hang_is_ended() {
    let project = project();
    a_loop(
        &project,
        "termination: { type: fixed, iterations: 1 }\nprovider: opencode\nretries: 0\nlimits: { idle: 1s }",
    );
    plays(
        &project,
        "opencode",
        &[json!({ "wait": project.outside().join("never") })],
    );
    project
        .ap(&FOREGROUND)
        .expect(1)
        .says(&["it gave no sign of life"]);
    project.nothing_left();
}

/// Returns a number of bytes from a process's file in `/proc`: a count, or so many kB.
fn of_process(pid: i64, file: &str, field: &str) -> u64 {
    let text = fs_err::read_to_string(format!("/proc/{pid}/{file}")).unwrap_or_default();
    let line = text
        .lines()
        .find_map(|line| line.strip_prefix(field))
        .unwrap_or_default();
    let number: u64 = line
        .trim_matches(|c: char| !c.is_ascii_digit())
        .parse()
        .unwrap_or_default();
    if line.ends_with("kB") {
        number * 1024
    } else {
        number
    }
}

/// Returns the shim of the first attempt: the child of its guard, which is the process that the journal names.
fn shim(project: &Project) -> i64 {
    let guard = &project.events("s", "agent_started")[0]["shim"]["pid"];
    let children = format!("/proc/{guard}/task/{guard}/children");
    let mut found: Option<i64> = None;
    project.until("the guard's shim", || {
        let children = fs_err::read_to_string(&children).unwrap_or_default();
        found = children.trim().parse().ok();
        found.is_some()
    });
    found.expect("one child")
}

/// Waits until a process has read the flood, and returns the most memory it has had.
#[track_caller]
fn memory_after_reading(project: &Project, pid: i64) -> u64 {
    project.until("it to have read the flood", || {
        FLOOD <= of_process(pid, "io", "rchar:")
    });
    of_process(pid, "status", "VmHWM:")
}

/// Half of it is one line, which is the worst for a reader of lines.
#[cfg(target_os = "linux")]
#[test]
fn endless_output_does_not_fill_memory() {
    let project = project();
    a_loop(
        &project,
        "termination: { type: fixed, iterations: 2 }\nprovider: codex",
    );
    let [first, second] = ["first", "second"].map(|name| project.outside().join(name));
    let mut flood = works("codex");
    (flood["flood"], flood["wait"]) = (FLOOD.into(), first.as_str().into());
    plays(
        &project,
        "codex",
        &[
            flood,
            json!({ "wait": second, "status": { "decision": "continue" } }),
        ],
    );
    let runner = project.start(&FOREGROUND);
    project.until_event("s", "agent_started", 1);
    for pid in [shim(&project), i64::from(runner.pid())] {
        let most = memory_after_reading(&project, pid);
        assert!(0 < most && most < MOST_MEMORY, "{most} bytes");
    }
    project.program("first", "");
    // The runner has counted the iteration, and kept its output.
    project.until_event("s", "agent_started", 2);
    let most = of_process(i64::from(runner.pid()), "status", "VmHWM:");
    assert!(0 < most && most < MOST_MEMORY, "{most} bytes");
    assert_eq!(
        file(&project, "output.md").trim_end(),
        "The test passes now.\nOne file is new."
    );
    assert!(
        FLOOD
            <= fs_err::metadata(
                project
                    .root()
                    .join(project.run_file("s", "stage-00-work/iterations/001/stdout.log"))
            )
            .expect("it is kept whole")
            .len()
    );
    project.program("second", "");
    assert_eq!(runner.ended(), 0);
}

#[test]
fn endless_short_lines_do_not_block_the_runner() {
    let project = Project::new();
    let agent =
        "yes | head -c 200000000\necho the end\necho '{\"decision\":\"continue\"}' >\"$status\"";
    project.shell_loop("work", "termination: { type: fixed, iterations: 1 }", agent);
    let ran = project.ap(&FOREGROUND).expect(0);
    ran.says(&["the end"]);
    assert!(
        ran.stdout.len() < 4 << 20,
        "{} bytes are shown",
        ran.stdout.len()
    );
    let log = project
        .root()
        .join(project.run_file("s", "stage-00-work/iterations/001/stdout.log"));
    assert_eq!(
        fs_err::metadata(log).expect("all of it is kept").len(),
        200_000_008
    );
}
