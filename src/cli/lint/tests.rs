use super::report::missing_programs;
use super::*;
use crate::compile::Problem;
use crate::plan::PlanKind;
use crate::store::atomic;
use crate::store::layout::{Project, UserDirs};
use camino::Utf8PathBuf;
use insta::assert_snapshot;

fn project(definition: &str) -> (tempfile::TempDir, Context) {
    let dir = tempfile::tempdir().unwrap();
    let root = Utf8PathBuf::from_path_buf(dir.path().canonicalize().unwrap()).unwrap();
    let mine = root.join(".claude/loops/mine");
    std::fs::create_dir_all(&mine).unwrap();
    atomic::replace(&mine.join("loop.yaml"), definition.as_bytes()).unwrap();
    atomic::replace(&mine.join("prompt.md"), b"${STATUS}\n").unwrap();
    let context = Context {
        project: Project::new(root.clone()),
        dirs: UserDirs::new(
            &std::iter::once(("AP_HOME".to_owned(), root.to_string())).collect(),
            None,
        ),
        exe: "ap".into(),
        session: None,
        env: crate::model::Env::default(),
        inside_tmux: false,
        settings: Default::default(),
    };
    (dir, context)
}

fn args(kind: &str, name: &str) -> Args {
    let given = |word: &str| Some(word.to_owned()).filter(|word| !word.is_empty());
    Args {
        kind: given(kind),
        name: given(name),
        all: false,
        strict: false,
        format: Format::Text,
    }
}

#[test]
fn exit_code_is_2_for_a_mistake_and_0_without() {
    let (_dir, good) = project("termination: {type: queue}\n");
    let (_dir, bad) = project("termination: {type: queu}\n");
    assert_eq!(run(&args("", ""), &good).unwrap(), ExitCode::Done);
    assert_eq!(run(&args("", ""), &bad).unwrap(), ExitCode::Usage);
    assert_eq!(run(&args("loop", "mine"), &bad).unwrap(), ExitCode::Usage);
    assert_eq!(run(&args("mine", ""), &bad).unwrap(), ExitCode::Usage);
    assert_eq!(run(&args("pipeline", ""), &bad).unwrap(), ExitCode::Done);
    assert_eq!(run(&args("full-refine", ""), &bad).unwrap(), ExitCode::Done);
    assert_eq!(
        run(&args("loop", "mien"), &good).unwrap_err().help(),
        Some("did you mean `mine`?")
    );
    assert_eq!(
        run(&args("loops", "mien"), &good).unwrap_err().kind(),
        crate::error::ErrorKind::NotFound
    );
}

#[test]
fn warnings_fail_only_with_strict() {
    let (_dir, context) = project("completion: beads-empty\n");
    assert_eq!(run(&args("mine", ""), &context).unwrap(), ExitCode::Done);
    assert_eq!(
        run(
            &Args {
                strict: true,
                ..args("mine", "")
            },
            &context
        )
        .unwrap(),
        ExitCode::Usage
    );
    let (_dir, clean) = project("termination: {type: queue}\nprovider: codex\n");
    assert_eq!(
        run(
            &Args {
                strict: true,
                ..args("mine", "")
            },
            &clean
        )
        .unwrap(),
        ExitCode::Done
    );
}

#[test]
fn a_loop_with_the_name_of_a_command_is_a_warning() {
    let (_dir, context) = project("termination: {type: queue}\nprovider: scripted\n");
    let mut entry = context.library().entry_of(PlanKind::Loop, "mine").unwrap();
    let messages = |entry: &Entry| {
        check(entry, false, &context)
            .unwrap()
            .problems
            .iter()
            .map(|problem| format!("{}: {problem}", problem.code))
            .collect::<Vec<_>>()
    };
    assert!(messages(&entry).is_empty());
    entry.name = "runs".into();
    assert_eq!(
        messages(&entry),
        [
            "command-name: .claude/loops/mine/loop.yaml:1:1: `ap runs` is a command, so it does not start this loop"
        ]
    );
}

#[test]
fn a_missing_program_is_a_warning_with_an_install_hint() {
    let (_dir, context) = project("termination: {type: queue}\nprovider: codex\n");
    let found = check(
        &select(&args("loop", "mine"), &context.library()).unwrap()[0],
        false,
        &context,
    )
    .unwrap();
    assert!(found.ok);
    let messages: Vec<_> = found
        .problems
        .iter()
        .map(|one| format!("{:?} {}: {one} ({:?})", one.severity, one.code, one.hint))
        .collect();
    assert_snapshot!(messages.join("\n"), @r#"Warning provider-missing: .claude/loops/mine/loop.yaml:1:1: there is no program `codex` on PATH, which node `mine` needs (Some("install Codex (`npm install -g @openai/codex`), then run `codex login`"))"#);
}

#[test]
fn missing_commands_and_inputs_are_warnings() {
    let (_dir, context) =
        project("provider: scripted\ntermination: {type: verify, command: [./nix]}\n");
    let messages = |name: &str| {
        let found = check(
            &select(&args(name, ""), &context.library()).unwrap()[0],
            false,
            &context,
        )
        .unwrap();
        assert!(found.ok);
        let line = |one: &Problem| {
            format!(
                "{:?} {}: {one} ({})",
                one.severity,
                one.code,
                one.hint.clone().unwrap_or_default()
            )
        };
        found
            .problems
            .iter()
            .map(line)
            .collect::<Vec<_>>()
            .join("\n")
    };
    assert_snapshot!(messages("mine"), @"Warning command-missing: .claude/loops/mine/loop.yaml:1:1: node `mine` ends when `./nix` succeeds, and there is no such program (write it, relative to the project, and make it executable: it must exist before the session starts)");
    atomic::replace(&context.project.root().join("plain.sh"), b"echo").unwrap();
    let hooks = "provider: scripted\ntermination: {type: fixed, iterations: 1}\nhooks: {session_end: [{command: [./plain.sh]}, {command: [./none.sh]}, {command: [no-such-program]}, {message: Done}]}\n";
    let own = context.project.root().join(".claude/loops/mine/loop.yaml");
    atomic::replace(&own, hooks.as_bytes()).unwrap();
    assert_snapshot!(messages("mine"), @"
    Warning command-missing: .claude/loops/mine/loop.yaml:1:1: the program `./plain.sh` of a hook at `session_end` is not executable (run `chmod +x` on it)
    Warning command-missing: .claude/loops/mine/loop.yaml:1:1: the program `./none.sh` of a hook at `session_end` does not exist (write it, relative to the project, and make it executable)
    Warning command-missing: .claude/loops/mine/loop.yaml:1:1: the program `no-such-program` of a hook at `session_end` is not on PATH (install it, or write `./` before a file of the project)
    ");
    let pipeline = "inputs: [.claude/loops/mine/prompt.md, nothere.md, \"*.zzz\"]\nnodes: [{id: a, prompt: '${STATUS}', provider: scripted}]\n";
    let file = context.project.root().join(".claude/pipelines/p.yaml");
    std::fs::create_dir_all(file.parent().unwrap()).unwrap();
    atomic::replace(&file, pipeline.as_bytes()).unwrap();
    assert_snapshot!(messages("p"), @"
    Warning missing-input: .claude/pipelines/p.yaml:1:40: there is no input `nothere.md` (check `--input` and the pipeline's `inputs`: files, patterns such as `docs/*.md`, or folders, of which *.md *.yaml *.yml *.json *.txt are taken)
    Warning missing-input: .claude/pipelines/p.yaml:1:52: there is no input `*.zzz` (check `--input` and the pipeline's `inputs`: files, patterns such as `docs/*.md`, or folders, of which *.md *.yaml *.yml *.json *.txt are taken)
    ");
}

#[test]
fn a_program_missing_for_several_definitions_is_listed_once() {
    let (_dir, context) = project("termination: {type: queue}\nprovider: codex\n");
    let entry = &select(&args("loop", "mine"), &context.library()).unwrap()[0];
    let mut checked = vec![check(entry, false, &context).unwrap()];
    assert!(
        missing_programs(&checked).is_empty(),
        "a single definition lists its own"
    );
    checked.push(check(entry, false, &context).unwrap());
    let messages: Vec<_> = missing_programs(&checked)
        .into_iter()
        .map(|(what, (needed, hint))| (what, needed, hint.is_some()))
        .collect();
    assert_eq!(messages, [("there is no program `codex` on PATH", 2, true)]);
}

#[test]
fn json_has_the_documented_shape() {
    let (_dir, context) = project("terminaton: {type: queue}\n");
    let library = context.library();
    let checked = vec![
        check(
            &select(&args("loop", "mine"), &library).unwrap()[0],
            false,
            &context,
        )
        .unwrap(),
    ];
    assert_snapshot!(serde_json::to_string_pretty(&Report { ok: false, checked }).unwrap(), @r#"
    {
      "ok": false,
      "checked": [
        {
          "kind": "loop",
          "name": "mine",
          "origin": "project",
          "path": ".claude/loops/mine/loop.yaml",
          "ok": false,
          "needs": [],
          "also_needs": [],
          "problems": [
            {
              "file": ".claude/loops/mine/loop.yaml",
              "line": 1,
              "column": 1,
              "code": "unknown-key",
              "alias": null,
              "level": "error",
              "message": "unknown key `terminaton`",
              "hint": "did you mean `termination`?"
            }
          ]
        }
      ]
    }
    "#);
}
