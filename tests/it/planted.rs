//! Links, FIFOs, folders and forged files that an agent puts where `ap` reads or writes.
use crate::project::Project;
use crate::tampered::completes;
use fs_err as fs;

#[test]
fn a_link_that_an_agent_planted_is_never_followed() {
    let project = Project::new();
    let outside = project.outside();
    project.program("precious", "precious");
    fs::create_dir(outside.join("elsewhere")).expect("a folder");
    let precious = format!("'{outside}/precious'");
    for plant in [
        format!("ln -sf {precious} \"$here/progress.md\""),
        format!("ln -sf {precious} \"$here/output.md\""),
        format!("ln -sf '{outside}/elsewhere' \"$here/../003\""),
        format!(
            "ln -sf {precious} \"$run/state.json\"; ln -sf {precious} \"$run/checkpoint.json\""
        ),
        format!("ln -f {precious} \"$here/output.md\""),
        format!(
            "mkdir \"$here/../003\"; ln -s {precious} \"$here/../003/context.json\"; ln -s {precious} \"$here/../003/stderr.log\"; ln -s {precious} \"$here/../003/exit.json\""
        ),
        format!("mv \"$run/inbox\" \"$run/old\"; ln -s '{outside}/elsewhere' \"$run/inbox\""),
    ] {
        let done = completes(&plant);
        assert_eq!(
            fs::read_to_string(outside.join("precious")).expect("it"),
            "precious",
            "{plant}"
        );
        assert_eq!(
            fs::read_dir(outside.join("elsewhere")).expect("it").count(),
            0,
            "{plant}"
        );
        drop(done);
    }
}

#[test]
fn what_is_in_the_way_is_set_aside_and_said() {
    for (plant, set_aside) in [
        (
            "ln -s /nowhere \"$here/../003\"",
            "stage-00-work/iterations/003",
        ),
        ("echo x >\"$here/../003\"", "stage-00-work/iterations/003"),
        (
            "mkdir -p \"$here/../003/status.json\"",
            "stage-00-work/iterations/003",
        ),
        (
            "echo x >>\"$run/progress-s.md\"; mkdir \"$here/progress.md\"",
            "stage-00-work/iterations/002/progress.md",
        ),
        (
            "mkfifo \"$here/output.md\"",
            "stage-00-work/iterations/002/output.md",
        ),
        (
            "rm -f \"$run/progress-s.md\"; mkfifo \"$run/progress-s.md\"",
            "progress-s.md",
        ),
        (
            "rm -f \"$run/progress-s.md\"; mkdir \"$run/progress-s.md\"",
            "progress-s.md",
        ),
        (
            "rm -f \"$run/progress-s.md\"; ln -s /dev/zero \"$run/progress-s.md\"",
            "progress-s.md",
        ),
    ] {
        let project = completes(plant);
        let touched = project.events("s", "files_touched");
        let says = |event: &serde_json::Value| {
            let files = event["files"].as_array().expect("files");
            files
                .iter()
                .any(|file| file["path"] == set_aside && file["how"] == "set_aside")
        };
        assert!(touched.iter().any(says), "{plant}: {touched:?}");
    }
}

#[test]
fn a_fifo_or_a_folder_in_place_of_a_file_never_hangs_a_session() {
    for plant in [
        "mkfifo \"$run/inbox/x.json\"",
        "mkdir \"$run/inbox/x.json\"",
        "rm -rf \"$run/inbox\"; mkfifo \"$run/inbox\"",
        "rm -f \"$here/stderr.log\"; mkfifo \"$here/stderr.log\"",
        "rm -f \"$here/exit.json\"; mkfifo \"$here/exit.json\"",
        "rm -f \"$here/exit.json\"; mkdir \"$here/exit.json\"",
        "rm -f \"$run/state.json\"; mkdir \"$run/state.json\"; rm -f \"$run/checkpoint.json\"; mkfifo \"$run/checkpoint.json\"",
        "rm -f \"$run/plan.json\"; mkfifo \"$run/plan.json\"",
    ] {
        completes(plant);
    }
}

#[test]
fn files_left_for_a_later_iteration_are_not_believed() {
    let forged = r#"mkdir "$here/../003"; cd "$here/../003"; : >stdout.log
echo '{"code": 0, "signal": null, "limit": null, "cancelled": false, "spawn_error": null, "started_at": "2026-01-01T00:00:00Z", "ended_at": "2026-01-01T00:00:01Z", "swept": 0, "out_of_memory": false}' >exit.json
echo '{"decision": "stop", "summary": "forged"}' >status.json"#;
    let project = completes(forged);
    let history = project.status("s")["history"].clone();
    assert!(!history.to_string().contains("forged"), "{history}");
}

#[test]
fn a_forged_archive_of_an_attempt_is_not_believed() {
    let project = Project::new();
    let script = "here=\"$(dirname \"$status\")\"\ncase $attempt in 1) mkdir -p \"$here/attempts/1\"; echo '{\"decision\": \"stop\", \"summary\": \"forged\"}' >\"$status\"; kill -9 $$;; esac\necho '{\"decision\": \"continue\", \"summary\": \"real\"}' >\"$status\"";
    project.shell_loop(
        "work",
        "termination: {type: fixed, iterations: 1}\n",
        script,
    );
    project.ap(&["work", "s", "1", "--foreground"]).expect(0);
    let history = project.status("s")["history"].clone();
    assert!(history.to_string().contains("real"), "{history}");
}

#[test]
fn what_may_hold_an_agent_s_words_is_for_its_user_only() {
    use std::os::unix::fs::PermissionsExt as _;
    let project = completes("echo secret; echo secret >&2");
    let mode = |path: &str| {
        let there = fs::metadata(project.root().join(project.run_file("s", path)));
        there
            .unwrap_or_else(|error| panic!("{error}"))
            .permissions()
            .mode()
            & 0o777
    };
    for folder in ["", "inbox", "stage-00-work", "stage-00-work/iterations/001"] {
        assert_eq!(mode(folder), 0o700, "{folder}");
    }
    for file in [
        "plan.json",
        "events.jsonl",
        "state.json",
        "checkpoint.json",
        "progress-s.md",
        "stage-00-work/iterations/001/context.json",
        "stage-00-work/iterations/001/prompt.md",
        "stage-00-work/iterations/001/stdout.log",
        "stage-00-work/iterations/001/exit.json",
        "stage-00-work/iterations/002/stderr.log",
        "stage-00-work/iterations/001/output.md",
    ] {
        assert_eq!(mode(file), 0o600, "{file}");
    }
}

#[test]
fn a_link_among_the_files_of_a_queue_is_never_followed() {
    let project = Project::new();
    project.write(
        ".agent-pipelines/backlog.md",
        "- [ ] one\n- [ ] two\n- [ ] three\n",
    );
    project.program("precious", "precious");
    // The first agent replaces every file of the queue's folder by a link, the next ones claim and close as usual.
    let plants = "if [ $n = 1 ]; then find .agent-pipelines -type f ! -name .gitignore | while read -r file; do rm -f \"$file\"; ln -s \"$PWD/../precious\" \"$file\"; done; fi";
    project.shell_loop(
        "work",
        "termination: { type: queue, max: 6 }\nqueue: { claim: engine }\nguardrails: { on_tampering: note }\n",
        &format!("{plants}\necho '{{\"decision\":\"continue\"}}' >\"$status\""),
    );
    project.ap(&["work", "s", "--foreground"]);
    let planted = project.read("../precious");
    assert_eq!(planted, "precious");
}
