//! The log of a session: spans with ids, and the events in them.
use crate::project::Project;

#[test]
fn log_lines_stand_in_the_spans_of_session_iteration_and_attempt() {
    let mut project = Project::new();
    project.shell_loop(
        "work",
        "termination: { type: fixed, max: 2 }\n",
        "echo '{\"decision\": \"continue\", \"summary\": \"done\"}' >\"$status\"\n",
    );
    project.set("AP_LOG", "debug");
    let log = project.ap(&["work", "s", "--foreground"]).expect(0).text();
    let run = project.status("s")["run"]
        .as_str()
        .expect("a run")
        .to_owned();
    let session = format!("session{{session=s run={run}}}");
    for iteration in [1, 2] {
        let attempt =
            format!("{session}:iteration{{node=0 iteration={iteration}}}:attempt{{attempt=1}}:");
        for event in ["agent launched", "synced"] {
            let found = log
                .lines()
                .any(|line| line.contains(&attempt) && line.contains(event));
            assert!(found, "{event} in {attempt}\n{log}");
        }
    }
    assert!(log.contains("session locked"), "{log}");
}
