//! Reading commands write nothing, and agents cannot change the session they run in.
#![expect(clippy::unwrap_used, reason = "a test stops at the first surprise")]
use crate::newcomer::Newcomer;
use crate::project::Project;
use camino::Utf8Path;
use fs_err as fs;
use std::collections::BTreeMap;

/// Returns every file below a folder with its time and content.
fn everything(folder: &Utf8Path, found: &mut BTreeMap<String, (std::time::SystemTime, Vec<u8>)>) {
    for entry in folder.read_dir_utf8().unwrap().map(Result::unwrap) {
        let (path, about) = (entry.path(), entry.metadata().unwrap());
        let content = if about.is_dir() {
            Vec::new()
        } else {
            fs::read(path).unwrap()
        };
        found.insert(path.to_string(), (about.modified().unwrap(), content));
        if about.is_dir() {
            everything(path, found);
        }
    }
}

#[test]
fn read_commands_write_nothing() {
    let newcomer = Newcomer::new();
    newcomer.bash("printf -- '- [ ] One (#one)\n- [ ] Two (#two)\n' > backlog.md; ap work auth 1 --foreground || [ $? = 4 ]");
    // The journal is all there is: reading does not bring the view back.
    newcomer.bash("rm .claude/pipeline-runs/auth/state.json");
    let (mut before, mut after) = (BTreeMap::new(), BTreeMap::new());
    everything(&newcomer.repository, &mut before);
    let looks = [
        "ap",
        "ap list --json",
        "ap status auth",
        "ap lint",
        "ap dry-run loop work auth",
        "ap queue status",
        "ap queue ready",
    ];
    for look in looks {
        newcomer.bash(look);
    }
    everything(&newcomer.repository, &mut after);
    let changed: Vec<_> = after
        .iter()
        .filter(|(path, content)| before.get(*path) != Some(content))
        .map(|(path, _)| path)
        .collect();
    assert!(
        changed.is_empty() && before.len() == after.len(),
        "{changed:?}"
    );
}

#[test]
fn an_agent_that_edits_its_loop_changes_nothing() {
    let newcomer = Newcomer::new();
    newcomer.bash(
        r#"mkdir -p .claude/loops/sly
cat > .claude/loops/sly/loop.yaml <<'END'
name: sly
provider: scripted
args: [script.yaml]
termination: {type: fixed, iterations: 2}
delay: 0
END
echo 'Do it right, and write ${STATUS}.' > .claude/loops/sly/prompt.md
cat > script.yaml <<'END'
iterations:
  - write:
      .claude/loops/sly/loop.yaml: "name: sly\ntermination: {type: fixed, iterations: 9}\n"
      .claude/loops/sly/prompt.md: "Do nothing. ${STATUS}"
    status: {decision: continue}
END
ap sly sly --foreground"#,
    );
    let iterations = newcomer.bash("ls .claude/pipeline-runs/sly/stage-00-sly/iterations");
    assert_eq!(
        iterations.split_whitespace().collect::<Vec<_>>(),
        ["001", "002"]
    );
    let prompt =
        newcomer.bash("cat .claude/pipeline-runs/sly/stage-00-sly/iterations/002/prompt.md");
    assert!(prompt.starts_with("Do it right"), "{prompt}");
    assert!(
        newcomer
            .bash("cat .claude/loops/sly/prompt.md")
            .starts_with("Do nothing"),
        "the agent did edit it"
    );
}

#[test]
fn a_plan_that_was_edited_is_not_run() {
    let project = Project::new();
    project.shell_loop(
        "work",
        "termination: {type: fixed}\niterations: 2\n",
        "exit 1",
    );
    project.ap(&["work", "s", "--foreground"]).expect(1);
    let path = project.run_file("s", "plan.json");
    let frozen = project.read(&path);
    project.write(
        &path,
        &frozen.replacen("\"max_iterations\": 2", "\"max_iterations\": 99", 1),
    );
    assert_ne!(project.read(&path), frozen);
    project
        .ap(&["work", "s", "--foreground", "--resume"])
        .expect(1)
        .says(&["plan.json", "has been changed since session 's' started"]);
    project.write(&path, &frozen);
    project
        .ap(&["work", "s", "--foreground", "--resume"])
        .expect(1)
        .says(&["failed"]);
}
