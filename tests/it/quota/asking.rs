//! Claude Code is asked for the quota: by a stand-in that speaks its control protocol.
use super::{WORKS, run, settings};
use crate::project::Project;
use serde_json::json;

/// A stand-in for Claude Code, long enough to be asked, that answers a request for the quota like this.
fn asked(project: &Project, does: &str) {
    let padding = "# It only has to be as long as a program.\n".repeat(110_000);
    let program = project.program(
        "claude-stand-in",
        &format!(
            "#!/bin/sh\nread -r request\necho \"$request\" >>requests\n{does}\nexit 0\n{padding}"
        ),
    );
    settings(project, &format!("programs: {{claude: \"{program}\"}}\n"));
}

#[test]
fn claude_code_is_asked_when_you_say_so_and_not_again_at_once() {
    let project = Project::new();
    let in_an_hour = agent_pipelines::clock::now() + jiff::SignedDuration::from_hours(1);
    // As recorded of 2.1.329; the answer comes only as long as its input is open.
    asked(
        &project,
        &format!(
            "echo '{{\"type\":\"system\",\"subtype\":\"hook_started\"}}'\n(sleep 0.2; echo '{{\"type\":\"control_response\",\"response\":{{\"subtype\":\"success\",\"request_id\":\"ap-quota\",\"response\":{{\"session\":{{}},\"subscription_type\":\"max\",\"rate_limits_available\":true,\"rate_limits\":{{\"five_hour\":{{\"utilization\":42,\"resets_at\":\"{in_an_hour}\"}},\"seven_day\":null,\"extra_usage\":{{\"is_enabled\":false}}}},\"behaviors\":{{}}}}}}}}') &\ncat >/dev/null && kill -0 $! 2>/dev/null && exit 3\nwait"
        ),
    );
    project
        .ap(&["quota", "--refresh"])
        .expect(0)
        .says(&["42 %", "asked"]);
    let again = project.ap(&["quota", "--refresh"]).expect(0);
    assert!(
        again.stderr.contains("it answered shortly before"),
        "{}",
        again.stderr
    );
    let requests = project.read("requests");
    assert_eq!(requests.lines().count(), 1, "{requests}");
    assert!(requests.contains("\"subtype\":\"get_usage\""), "{requests}");
    let raw = project.ap(&["quota", "--raw"]).expect(0).stdout;
    assert!(raw.contains("\"source\": \"asked\""), "{raw}");
}

#[test]
fn an_answer_of_another_kind_is_named_and_puts_the_next_one_off() {
    for (does, why) in [
        ("echo hello", "it answered something else"),
        (
            "echo '{\"type\":\"control_response\",\"response\":{\"subtype\":\"success\",\"request_id\":\"ap-quota\",\"response\":{\"rate_limits_available\":false,\"rate_limits\":null}}}'",
            "no windows",
        ),
    ] {
        let project = Project::new();
        asked(&project, does);
        let ran = project.ap(&["quota", "--refresh"]).expect(4);
        assert!(ran.stderr.contains(why), "{does}: {}", ran.stderr);
        let again = project.ap(&["quota", "--refresh"]).expect(4);
        assert!(again.stderr.contains("asked again in"), "{}", again.stderr);
    }
}

#[test]
fn claude_code_is_not_asked_where_that_is_not_allowed() {
    for (name, value) in [
        ("ANTHROPIC_BASE_URL", "http://127.0.0.1:9"),
        ("CLAUDE_CODE_USE_BEDROCK", "1"),
        ("CLAUDE_CODE_OAUTH_TOKEN", "dummy"),
        ("CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC", "1"),
    ] {
        let mut project = Project::new();
        asked(&project, "echo asked");
        project.set(name, value);
        let ran = project.ap(&["quota", "--refresh"]).expect(4);
        assert!(ran.stderr.contains("not asked"), "{name}: {}", ran.stderr);
        assert!(!project.root().join("requests").exists(), "{name}");
        let ran = project.ap(&["quota"]).expect(4);
        assert!(
            ran.stderr.contains("not asked") || ran.stderr.contains("has no windows"),
            "{name}: {}",
            ran.stderr
        );
    }
}

#[test]
fn a_number_that_is_old_is_asked_for_before_an_attempt() {
    let project = Project::new();
    let now = agent_pipelines::clock::now();
    let hours = |hours| now + jiff::SignedDuration::from_hours(hours);
    let padding = "# It only has to be as long as a program.\n".repeat(110_000);
    let reset = hours(3);
    let answer = format!(
        "{{\"type\":\"control_response\",\"response\":{{\"subtype\":\"success\",\"request_id\":\"ap-quota\",\"response\":{{\"rate_limits_available\":true,\"rate_limits\":{{\"five_hour\":{{\"utilization\":99,\"resets_at\":\"{reset}\"}}}}}}}}}}"
    );
    let program = project.program(
        "claude-stand-in",
        &format!(
            "#!/bin/sh\ncase \"$*\" in *--input-format*) read -r request; echo asked >>\"$0.asked\"; echo '{answer}'; cat >/dev/null; exit 0;; esac\nread -r n; read -r status; cat >/dev/null\n[ -n \"$status\" ] || exit 0\n{WORKS}\nexit 0\n{padding}"
        ),
    );
    let yaml = format!(
        "provider: claude\nprogram: \"{program}\"\ndelay: 0\ntermination: {{ type: fixed, iterations: 1 }}\n"
    );
    project.a_loop("work", &yaml, "${ITERATION}\n${STATUS}\n");
    let account = agent_pipelines::model::Account {
        provider: "claude".to_owned(),
        folder: format!("{}/.claude", project.var("HOME")),
        method: "claude.ai".to_owned(),
        has_windows: true,
        no_asking: None,
    };
    let known = json!({
        "used": 0.2, "resets_at": reset, "status": "allowed", "source": "agent",
        "seen_at": hours(-1), "boot": "another", "uptime_s": 1.0,
    });
    let file = json!({ "v": 1, "accounts": { account.key().to_string(): {
        "provider": account.provider, "folder": account.folder, "method": account.method,
        "windows": { "five_hour": known },
    }}});
    project.write("../ap home/state/quota.json", &file.to_string());
    let runner = project.start(&run("s"));
    project.until_event("s", "wait_started", 1);
    assert_eq!(project.events("s", "iteration_started").len(), 0);
    let reason = project.events("s", "wait_started")[0]["reason"]["reason"].clone();
    assert!(
        reason
            .as_str()
            .is_some_and(|it| it.contains("99 % of the 5-hour window")),
        "{reason}"
    );
    let asked = fs_err::read_to_string(format!("{program}.asked")).expect("it was asked");
    assert_eq!(asked.lines().count(), 1);
    project.ap(&["stop", "s"]).expect(0);
    assert_eq!(runner.ended(), 5);
}
