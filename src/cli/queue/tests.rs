use super::*;
use crate::queue::{QueueError, QueueErrorKind};
use crate::store::atomic;
use crate::store::layout::{Project, UserDirs};
use clap::Parser as _;
use insta::assert_snapshot;

#[derive(clap::Parser)]
struct Line {
    #[command(flatten)]
    args: Args,
}

/// A project in a folder of its own, and what is typed there.
struct World {
    folder: tempfile::TempDir,
    context: Context,
}

impl World {
    fn new(files: &[(&str, &str)]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let root = Utf8PathBuf::from_path_buf(folder.path().canonicalize().unwrap()).unwrap();
        for (name, text) in files {
            fs_err::create_dir_all(root.join(name).parent().unwrap()).unwrap();
            atomic::replace(&root.join(name), text.as_bytes()).unwrap();
        }
        let context = Context {
            dirs: UserDirs::new(
                &std::iter::once(("AP_HOME".to_owned(), root.to_string())).collect(),
                None,
            ),
            exe: "ap".into(),
            session: None,
            project: Project::new(root),
            env: crate::model::Env::default(),
            inside_tmux: false,
            settings: Default::default(),
        };
        Self { folder, context }
    }

    fn user(&self, line: &str) -> String {
        self.run(line, &self.context)
    }

    fn agent(&self, session: &str, iteration: u32, line: &str) -> String {
        let path = self.folder.path().join("context.json");
        let text = serde_json::json!({ "session": session, "run": "r1", "iteration": iteration, "stage": { "id": "two", "index": 1 } })
            .to_string();
        atomic::replace(camino::Utf8Path::from_path(&path).unwrap(), text.as_bytes()).unwrap();
        let mut context = Context {
            session: Some(session.to_owned()),
            ..self.context.clone()
        };
        context
            .env
            .insert("AP_CONTEXT".to_owned(), path.to_str().unwrap().to_owned());
        self.run(line, &context)
    }

    fn run(&self, line: &str, context: &Context) -> String {
        let args = Line::try_parse_from(std::iter::once("queue").chain(line.split(' ')))
            .unwrap_or_else(|error| panic!("{error}"))
            .args;
        let output = match answer(&args, context) {
            Ok(Answer { data, note, code }) => format!(
                "{data}{}exit {}",
                note.replace("No task", "stderr: No task"),
                code as u8
            ),
            Err(error) => format!(
                "stderr: {error}\nhint: {}\nexit {}",
                error.help().unwrap_or_default(),
                error.exit_code() as u8
            ),
        };
        let user = crate::queue::Owner::user(
            &nix::unistd::User::from_uid(nix::unistd::getuid())
                .unwrap()
                .unwrap()
                .name,
        )
        .to_string();
        let root = self.context.project.root().as_str();
        output
            .replace(root, "<project>")
            .replace(&user, "user/<me>")
    }
}

const BACKLOG: &str = "- [ ] Add login (#login)\n  With a form.\n  Acceptance:\n  - tests pass\n- [ ] Say \u{1b}[31mhello\n- [>] Later (#later)\n- [x] Start (#start)\n";

#[test]
fn the_user_sees_all_tasks() {
    let world = World::new(&[("backlog.md", BACKLOG)]);
    assert_snapshot!(world.user("ready"), @r#"
    login  Add login
    t-e7348420  Say \u{1b}[31mhello
    exit 0
    "#);
    assert_snapshot!(world.user("ready --json"), @r#"
    [{"id":"login","title":"Add login","body":"With a form.","acceptance":["tests pass"],"priority":null,"state":"ready","owner":null,"why":null},{"id":"t-e7348420","title":"Say \u001b[31mhello","body":"","acceptance":[],"priority":null,"state":"ready","owner":null,"why":null}]
    exit 0
    "#);
    assert_snapshot!(world.user("show login"), @r"
    login  Add login
    ready

    With a form.

    Acceptance:
    - tests pass
    exit 0
    ");
    assert_snapshot!(world.user("status"), @r"
    backlog.md: 1 of 4 closed, 2 ready
    later  is marked `[>]`, which is neither open nor done: write `[ ]` to open it
    2 of 3 tasks left can be claimed
    exit 0
    ");
    assert_snapshot!(world.user("show nope"), @r"
    stderr: there is no task `nope` in <project>/backlog.md
    hint: its text may have been edited: `ap queue ready` lists the ids; a task that ends in `(#name)` keeps its id
    exit 1
    ");
}

#[test]
fn an_agent_claims_a_task_and_closes_it() {
    let world = World::new(&[("backlog.md", BACKLOG)]);
    assert_snapshot!(world.agent("auth", 3, "claim --json"), @r#"
    {"id":"login","title":"Add login","body":"With a form.","acceptance":["tests pass"],"priority":null,"state":"held","owner":"pipeline/auth/r1/3","why":null}
    exit 0
    "#);
    assert_eq!(
        world.agent("auth", 3, "claim --json"),
        world.agent("auth", 3, "claim login --json")
    );
    assert_snapshot!(world.agent("auth", 4, "claim login"), @r"
    stderr: task `login` is held by pipeline/auth/r1/3
    hint: claim another: `ap queue ready` lists them
    exit 1
    ");
    assert_snapshot!(world.agent("auth", 4, "close login"), @r"
    stderr: task `login` is held by pipeline/auth/r1/3
    hint: leave it to its holder, and claim another
    exit 1
    ");
    assert_snapshot!(world.agent("auth", 4, "release login"), @r"
    stderr: task `login` is held by pipeline/auth/r1/3, not by pipeline/auth/r1/4, so it was not released
    hint: `ap queue status` shows the owner of each task; leave this one to its owner
    exit 1
    ");
    assert_snapshot!(world.agent("auth", 4, "claim later"), @r"
    stderr: task `later` is marked `[>]`, which is neither open nor done: write `[ ]` to open it
    hint: claim another: `ap queue ready` lists them
    exit 1
    ");
    assert_snapshot!(world.user("status --json"), @r#"
    {"queue":"<project>/backlog.md","total":4,"closed":1,"ready":["t-e7348420"],"held":[],"stale":[{"id":"login","owner":"pipeline/auth/r1/3"}],"blocked":[{"id":"later","why":"is marked `[>]`, which is neither open nor done: write `[ ]` to open it"}],"status":{"kind":"work","ready":1,"left":3,"next":["t-e7348420"],"held":0,"blocked":1}}
    exit 0
    "#);
    assert_snapshot!(world.agent("auth", 3, "close login --reason done"), @r"
    closed login
    exit 0
    ");
    assert_snapshot!(world.agent("auth", 3, "close login --json"), @r#"
    {"id":"login","closed":true}
    exit 0
    "#);
    assert_snapshot!(world.agent("auth", 3, "claim start"), @r"
    stderr: task `start` is closed already
    hint: claim another: `ap queue ready` lists them
    exit 1
    ");
}

#[test]
fn a_claim_without_a_task_exits_4_with_the_reason() {
    let world = World::new(&[("backlog.md", "- [x] a\n")]);
    assert_snapshot!(world.agent("auth", 1, "claim --json"), @r"
    null
    stderr: No task can be claimed: every task is closed (1).
    exit 4
    ");
    assert_snapshot!(world.agent("auth", 1, "claim"), @r"
    stderr: No task can be claimed: every task is closed (1).
    exit 4
    ");
    assert_snapshot!(world.user("ready --json"), @r"
    []
    stderr: No task can be claimed: every task is closed (1).
    exit 0
    ");
}

#[test]
fn the_user_can_release_the_task_of_a_lost_agent() {
    let world = World::new(&[("backlog.md", "- [ ] a (#a)\n")]);
    world.agent("auth", 1, "claim");
    assert_snapshot!(world.user("release a"), @r"
    stderr: task `a` is held by pipeline/auth/r1/1, not by user/<me>, so it was not released
    hint: `ap queue status` shows the owner of each task; release one from its owner with `--from OWNER`
    exit 1
    ");
    assert_snapshot!(world.user("release a --from pipeline/auth/r1/1 --reason lost"), @r"
    released a
    exit 0
    ");
    assert_snapshot!(world.user("release a --json"), @r"
    stderr: task `a` is not held, so it was not released
    hint: `ap queue status` shows the owner of each task; release one from its owner with `--from OWNER`
    exit 1
    ");
    assert_snapshot!(world.user("claim a"), @r"
    a  a
    held by user/<me>
    exit 0
    ");
    assert_snapshot!(world.user("release a --json"), @r#"
    {"id":"a","released":true,"parked":false}
    exit 0
    "#);
}

#[test]
fn default_files_are_found_and_others_can_be_named() {
    let stories = r#"{"userStories":[{"id":"US-1","title":"Story","acceptanceCriteria":["x"],"priority":1,"passes":false}]}"#;
    assert_snapshot!(World::new(&[]).user("ready"), @"
    stderr: no tasks found in <project>: looked for beads, backlog.md, BACKLOG.md, docs/backlog.md, prd.json, .agent-pipelines/backlog.md, .cc-autopipe/backlog.md
    hint: write them in backlog.md (`- [ ] task`, one a line), or name the file with `--file PATH`; for beads, `bd init` makes a database
    exit 2
    ");
    assert_snapshot!(World::new(&[("prd.json", stories)]).user("ready --json"), @r#"
    [{"id":"US-1","title":"Story","body":"","acceptance":["x"],"priority":1,"state":"ready","owner":null,"why":null}]
    exit 0
    "#);
    let world = World::new(&[
        ("docs/backlog.md", "- [ ] doc (#doc)\n"),
        ("prd.json", stories),
        ("x y.json", "{}"),
    ]);
    assert_snapshot!(world.user("ready"), @r"
    doc  doc
    exit 0
    ");
    let file = world.context.project.root().join("prd.json");
    assert_snapshot!(world.user(&format!("ready --file {file}")), @r"
    US-1  Story
    exit 0
    ");
}

#[test]
fn a_file_and_a_session_cannot_both_be_named() {
    assert!(Line::try_parse_from(["queue", "ready", "--file", "x", "--session", "y"]).is_err());
}

#[test]
fn a_session_s_queue_is_the_one_in_its_plan() {
    let world = World::new(&[
        ("backlog.md", "- [ ] usual (#usual)\n"),
        ("one.md", "- [ ] one (#one)\n"),
        ("two.md", "- [ ] two (#two)\n"),
    ]);
    let root = world.context.project.root();
    let node = |id: &str| {
        serde_json::json!({
            "id": id, "template": "", "description": "", "prompt": "", "termination": { "type": "queue" }, "max_iterations": 1, "delay_ms": 0,
            "agent": { "provider": "scripted", "program": "", "model": "", "permissions": "bypassPermissions", "args": [],
                "keep_env": false, "max_attempts": 1, "retry_delay_ms": 0, "limits": { "wall_s": 0, "idle_s": 0, "after_result_s": 0 } },
            "check_before": false, "output_path": "", "context": "", "from": null, "commands": {},
            "queue": { "provider": "backlog", "path": root.join(format!("{id}.md")), "max_wait_s": 0 },
        })
    };
    let plan = serde_json::json!({
        "version": 1, "session": "auth", "run": "r1", "name": "p", "kind": "pipeline", "command": "", "steps": [node("one"), node("two")], "inputs": [],
        "source": { "origin": "file", "path": "", "hash": "" },
        "guardrails": { "max_runtime_seconds": 0, "max_cost_usd": 0.0, "max_consecutive_errors": 0, "max_idle_iterations": 0 },
    });
    let path = world
        .context
        .project
        .session(&"auth".parse().unwrap())
        .plan();
    fs_err::create_dir_all(path.parent().unwrap()).unwrap();
    atomic::replace(&path, plan.to_string().as_bytes()).unwrap();
    assert_snapshot!(world.user("ready"), @r"
    usual  usual
    exit 0
    ");
    assert_snapshot!(world.user("ready --session auth"), @r"
    one  one
    exit 0
    ");
    assert_snapshot!(world.agent("auth", 1, "ready"), @r"
    two  two
    exit 0
    ");
    assert_snapshot!(world.agent("other", 1, "ready"), @r"
    usual  usual
    exit 0
    ");
    assert_snapshot!(world.user("ready --session ../x"), @r"
    stderr: session name `../x` must start with a letter or digit
    hint: `ap list` shows the sessions there are
    exit 2
    ");
    atomic::replace(&path, b"{").unwrap();
    assert_snapshot!(world.user("ready --session auth"), @r"
    stderr: <project>/.claude/pipeline-runs/auth/plan.json:1:1: the plan cannot be read: EOF while parsing an object at line 1 column 1
    hint: name the tasks with `--file PATH`
    exit 1
    ");
}

#[test]
fn an_agent_without_its_context_gets_an_error() {
    let world = World::new(&[("backlog.md", BACKLOG)]);
    let nowhere = world.folder.path().join("gone.json");
    let mut context = world.context.clone();
    context.env.insert(
        "AP_CONTEXT".to_owned(),
        nowhere.to_str().unwrap().to_owned(),
    );
    assert_snapshot!(world.run("claim", &context), @r"
    stderr: cannot read the iteration from <project>/gone.json: No such file or directory (os error 2)
    hint: `ap` sets AP_CONTEXT for its agents; unset it elsewhere
    exit 1
    ");
}

#[test]
fn queue_errors_keep_their_next_step() {
    let error = Error::from(QueueError {
        kind: QueueErrorKind::Busy,
        what: "what".into(),
        next: "next".into(),
    });
    assert_eq!(
        (error.to_string().as_str(), error.help(), error.exit_code()),
        ("what", Some("next"), ExitCode::Failed)
    );
}

#[test]
fn an_agent_cannot_release_tasks_of_others() {
    let world = World::new(&[("backlog.md", "- [ ] a (#a)\n")]);
    world.agent("auth", 1, "claim a");
    for owner in ["pipeline/auth/r1/1", "user/ann"] {
        let output = world.agent("auth", 2, &format!("release a --from {owner}"));
        assert!(
            output.contains("only the user can use `--from`") && output.ends_with("exit 2"),
            "{output}"
        );
    }
    assert!(world.user("show a").contains("held by pipeline/auth/r1/1"));
}

#[test]
fn a_task_is_shown_with_its_state_and_without_control_characters() {
    let world = World::new(&[(
        "backlog.md",
        "- [>] a \u{202e}b (#a)\n  be\u{200b}low\n- [x] c (#c)\n",
    )]);
    assert_snapshot!(world.user("show a"), @r"
    a  a \u{202e}b
    blocked: it is marked `[>]`, which is neither open nor done: write `[ ]` to open it

    be\u{200b}low
    exit 0
    ");
    assert_snapshot!(world.user("show c"), @r"
    c  c
    closed
    exit 0
    ");
}

#[test]
fn label_refuses_another_session_or_file() {
    let world = World::new(&[("backlog.md", "- [ ] a (#a)\n")]);
    for flag in ["--file backlog.md", "--session other"] {
        let output = world.user(&format!("label auth a {flag}"));
        assert!(
            output.contains("not `--session` or `--file`") && output.ends_with("exit 2"),
            "{output}"
        );
    }
}

#[test]
fn commands_in_hints_name_the_same_queue() {
    let world = World::new(&[("backlog.md", "- [ ] a (#a)\n")]);
    world.agent("auth", 1, "claim a");
    assert_snapshot!(world.user("show b --session auth"), @"
    stderr: there is no task `b` in <project>/backlog.md
    hint: its text may have been edited: `ap queue ready --session auth` lists the ids; a task that ends in `(#name)` keeps its id
    exit 1
    ");
    assert_snapshot!(world.user("release a --session auth"), @"
    stderr: task `a` is held by pipeline/auth/r1/1, not by user/<me>, so it was not released
    hint: `ap queue status --session auth` shows the owner of each task; release one from its owner with `--from OWNER`
    exit 1
    ");
}
