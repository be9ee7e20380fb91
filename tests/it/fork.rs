//! `ap fork`: a session that continues from an iteration of another one, in files as they were then.
use crate::project::{Project, Ran};
use camino::Utf8PathBuf;
use serde_json::Value;

/// Commits a file and writes a line of progress in each iteration; the second leaves a change without a commit.
const COMMITS: &str = r#"echo "$n" >"file-$n"; git add "file-$n"
git -c user.name=a -c user.email=a@b commit -qm "iteration $n"
[ "$n" != 2 ] || echo loose >loose
progress=$(ls .claude/pipeline-runs/"$CLAUDE_PIPELINE_SESSION"/progress-*.md)
echo "- iteration $n of $CLAUDE_PIPELINE_SESSION" >>"$progress"
echo "said in $n"
echo "{\"decision\": \"continue\", \"summary\": \"did $n\"}" >"$status""#;

fn project() -> Project {
    let project = Project::new();
    project.shell_loop(
        "work",
        "termination: { type: fixed, max: 3 }\nguardrails: { max_idle_iterations: 9 }\n",
        COMMITS,
    );
    project.ap(&["work", "s", "--foreground"]).expect(0);
    project
}

fn fork(project: &Project, more: &[&str]) -> Ran {
    project.ap(&[&["fork", "s", "--hold"], more].concat())
}

/// Where a fork's worktree lies.
fn beside(project: &Project, name: &str) -> Utf8PathBuf {
    let root = project.root();
    root.with_file_name(format!("{}-{name}", root.file_name().expect("a name")))
}

/// Runs `ap` in another folder than the project.
fn ap_in(folder: &Utf8PathBuf, project: &Project, args: &[&str]) -> Ran {
    project
        .ap_command(args)
        .current_dir(folder)
        .output()
        .expect("ap runs")
        .into()
}

#[test]
fn a_fork_continues_from_an_iteration_at_its_commit() {
    let project = project();
    let made = fork(&project, &["--at", "2", "--as", "t", "--json"]).expect(0);
    let made: Value = serde_json::from_str(&made.stdout).expect("JSON");
    let folder = beside(&project, "t");
    assert_eq!(
        (made["session"].as_str(), made["project"].as_str()),
        (Some("t"), Some(folder.as_str())),
        "{made}"
    );
    assert_eq!(
        (
            &made["branch"],
            &made["progress_as_it_was"],
            &made["uncommitted"],
            &made["started"]
        ),
        (&"fork/t".into(), &true.into(), &true.into(), &false.into())
    );
    assert!(
        folder.join("file-2").exists()
            && !folder.join("file-3").exists()
            && !folder.join("loose").exists()
    );
    let run = folder.join(".claude/pipeline-runs/t");
    let progress = fs_err::read_to_string(run.join("progress-t.md")).expect("a progress file");
    assert!(
        progress.contains("iteration 2 of s") && !progress.contains("iteration 3"),
        "{progress}"
    );
    assert_eq!(
        fs_err::read_to_string(run.join("stage-00-work/iterations/002/output.md"))
            .expect("an output"),
        "said in 2\n"
    );
    assert!(!run.join("stage-00-work/iterations/003").exists());

    let command = made["command"]
        .as_str()
        .expect("a command")
        .split(' ')
        .skip(1)
        .chain(["--foreground"]);
    ap_in(&folder, &project, &command.collect::<Vec<_>>()).expect(0);
    let status: Value = serde_json::from_str(
        &ap_in(&folder, &project, &["status", "t", "--json"])
            .expect(0)
            .stdout,
    )
    .expect("JSON");
    let iterations: Vec<_> = status["history"]
        .as_array()
        .expect("a history")
        .iter()
        .map(|entry| &entry["iteration"])
        .collect();
    assert_eq!(
        (iterations, &status["status"]),
        (vec![&1.into(), &2.into(), &3.into()], &"complete".into())
    );
    assert_eq!(
        fs_err::read_to_string(folder.join("file-3")).expect("the third ran again, here"),
        "3\n"
    );
    // The session it came from knows nothing of it.
    assert_eq!(
        (project.history("s"), project.read("loose")),
        (vec![1, 2, 3], "loose\n".to_owned())
    );
    let log = project
        .command("git")
        .args(["log", "--oneline", "fork/t"])
        .output()
        .expect("git runs");
    assert_eq!(String::from_utf8_lossy(&log.stdout).lines().count(), 3);
}

#[test]
fn without_a_worktree_it_stays_in_the_project() {
    let project = project();
    fork(&project, &["--at", "1", "--no-worktree"])
        .expect(0)
        .says(&[
            "Session 's-at-1' continues from iteration 1 of 's'",
            "ap work s-at-1 --resume",
        ]);
    project.ap(&["list"]).says(&["s-at-1"]);
    project
        .ap(&["work", "s-at-1", "--resume", "--foreground"])
        .expect(0);
    assert_eq!(project.history("s-at-1"), [1, 2, 3]);
    assert_eq!(
        project.events("s-at-1", "session_forked")[0]["from"]["iteration"],
        1
    );
}

#[test]
fn a_fork_asks_for_itself_and_has_answers_of_its_own() {
    let project = Project::new();
    let asks = "[ $n != 1 ] || { echo '{\"decision\": \"ask\", \"question\": \"Which?\"}' >\"$status\"; exit; }\n\
        echo '{\"decision\": \"continue\"}' >\"$status\"";
    project.shell_loop("work", "termination: {type: fixed, max: 2}\n", asks);
    let asking = |session: &str| {
        let questions = project.ap(&["questions", "--json"]).expect(0);
        let questions: Value = serde_json::from_str(&questions.stdout).expect("JSON");
        questions[0]["session"] == session
    };
    let runner = project.start(&["work", "s", "--foreground"]);
    project.until("the session to ask", || asking("s"));
    fork(&project, &["--at", "1", "--as", "t", "--no-worktree"]).expect(0);
    project.ap(&["answer", "s", "this"]).expect(0);
    assert_eq!(runner.ended(), 0);
    let runner = project.start(&["work", "t", "--foreground", "--resume"]);
    project.until("the fork to ask", || asking("t"));
    project.ap(&["answer", "s", "that"]).expect(1);
    project.ap(&["answer", "t", "that"]).expect(0);
    assert_eq!(runner.ended(), 0);
    for (session, answer) in [("s", "this"), ("t", "that")] {
        let path = project.run_file(session, "stage-00-work/iterations/002/context.json");
        let context: Value = serde_json::from_str(&project.read(&path)).expect("a context");
        let answers = context["answers"].as_array().expect("a list");
        assert_eq!(answers.len(), 1, "{session}");
        assert_eq!(answers[0]["answer"], answer, "{session}");
    }
}

#[test]
fn a_fork_leaves_the_recording_of_its_session_as_it_is() {
    let project = Project::new();
    project.shell_loop("work", "termination: { type: fixed, max: 2 }\n", COMMITS);
    project
        .ap(&["work", "s", "--foreground", "--record=recorded"])
        .expect(0)
        .says(&["Recorded in"]);
    let script = project.read("recorded/script.yaml");
    project.write("recorded/script.yaml", "mine\n");
    fork(&project, &["--at", "1", "--as", "t", "--no-worktree"]).expect(0);
    let ended = project
        .ap(&["work", "t", "--resume", "--foreground"])
        .expect(0);
    assert!(
        !ended.stdout.contains("Recorded in") && !ended.stderr.contains("Recorded in"),
        "{ended:?}"
    );
    assert_eq!(
        (
            project.read("recorded/script.yaml").as_str(),
            script.is_empty()
        ),
        ("mine\n", false)
    );
}

#[test]
fn a_fork_runs_in_tmux_like_any_session() {
    let project = project();
    project
        .ap(&["fork", "s", "--at", "1", "--as", "t", "--no-worktree"])
        .expect(0)
        .says(&["watch", "ap attach t"]);
    project.ap(&["wait", "t", "--timeout", "30"]).expect(0);
    assert_eq!(project.history("t"), [1, 2, 3]);
}

#[test]
fn an_impossible_fork_is_refused_with_a_hint() {
    let project = project();
    fork(&project, &["--at", "4"]).expect(1).says(&[
        "iteration 4 of `work` has not ended in session 's'",
        "its last finished iteration is 3",
    ]);
    fork(&project, &["--at", "soon"])
        .expect(2)
        .says(&["`--at soon` names no iteration"]);
    fork(&project, &["--at", "plan/1"])
        .expect(2)
        .says(&["session 's' has no stage `plan`", "the stages are: work"]);
    fork(&project, &["--at", "1", "--as", "s"])
        .expect(1)
        .says(&["already has a session 's'", "--as"]);
    project
        .ap(&["fork", "u", "--at", "1"])
        .expect(1)
        .says(&["there is no session 'u'"]);
    let folder = beside(&project, "t");
    fs_err::create_dir_all(&folder).expect("a folder");
    fork(&project, &["--at", "1", "--as", "t"])
        .expect(1)
        .says(&["exists already", "--into"]);
    fork(
        &project,
        &["--at", "1", "--as", "t", "--into", "../elsewhere"],
    )
    .expect(0);
    assert!(
        project
            .outside()
            .join("elsewhere/.claude/pipeline-runs/t/plan.json")
            .exists()
    );
}

#[test]
fn a_fork_keeps_a_finished_block_and_is_refused_inside_one() {
    let project = Project::new();
    project.shell_loop(
        "work",
        "termination: { type: fixed, max: 2 }\n",
        "echo \"said in $n\"; echo '{\"decision\":\"continue\"}' >\"$status\"",
    );
    project.write(
        ".claude/pipelines/both.yaml",
        "name: both\nnodes:\n  - id: duel\n    parallel:\n      providers: [command, {provider: command, name: two}]\n      stages:\n        - {id: plan, loop: work, runs: 1}\n  - {id: after, loop: work, inputs: {from_parallel: {stage: plan}}}\n",
    );
    project
        .ap(&["pipeline", "both", "s", "--foreground"])
        .expect(0);
    fork(&project, &["--at", "duel/two/1"]).expect(2).says(&[
        "`duel` is a parallel block",
        "of a stage before or after the block",
    ]);
    fork(&project, &["--at", "after/1", "--as", "t"]).expect(0);
    project
        .ap(&["pipeline", "both", "t", "--resume", "--foreground"])
        .expect(0);
    let manifest = project.read(&project.run_file("t", "parallel-00-duel/manifest.json"));
    assert!(
        manifest.contains("/pipeline-runs/t/parallel-00-duel/")
            && !manifest.contains("/pipeline-runs/s/"),
        "{manifest}"
    );
    assert_eq!(
        project.events("t", "agent_exited").len(),
        2,
        "one that was copied, one that ran"
    );
    project
        .ap(&["logs", "t", "--branch", "duel/two"])
        .expect(0)
        .says(&["said in 1"]);
}

#[test]
fn cleanup_removes_what_a_crashed_fork_left() {
    let project = project();
    let draft = project.root().join(".claude/pipeline-runs/.draft-t/inbox");
    fs_err::create_dir_all(&draft).expect("a folder");
    project
        .ap(&["cleanup", "--dry-run"])
        .expect(0)
        .says(&["to be removed draft of session 't'"]);
    project
        .ap(&["cleanup"])
        .expect(0)
        .says(&["removed draft of session 't'"]);
    assert!(!draft.exists());
    project
        .ap(&["cleanup"])
        .expect(0)
        .says(&["Nothing to clean up."]);
}

/// Killed at every step, it is there or it is not, and can be made again.
#[cfg(feature = "crash-points")]
#[test]
fn a_fork_may_die_anywhere() {
    for more in [&["--no-worktree"][..], &[]] {
        let mut project = project();
        let log = project.outside().join("points");
        let args = [&["fork", "s", "--hold", "--at", "2", "--as", "t"], more].concat();
        for count in 1.. {
            let _ = fs_err::remove_file(&log);
            project
                .set("AP_CRASH_LOG", &log)
                .set("AP_CRASH_AT", format!("fork:{count}"));
            let died = project.ap(&args).code != 0;
            project.set("AP_CRASH_AT", "");
            let folder = if more.is_empty() {
                beside(&project, "t")
            } else {
                project.root().to_owned()
            };
            let there = folder.join(".claude/pipeline-runs/t").exists();
            assert!(died || there, "it was made");
            // A second try reports that it exists, or creates it.
            let again = project.ap(&args);
            assert_eq!(
                again.code,
                i32::from(there),
                "point {count}: {}",
                again.text()
            );
            ap_in(
                &folder,
                &project,
                &["work", "t", "--resume", "--foreground"],
            )
            .expect(0);
            assert!(!folder.join(".claude/pipeline-runs/.draft-t").exists());
            fs_err::remove_dir_all(folder.join(".claude/pipeline-runs/t")).expect("it is removed");
            if more.is_empty() {
                fs_err::remove_dir_all(&folder).expect("it is removed");
                for args in [&["worktree", "prune"][..], &["branch", "-qD", "fork/t"]] {
                    let _ = project.command("git").args(args).output();
                }
            }
            if !died {
                assert!(5 < count, "only {count} points");
                break;
            }
        }
    }
}
