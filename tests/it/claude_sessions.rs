//! End to end: `ap` drives the real `claude` over a real repository; only the model is ours.
mod agent;
mod asked;
#[cfg(feature = "fake-bd")]
mod beads;
mod debate;
mod guard;
mod options;
mod outages;
mod permissions;
mod project;
mod quota;
mod talk;
mod versions;

use crate::claude_cli::{Account, ClaudeEnv, claude};
use crate::messages_api::{MockApi, Script, cut, hang, script, status, turn};
use agent::{begins, works};
use project::{LIMIT, Project, Tmux};
use serde_json::{Value, json};
use std::time::{SystemTime, UNIX_EPOCH};

const TASKS: [&str; 3] = ["lay the table", "light the candles", "serve the soup"];
const ONE: [&str; 1] = ["lay the table"];
const API_KEY: &[&str] = &["--keep-env"];
const RESUME: &[&str] = &["--keep-env", "--resume"];

/// Prepares a project and the service for it; `None` where the tests do without the program.
fn prepare(
    script: Script,
    tasks: &[&str],
    settings: &str,
    env: impl FnOnce(ClaudeEnv) -> ClaudeEnv,
) -> Option<(MockApi, Project)> {
    claude()?;
    let api = MockApi::start(script);
    // What root needs is for `ap` to see to.
    let project = Project::new(
        env(ClaudeEnv::new(&api).without("IS_SANDBOX")),
        tasks,
        settings,
    );
    Some((api, project))
}

/// All three tasks are done, each once, each by an iteration of its own.
fn all_done(project: &Project) {
    assert_eq!(
        project.read("backlog.md"),
        "- [x] lay the table\n- [x] light the candles\n- [x] serve the soup\n"
    );
    assert_eq!(
        project.git(&["log", "--format=%s"]),
        "serve the soup\nlight the candles\nlay the table\nThe plan\n"
    );
    assert_eq!(
        progress(project),
        [
            "- did lay the table",
            "- did light the candles",
            "- did serve the soup"
        ]
    );
    let state = project.state();
    assert_eq!(
        (&state["status"], &state["iteration_completed"]),
        (&json!("complete"), &json!(3)),
        "{state:#}"
    );
    let summaries: Vec<_> = state["history"]
        .as_array()
        .into_iter()
        .flatten()
        .map(|entry| &entry["summary"])
        .collect();
    assert_eq!(
        summaries,
        [
            "Did lay the table",
            "Did light the candles",
            "Did serve the soup"
        ]
    );
    assert_eq!(
        project.git(&["status", "--porcelain"]),
        " M backlog.md\n",
        "what we write stays out of git"
    );
    assert!(project.processes().is_empty(), "nothing is left running");
}

fn progress(project: &Project) -> Vec<String> {
    let progress = project.read(project.run("progress-it.md"));
    progress
        .lines()
        .filter(|line| line.starts_with("- did"))
        .map(str::to_owned)
        .collect()
}

/// Lets a start believe that Claude Code was signed in a moment ago.
fn remember_login(project: &Project) {
    let config = project.root().with_file_name("home").join("claude");
    let remembered = json!({ config.as_str(): agent_pipelines::clock::now() });
    project.put(
        "../home/state/agent-pipelines/accounts.json",
        &remembered.to_string(),
    );
}

fn kinds(outcomes: &[Value]) -> Vec<&str> {
    outcomes
        .iter()
        .filter_map(|outcome| outcome["kind"].as_str())
        .collect()
}

fn now() -> u64 {
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .expect("it is after 1970")
        .as_secs()
}

#[test]
fn three_iterations_empty_the_queue() {
    let Some((api, project)) = prepare(
        script().every(|_, request| works(request)),
        &TASKS,
        "",
        |it| it,
    ) else {
        return;
    };
    let (code, shown) = project.start(API_KEY).end();
    assert_eq!(code, Some(0), "{shown}");
    all_done(&project);
    for words in [
        "iteration 1/10",
        "ends when the queue is empty",
        "paid by API key",
        "Bash   ap queue claim --json",
        "Read   context.json",
        "Write  status.json",
        "the queue is empty, 3 tasks closed in all",
    ] {
        assert!(shown.contains(words), "{words:?} is not in\n{shown}");
    }
    for number in 1..=3 {
        for file in ["prompt.md", "stdout.log"] {
            project.read(project.iteration(number, file));
        }
        let context = project.json(project.iteration(number, "context.json"));
        assert_eq!(
            (&context["iteration"], &context["session"]),
            (&json!(number), &json!("it"))
        );
        assert_eq!(
            project.json(project.iteration(number, "status.json"))["decision"],
            "continue"
        );
        assert!(
            project
                .read(project.iteration(number, "output.md"))
                .starts_with("I finished ")
        );
        assert_eq!(
            project.json(project.iteration(number, "exit.json"))["code"],
            0
        );
    }
    let usage = &project.state()["usage"];
    assert!(
        usage["cost_usd"].as_f64() > Some(0.0) && usage["output_tokens"].as_u64() > Some(0),
        "{usage}"
    );
    // What the agent saw, through its own eyes.
    let requests = api.requests();
    assert_eq!(requests.len(), 21);
    assert!(
        requests[20].tool_result(0).contains("\"iteration\": 3"),
        "{}",
        requests[20].tool_result(0)
    );
    assert!(requests[20].header("x-api-key").is_some());
    let (code, shown) = project.start(RESUME).end();
    assert_eq!(
        (code, shown.lines().last()),
        (
            Some(0),
            Some("Session 'it' is already complete; start over with `ap e2e it 10 --force`")
        )
    );
    assert_eq!(api.requests().len(), 21, "a finished session runs nothing");
}

#[test]
fn the_built_in_work_loop_empties_the_queue() {
    let Some((_api, project)) = prepare(
        script().every(|_, request| works(request)),
        &TASKS,
        "",
        |it| it,
    ) else {
        return;
    };
    let (code, shown) = project
        .start_loop("work", &["--keep-env", "--model", "sonnet"])
        .end();
    assert_eq!(code, Some(0), "{shown}");
    all_done(&project);
}

#[test]
fn a_killed_session_resumes_without_repeating_work() {
    let script = script()
        .conversation(works)
        .conversation(|request| {
            let mut turns = begins(request);
            turns.push(turn().bash("touch .git/asleep; sleep 600"));
            turns
        })
        .every(|_, request| works(request));
    let Some((api, project)) = prepare(script, &TASKS, "", |it| it) else {
        return;
    };
    let running = project.start(API_KEY);
    api.wait_until(LIMIT, |requests| requests.len() == 10);
    project.wait_for(".git/asleep");
    running.kill_all();
    let (code, said) = project.ap(&["status", "it"]);
    assert_eq!(code, Some(0), "{said}");
    assert!(
        said.contains("iteration 2/10")
            && said.contains("Last successful iteration: 1")
            && said.contains("--resume"),
        "{said}"
    );
    let running = project.start(RESUME);
    // The attempt is lost and will be repeated soon; the test need not wait for that.
    running.wait_to_show("trying again");
    assert_eq!(project.ap(&["continue", "it"]).0, Some(0));
    let (code, shown) = running.end();
    assert_eq!(code, Some(0), "{shown}");
    all_done(&project);
    assert_eq!(
        kinds(&project.outcomes()),
        ["reported", "lost", "reported", "reported"]
    );
    let held = api.requests()[9].tool_result(1);
    let held: Value = serde_json::from_str(&held).unwrap();
    let checks = project.events("queue_checked");
    let released: Vec<&Value> = checks
        .iter()
        .flat_map(|check| check["released"].as_array().unwrap())
        .collect();
    assert_eq!(released, [&held["id"]], "the claim of the dead is released");
    project.read(project.iteration(2, "attempts/1/stdout.log"));
}

#[test]
fn an_agent_survives_its_runner_and_is_adopted() {
    let script = script()
        .conversation(works)
        .conversation(|request| {
            let mut turns = works(request);
            turns.insert(
                2,
                turn().bash("touch .git/waits; until [ -e .git/go ]; do sleep 0.05; done"),
            );
            turns
        })
        .every(|_, request| works(request));
    let Some((api, project)) = prepare(script, &TASKS, "", |it| it) else {
        return;
    };
    let running = project.start(API_KEY);
    api.wait_until(LIMIT, |requests| requests.len() == 10);
    project.wait_for(".git/waits");
    running.kill();
    assert!(!project.processes().is_empty(), "the agent lives on");
    let running = project.start(RESUME);
    running.wait_to_show("taken over");
    project.put(".git/go", "");
    let (code, shown) = running.end();
    assert_eq!(code, Some(0), "{shown}");
    all_done(&project);
    assert_eq!(
        kinds(&project.outcomes()),
        ["reported", "reported", "reported"]
    );
    assert_eq!(api.requests().len(), 22, "nothing was said twice");
}

#[test]
fn a_used_up_quota_is_waited_for_and_costs_no_attempt() {
    // Far enough that no machine is too slow to see it ahead.
    let reset = now() + 3600;
    let script = script()
        .conversation(move |_| {
            vec![
                turn().but(
                    status(429)
                        .quota_used_up_until(reset)
                        .header("retry-after", "3600"),
                ),
            ]
        })
        .conversation(works);
    let Some((_api, project)) = prepare(script, &ONE, "retries: 0", |it| {
        it.account(Account::Subscription)
    }) else {
        return;
    };
    let running = project.start(&[]);
    running.wait_to_show("five hour quota is used up");
    assert_eq!(project.ap(&["continue", "it"]).0, Some(0));
    let (code, shown) = running.end();
    assert_eq!(code, Some(0), "{shown}");
    assert_eq!(kinds(&project.outcomes()), ["rate_limited", "reported"]);
    let waits = project.events("wait_started");
    assert_eq!(waits.len(), 1, "{waits:#?}");
    assert_eq!(waits[0]["reason"]["kind"], "rate_limit");
    let until: jiff::Timestamp = waits[0]["until"].as_str().unwrap().parse().unwrap();
    // Sessions do not return in the same second.
    let until = until.as_second().cast_unsigned();
    assert!(
        (reset..=reset + 60).contains(&until),
        "{until} is not {reset}"
    );
    assert!(shown.contains("subscription"), "{shown}");
}

#[test]
fn a_subscription_is_held_by_the_windows_that_claude_code_reports() {
    let reset = now() + 3600;
    let script = script().every(move |_, request| {
        let turns = works(request).into_iter();
        turns.map(|turn| turn.quota_used(0.97, reset)).collect()
    });
    let Some((_api, project)) = prepare(script, &TASKS, "", |it| it.account(Account::Subscription))
    else {
        return;
    };
    let running = project.start(&[]);
    running.wait_to_show("97 % of the 5-hour window is used, 95 % may be");
    let (_, shown) = project.ap(&["quota"]);
    assert!(
        shown.contains("oauth_token") && shown.contains("10 %"),
        "{shown}"
    );
    assert_eq!(project.ap(&["stop", "it"]).0, Some(0));
    assert_eq!(running.end().0, Some(5));
    let waits = project.events("wait_started");
    assert_eq!(waits[0]["reason"]["kind"], "quota", "{waits:#?}");
    assert_eq!(project.state()["iteration_completed"], 1);
}

/// The first attempt ends as `how`, the second succeeds.
fn tried_again(
    first: Script,
    settings: &str,
    env: impl FnOnce(ClaudeEnv) -> ClaudeEnv,
) -> Option<(MockApi, Project, String)> {
    let (api, project) = prepare(first.conversation(works), &ONE, settings, env)?;
    let running = project.start(API_KEY);
    running.wait_to_show("trying again");
    assert_eq!(project.ap(&["continue", "it"]).0, Some(0));
    let (code, shown) = running.end();
    assert_eq!(code, Some(0), "{shown}");
    assert_eq!(project.read("backlog.md"), "- [x] lay the table\n");
    assert_eq!(project.state()["history"][0]["attempts"], 2);
    Some((api, project, shown))
}

#[test]
fn a_hanging_agent_is_ended_and_retried() {
    let first = script().conversation(|_| vec![turn().but(hang())]);
    let patient = |it: ClaudeEnv| it.var("API_TIMEOUT_MS", "60000");
    let Some((_api, project, shown)) = tried_again(first, "limits: { idle: 4s }", patient) else {
        return;
    };
    assert_eq!(
        kinds(&project.outcomes()),
        ["timed_out", "reported"],
        "{shown}"
    );
    assert_eq!(project.outcomes()[0]["limit"], "idle");
    assert_eq!(
        project.json(project.iteration(1, "attempts/1/exit.json"))["limit"],
        "idle"
    );
}

#[test]
fn an_agent_that_waits_for_a_silent_server_after_a_tool_is_ended_and_retried() {
    let first = script().conversation(|_| vec![turn().bash("true"), turn().but(hang())]);
    let patient = |it: ClaudeEnv| it.var("API_TIMEOUT_MS", "60000");
    let limits = "limits: { after_tool: 4s }";
    let Some((_api, project, shown)) = tried_again(first, limits, patient) else {
        return;
    };
    assert_eq!(
        kinds(&project.outcomes()),
        ["timed_out", "reported"],
        "{shown}"
    );
    assert_eq!(project.outcomes()[0]["limit"], "after-tool");
}

#[test]
fn an_agent_whose_stream_is_cut_makes_another_attempt() {
    let first = script().conversation(|_| {
        vec![
            turn()
                .text("a sentence that comes in several pieces")
                .but(cut(4)),
        ]
    });
    let Some((_api, project, shown)) =
        tried_again(first, "", |it| it.var("CLAUDE_CODE_MAX_RETRIES", "0"))
    else {
        return;
    };
    assert_eq!(
        kinds(&project.outcomes()),
        ["outage", "reported"],
        "{shown}"
    );
}

#[test]
fn an_overloaded_service_costs_no_attempt() {
    let script = script().conversation(|request| {
        let mut turns = works(request);
        turns[1] = turns[1].clone().but(status(529).times(2));
        turns
    });
    let Some((api, project)) = prepare(script, &ONE, "retries: 0", |it| {
        it.var("CLAUDE_CODE_MAX_RETRIES", "3")
    }) else {
        return;
    };
    let (code, shown) = project.start(API_KEY).end();
    assert_eq!(code, Some(0), "{shown}");
    assert_eq!(kinds(&project.outcomes()), ["reported"]);
    assert_eq!(api.requests().len(), 9);
    assert!(shown.contains("API overloaded (529), retry 2/3"), "{shown}");
}

#[test]
fn a_missing_login_is_not_retried() {
    let Some((api, project)) = prepare(script(), &ONE, "", |it| it.account(Account::NotLoggedIn))
    else {
        return;
    };
    let (code, shown) = project.start(&[]).end();
    assert_eq!(code, Some(2), "{shown}");
    assert!(shown.contains("Claude Code is not signed in"), "{shown}");
    remember_login(&project);
    let (code, shown) = project.start(&[]).end();
    assert_eq!(code, Some(1), "{shown}");
    assert_eq!(kinds(&project.outcomes()), ["refused"]);
    assert!(
        shown.contains("Not logged in") && shown.contains("/login") && shown.contains("--resume"),
        "{shown}"
    );
    assert!(api.requests().is_empty());
}

#[test]
fn background_processes_of_an_agent_are_ended() {
    let script = script().conversation(|request| {
        let mut turns = works(request);
        turns.insert(
            2,
            turn().bash("setsid sleep 987 > /dev/null 2>&1 & echo $! > .git/left"),
        );
        turns
    });
    // In a namespace the pid that it notes would be another one.
    let in_groups = |it: ClaudeEnv| it.var("AP_CONTAIN", "groups");
    let Some((_api, project)) = prepare(script, &ONE, "", in_groups) else {
        return;
    };
    let (code, shown) = project.start(API_KEY).end();
    assert_eq!(code, Some(0), "{shown}");
    assert!(project.json(project.iteration(1, "exit.json"))["swept"].as_u64() > Some(0));
    assert!(project.processes().is_empty());
    let left: i32 = project.read(".git/left").trim().parse().unwrap();
    assert_eq!(agent_pipelines::exec::process::identity(left), None);
}

#[test]
fn the_key_of_another_account_does_not_reach_the_agent() {
    let script = script().conversation(|request| {
        let mut turns = works(request);
        turns.insert(
            2,
            turn().bash("env | grep -E '^(ANTHROPIC_API_KEY|CLAUDECODE_OUTER|CLAUDE_PIPELINE_[A-Z]+|IS_SANDBOX)=' | sort > .git/env"),
        );
        turns
    });
    let both = |it: ClaudeEnv| {
        it.account(Account::Subscription)
            .var("ANTHROPIC_API_KEY", "sk-ant-dummy-of-another-account")
    };
    let Some((api, project)) = prepare(script, &ONE, "", both) else {
        return;
    };
    // The guardrails refuse to write the environment to a file.
    project.put(
        "../home/config/agent-pipelines/config.yaml",
        "guard: { off: [secrets] }\n",
    );
    let (code, shown) = project.start(&[]).end();
    assert_eq!(code, Some(0), "{shown}");
    let sandbox = if nix::unistd::geteuid().is_root() {
        "IS_SANDBOX=1\n"
    } else {
        ""
    };
    assert_eq!(
        project.read(".git/env"),
        format!(
            "CLAUDE_PIPELINE_AGENT=1\nCLAUDE_PIPELINE_SESSION=it\nCLAUDE_PIPELINE_TYPE=e2e\n{sandbox}"
        )
    );
    assert!(
        api.requests()
            .iter()
            .all(|request| request.header("x-api-key").is_none())
    );
}

#[test]
fn the_window_shows_progress_tools_and_cost() {
    let script = script().conversation(works).conversation(|request| {
        let mut turns = works(request);
        turns.insert(2, turn().text("Before I touch anything I run the tests, which take a while: everything else rests on them, and I would rather know now than be surprised later by something that was broken before I came.").bash("touch .git/waits; until [ -e .git/go ]; do sleep 0.05; done"));
        turns
    });
    let Some((_api, project)) = prepare(script, &TASKS[..2], "", |it| {
        it.var("AP_TMUX_SOCKET", Tmux::SOCKET)
    }) else {
        return;
    };
    let tmux = project.tmux();
    let (code, said) = project.ap(&["e2e", "it", "--keep-env"]);
    assert_eq!(code, Some(0), "{said}");
    project.wait_for(".git/waits");
    let screen = tmux.wait_to_show("· Bash touch .git/waits");
    let lines: Vec<&str> = screen.lines().collect();
    for line in [
        "● iteration 2/10  ends when the queue is empty",
        "  First I read my context.",
        "  Read   context.json",
        "  Bash   ap queue claim --json",
    ] {
        assert!(lines.contains(&line), "{line:?} is not in\n{screen}");
    }
    assert!(screen.contains("✓ Did lay the table"), "{screen}");
    let bottom = lines.last().unwrap();
    for words in [
        "iteration 2/10 · ",
        " tokens · $0.00 so far, API key · last sign ",
        "s ago · Bash touch",
    ] {
        assert!(bottom.contains(words), "{words:?} is not in {bottom}");
    }
    project.put(".git/go", "");
    let (code, said) = project.ap(&["wait", "it"]);
    assert_eq!(
        (code, said.as_str()),
        (
            Some(0),
            "Session 'it' complete: the queue is empty, 2 tasks closed in all\n"
        )
    );
    // It stays readable after the end.
    tmux.wait_to_show(
        "✓ Session 'it' complete: the queue is empty, 2 tasks closed in all  (2 iterations, ",
    );
}
