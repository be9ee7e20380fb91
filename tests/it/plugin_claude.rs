//! The plugin in the real `claude`: accepted, installed, loaded, and each command and skill called; only the model is ours.
use crate::claude_cli::{ClaudeEnv, Run, claude};
use crate::messages_api::{MockApi, Script, script, turn};
use crate::project::AP;
use agent_pipelines::clock;
use agent_pipelines::store::atomic;
use camino::{Utf8Path, Utf8PathBuf};
use serde_json::{Value, json};
use std::process::{Output, Stdio};
use std::time::Duration;

const SKIP: &str = "--dangerously-skip-permissions";
const CALLED: [&str; 14] = [
    "commands/ideate",
    "commands/loop",
    "commands/monitor",
    "commands/pipeline",
    "commands/refine",
    "commands/sessions",
    "commands/start",
    "commands/work",
    "skills/create-prd",
    "skills/create-tasks",
    "skills/monitor",
    "skills/pipeline-builder",
    "skills/plan-refinery",
    "skills/sessions",
];

/// A person with a repository, Claude Code, and `ap` on their PATH.
struct Desk {
    api: MockApi,
    env: ClaudeEnv,
    claude: Utf8PathBuf,
}

impl Desk {
    /// `None` where the tests do without the program.
    fn new(script: Script) -> Option<Self> {
        let claude = claude()?;
        let api = MockApi::start(script);
        let env = ClaudeEnv::new(&api);
        let bin = Utf8Path::new(AP).parent().expect("a folder");
        let path = format!(
            "{bin}:{}:{}",
            claude.parent().expect("a folder"),
            std::env::var("PATH").unwrap_or_default()
        );
        let socket = env.home().join("tmux").into_string();
        let env = env
            .var("PATH", path)
            .var("AP_TMUX_SOCKET", socket)
            .var("CLAUDE_PIPELINE_PROVIDER", "scripted");
        let desk = Self { api, env, claude };
        desk.succeeds("git", &["init", "-q", "-b", "main"]);
        desk.succeeds("git", &["commit", "-q", "--allow-empty", "-m", "Start"]);
        Some(desk)
    }

    fn command(&self, program: &str, arguments: &[&str]) -> Output {
        self.env
            .command(program)
            .args(arguments)
            .output()
            .expect("it runs")
    }

    #[track_caller]
    fn succeeds(&self, program: &str, arguments: &[&str]) -> String {
        let output = self.command(program, arguments);
        let [stdout, stderr] = [&output.stdout, &output.stderr]
            .map(|bytes| String::from_utf8_lossy(bytes).into_owned());
        assert!(
            output.status.success(),
            "{program} {arguments:?}: {stdout}{stderr}"
        );
        stdout
    }

    fn plugin(&self, arguments: &[&str]) -> String {
        self.succeeds(self.claude.as_str(), &[&["plugin"], arguments].concat())
    }

    fn says(&self, prompt: &str, arguments: &[&str]) -> Run {
        self.env
            .run(&self.claude, prompt, &[&[SKIP], arguments].concat())
    }

    /// Everything the model was told in the last request, as one text.
    fn told(&self) -> String {
        self.api
            .requests()
            .iter()
            .rfind(|request| request.asks_for_a_turn())
            .expect("a request")
            .body["messages"]
            .to_string()
    }
}

impl Drop for Desk {
    fn drop(&mut self) {
        // The tmux server of a session that was started must not outlive the test. Most tests start none.
        let socket = self.env.home().join("tmux");
        if socket.exists() {
            self.command("tmux", &["-S", socket.as_str(), "kill-server"]);
        }
    }
}

fn root() -> &'static str {
    env!("CARGO_MANIFEST_DIR")
}

/// The first title of a page: what shows that it was read.
fn title(page: &str) -> String {
    let text = fs_err::read_to_string(Utf8Path::new(root()).join(page)).expect("a page");
    let title = text
        .lines()
        .find(|line| line.starts_with("# "))
        .expect("a title");
    title.split(" $").next().unwrap_or(title).to_owned()
}

fn named(event: &Value, list: &str) -> Vec<String> {
    let names = event[list]
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(Value::as_str);
    let mut names: Vec<String> = names
        .filter_map(|name| name.strip_prefix("agent-pipelines:"))
        .map(str::to_owned)
        .collect();
    names.sort();
    names.dedup();
    names
}

#[track_caller]
fn check_everything_is_loaded(run: &Run) {
    let init = run.events("system/init")[0];
    let mut called: Vec<&str> = CALLED
        .iter()
        .filter_map(|page| page.split('/').nth(1))
        .collect();
    called.sort_unstable();
    called.dedup();
    assert_eq!(named(init, "slash_commands"), called, "{init:#}");
    assert_eq!(
        named(init, "agents"),
        ["architect", "assembler", "stage-creator"]
    );
    assert!(
        init["plugin_errors"].as_array().is_none_or(Vec::is_empty),
        "{init:#}"
    );
}

#[test]
fn the_repository_is_a_plugin_and_a_marketplace() {
    let Some(desk) = Desk::new(script()) else {
        return;
    };
    for path in [".", ".claude-plugin/plugin.json"] {
        let path = Utf8Path::new(root()).join(path);
        desk.plugin(&["validate", "--strict", path.as_str()]);
    }
}

#[test]
fn claude_accepts_the_installed_plugin_and_uninstall_removes_it() {
    let Some(desk) = Desk::new(script().every(|_, _| vec![turn().text("Yes.")])) else {
        return;
    };
    desk.succeeds(AP, &["plugin", "install"]);
    let copy = desk.env.home().join("data/agent-pipelines/plugin");
    desk.plugin(&["validate", "--strict", copy.as_str()]);
    let status: Value =
        serde_json::from_str(&desk.succeeds(AP, &["plugin", "status", "--json"])).expect("JSON");
    assert_eq!(
        (
            &status["installed"],
            &status["claude"]["found"],
            &status["claude"]["enabled"]
        ),
        (&json!(true), &json!(true), &json!(true))
    );
    let run = desk.says("/agent-pipelines:work auth 8h", &[]);
    check_everything_is_loaded(&run);
    let told = desk.told();
    assert!(
        told.contains("Start the loop `work` as the session named here: `auth 8h`"),
        "{told}"
    );
    assert!(
        told.contains("No session runs in this project."),
        "the hook was heard: {told}"
    );
    desk.succeeds(AP, &["plugin", "update"]);
    desk.succeeds(AP, &["plugin", "uninstall"]);
    assert_eq!(
        serde_json::from_str::<Value>(&desk.plugin(&["list", "--json"])).expect("JSON"),
        json!([])
    );
    assert!(!copy.exists());
}

#[test]
fn each_command_reaches_the_model_with_its_arguments() {
    reach_the_model("commands");
}

#[test]
fn each_skill_reaches_the_model_with_its_arguments() {
    reach_the_model("skills");
}

fn reach_the_model(folder: &str) {
    let Some(desk) = Desk::new(script().every(|_, _| vec![turn().text("Yes.")])) else {
        return;
    };
    for page in CALLED.iter().filter(|page| page.starts_with(folder)) {
        let (kind, name) = page.split_once('/').expect("a kind and a name");
        let file = if kind == "commands" {
            format!("{page}.md")
        } else {
            format!("{page}/SKILL.md")
        };
        // Where both have a name, the person's is the command and Claude's the skill.
        if kind == "skills" && CALLED.contains(&format!("commands/{name}").as_str()) {
            continue;
        }
        // Claude Code has a `/loop` of its own.
        let typed = if name == "loop" {
            "agent-pipelines:loop"
        } else {
            name
        };
        let run = desk.says(&format!("/{typed} some words"), &["--plugin-dir", root()]);
        assert_eq!(run.code, Some(0), "{run:#?}");
        let told = desk.told();
        assert!(
            told.contains(&title(&file)) && told.contains("some words"),
            "{name}: {told}"
        );
    }
}

#[test]
fn a_command_hands_over_to_its_skill() {
    for skill in ["sessions", "monitor", "plan-refinery", "create-tasks"] {
        let calls = move || {
            turn().tool(
                "Skill",
                json!({ "skill": format!("agent-pipelines:{skill}"), "args": "start work auth" }),
            )
        };
        let Some(desk) = Desk::new(script().every(move |_, _| vec![calls(), turn().text("Yes.")]))
        else {
            return;
        };
        let run = desk.says("hello", &["--plugin-dir", root()]);
        check_everything_is_loaded(&run);
        let told = desk.told();
        assert!(
            told.contains("Base directory for this skill") && told.contains("start work auth"),
            "{told}"
        );
        assert!(
            told.contains(&title(&format!("skills/{skill}/SKILL.md"))),
            "{skill}: {told}"
        );
    }
}

#[test]
fn work_ends_with_a_session_that_closes_the_tasks() {
    let script = script().every(|_, request| {
        let session = "auth";
        vec![
            turn().tool(
                "Skill",
                json!({ "skill": "agent-pipelines:sessions", "args": "start work auth" }),
            ),
            turn().bash("ap --json && ap queue status --json"),
            turn().bash(format!("ap dry-run loop work {session} --max 6 --json")),
            turn().bash(format!("ap work {session} 6")),
            turn().bash(format!("ap status {session} --json")),
            turn().bash(format!(
                "ap wait {session} --timeout 60; ap status {session} --json"
            )),
            turn().text(format!("It runs. {}", request.tool_results().len())),
        ]
    });
    let Some(desk) = Desk::new(script) else {
        return;
    };
    atomic::replace(
        &desk.env.work().join("backlog.md"),
        b"- [ ] One (#one)\n- [ ] Two (#two)\n",
    )
    .expect("a backlog");
    let run = desk.says("/work auth", &["--plugin-dir", root()]);
    let backlog = fs_err::read_to_string(desk.env.work().join("backlog.md")).expect("a backlog");
    assert_eq!(run.code, Some(0), "{run:#?}");
    let told = desk.told();
    assert!(
        told.contains("Session auth runs work in tmux")
            || told.contains("Session 'auth' runs work in tmux"),
        "{told}"
    );
    assert!(
        told.contains(r#"status\":\"complete\""#)
            || told.contains(r#"status\\\":\\\"complete\\\""#),
        "{told}"
    );
    assert_eq!(backlog, "- [x] One (#one)\n- [x] Two (#two)\n");
}

/// What the model does after it was told which word was typed: what that workflow asks for.
fn sessions_turn(told: &str) -> &'static str {
    let typed = |word: &str| told.contains(&format!("with the arguments `{word}"));
    if typed("list") {
        "ap list --json"
    } else if typed("monitor") {
        "for s in runs crashed done; do ap status $s --json; ap logs $s --json --lines 30; done"
    } else if typed("kill") {
        "for s in runs crashed done; do ap stop $s; echo \"exit $?\"; ap status $s --json; done; ap kill crashed; echo \"exit $?\""
    } else {
        "ap cleanup --dry-run --json; ap cleanup --json --orphans; ap list --json"
    }
}

/// Three sessions: one that runs, one whose runner was killed, one that is done.
fn three_sessions(desk: &Desk) {
    for (name, step) in [
        ("hangs", "{ say: I work., hang: true }"),
        ("ends", "{ say: I am done., status: { decision: stop } }"),
    ] {
        let folder = desk.env.work().join(format!(".claude/loops/{name}"));
        fs_err::create_dir_all(&folder).expect("a folder");
        let definition = "termination: {type: fixed, max: 2}\nprovider: scripted\nargs: [.claude/loops/NAME/script.yaml]\ndelay: 0\n";
        let files = [
            ("loop.yaml", definition.replace("NAME", name)),
            ("prompt.md", "${STATUS}\n".into()),
        ];
        for (file, text) in files
            .into_iter()
            .chain([("script.yaml", format!("iterations: [{step}]\n"))])
        {
            atomic::replace(&folder.join(file), text.as_bytes()).expect("a file");
        }
    }
    desk.succeeds(AP, &["loop", "ends", "done", "--foreground"]);
    desk.succeeds(AP, &["loop", "hangs", "runs"]);
    let mut crashes = desk.env.command(AP);
    crashes
        .args(["loop", "hangs", "crashed", "--foreground"])
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    let mut runner = crashes.spawn().expect("ap starts");
    let at_work = |session: &str| {
        String::from_utf8_lossy(&desk.command(AP, &["logs", session]).stdout).contains("I work.")
    };
    assert!(clock::wait_until(Duration::from_secs(60), || at_work(
        "crashed"
    ) && at_work(
        "runs"
    )));
    runner.kill().expect("our child can be killed");
    runner.wait().expect("our child can be waited for");
}

#[test]
fn the_sessions_command_handles_running_crashed_and_finished_sessions() {
    let script = script().every(|_, request| {
        let told = request.body["messages"].to_string();
        vec![
            turn().tool(
                "Skill",
                json!({ "skill": "agent-pipelines:sessions", "args": "as typed" }),
            ),
            turn().bash(sessions_turn(&told)),
            turn().text("That is how it is."),
        ]
    });
    let Some(desk) = Desk::new(script) else {
        return;
    };
    three_sessions(&desk);
    let answered = |word: &str| {
        let run = desk.says(
            &format!("/agent-pipelines:sessions {word}"),
            &["--plugin-dir", root()],
        );
        assert_eq!(run.code, Some(0), "{run:#?}");
        let request = desk
            .api
            .requests()
            .into_iter()
            .rfind(crate::messages_api::Request::asks_for_a_turn)
            .expect("a request");
        request.tool_result(1)
    };
    // Of an object or of the entries of a list, not of what is in them.
    let sessions = |text: &str, status: &str| {
        text.lines()
            .filter_map(|line| serde_json::from_str::<Value>(line).ok())
            .flat_map(|value| match value {
                Value::Array(entries) => entries,
                other => vec![other],
            })
            .filter(|entry| entry["status"] == status)
            .count()
    };
    let listed = answered("list");
    assert_eq!(
        ["running", "crashed", "complete"].map(|status| sessions(&listed, status)),
        [1, 1, 1],
        "{listed}"
    );
    let watched = answered("monitor runs");
    assert_eq!(
        ["running", "crashed", "complete"].map(|status| sessions(&watched, status)),
        [1, 1, 1],
        "{watched}"
    );
    assert!(
        watched.contains("I work.") && watched.contains("I am done."),
        "{watched}"
    );
    let stopped = answered("kill runs");
    assert!(0 < sessions(&stopped, "stopped"), "{stopped}");
    assert_eq!(sessions(&stopped, "complete"), 1, "{stopped}");
    let cleared = answered("cleanup");
    assert_eq!(sessions(&cleared, "running"), 0, "{cleared}");
    assert_eq!(sessions(&cleared, "complete"), 1, "{cleared}");
    for session in ["runs", "crashed"] {
        let plan = fs_err::read(
            desk.env
                .work()
                .join(format!(".claude/pipeline-runs/{session}/plan.json")),
        )
        .expect("a plan");
        let plan: Value = serde_json::from_slice(&plan).expect("JSON");
        let left = agent_pipelines::exec::process::find_tagged(
            "AP_RUN",
            plan["run"].as_str().expect("a run"),
        );
        assert!(left.is_empty(), "{session}: {left:?} are left");
    }
}
