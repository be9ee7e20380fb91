//! Claude Code, headless. What is relied on here was measured on 2.1.197 and 2.1.329.
use super::InvocationContext;
use crate::model::PermissionMode;
use crate::plan::AgentSpec;
use camino::Utf8Path;

/// What the structured result must look like: the fields of [`crate::model::Status`].
const STATUS_SCHEMA: &str = r#"{"type":"object","properties":{"decision":{"type":"string","enum":["continue","stop","error"]},"reason":{"type":"string"},"summary":{"type":"string"},"work":{"type":"object","properties":{"items_completed":{"type":"array","items":{"type":"string"}},"files_touched":{"type":"array","items":{"type":"string"}}}},"errors":{"type":"array","items":{"type":"string"}}},"required":["decision","reason","summary"]}"#;

/// Tells the agent to report through its result instead of a file it may not write.
pub(super) const REPORT_BY_RESULT: &str = "

---
You may not write under `.claude/` in this permission mode. Do not write the status file. \
When your work is done, report it by calling the StructuredOutput tool exactly once, as your last step, with `decision` \
(`continue`, `stop` or `error`), `reason`, `summary`, and where they apply `work.items_completed`, `work.files_touched` and `errors`.
";

pub(super) const INSTALL: &str = "install Claude Code (`npm install -g @anthropic-ai/claude-code`) so that `claude` is on PATH, or name another program";
pub(super) const LOGIN: &str = "log in: run `claude`, then `/login`, or set CLAUDE_CODE_OAUTH_TOKEN (`claude setup-token`); \
     ANTHROPIC_API_KEY reaches agents only with `--keep-env`";

/// Retries of a failing request. Eight last about a hundred seconds, enough for the usual overload; each wait for
/// an answer is bounded below, so a server that accepts and stays silent is given up within half an hour.
const MAX_RETRIES: &str = "8";
/// Milliseconds to wait for the headers of an answer; the program's own limit is ten minutes.
const API_TIMEOUT_MS: &str = "180000";

/// Whether the agent may do anything; only then may it write under `.claude/`.
pub(super) fn bypasses(spec: &AgentSpec) -> bool {
    spec.permissions == PermissionMode::BypassPermissions
}

/// Returns the arguments; the prompt is not among them, for argv holds only 128 KiB of one.
///
/// There is no `--setting-sources`: without `user` the person's gateway (`env`), `apiKeyHelper`, permissions,
/// plugins and `CLAUDE.md` would all be gone with the one thing that can disturb, their hooks (measured: the
/// user's `SessionStart` hook, `env` and `CLAUDE.md` go together). A hook that should not act in a pipeline can ask
/// for `CLAUDE_PIPELINE_AGENT`, and a loop that wants to be sealed says `args: [--setting-sources, "project,local"]`.
/// There is no `--settings` either, because only one is taken and it is the user's to give; rules go through
/// `--allowedTools`, which adds up. The definition's own arguments come last, so they win.
pub(super) fn args(spec: &AgentSpec, call: &InvocationContext<'_>) -> Vec<String> {
    let mut args = vec!["-p".to_owned()];
    if bypasses(spec) {
        args.push("--dangerously-skip-permissions".to_owned());
    } else {
        // 2.1.329 calls `default` `manual` and takes both; 2.1.197 takes only this.
        args.extend(
            [
                "--permission-mode",
                spec.permissions.name(),
                "--json-schema",
                STATUS_SCHEMA,
            ]
            .map(str::to_owned),
        );
        args.extend(call.exchange.into_iter().flat_map(exchange));
        args.extend(["--allowedTools", "Bash(ap queue *)"].map(str::to_owned));
    }
    let model = if spec.model.is_empty() {
        "opus"
    } else {
        &spec.model
    };
    // After the options above that take lists, so that none of them swallows what follows.
    args.extend(
        [
            "--output-format",
            "stream-json",
            "--verbose",
            "--model",
            model,
        ]
        .map(str::to_owned),
    );
    args.extend(spec.args.iter().cloned());
    args
}

/// Returns the arguments for a judge, which answers and may do nothing else.
pub(super) fn judge_args(spec: &AgentSpec) -> Vec<String> {
    let model = if spec.model.is_empty() {
        "haiku"
    } else {
        &spec.model
    };
    let answer = [
        "-p",
        "--permission-mode",
        PermissionMode::DontAsk.name(),
        "--json-schema",
        super::judge::SCHEMA,
    ];
    answer
        .into_iter()
        .chain([
            "--output-format",
            "stream-json",
            "--verbose",
            "--model",
            model,
        ])
        .map(str::to_owned)
        .collect()
}

/// Lets the agent write in the exchange folder. Enough in every mode but `plan`, where only redirects of Bash pass.
fn exchange(folder: &Utf8Path) -> [String; 4] {
    // A rule's path is absolute when it begins with two slashes.
    [
        "--add-dir".to_owned(),
        folder.to_string(),
        "--allowedTools".to_owned(),
        format!("Edit(/{folder}/**)"),
    ]
}

/// Returns what Claude Code is told through its environment. What the user has set is left alone.
pub(super) fn environment(
    spec: &AgentSpec,
    call: &InvocationContext<'_>,
    inherited: &[&str],
) -> Vec<(String, String)> {
    let mut set = vec![
        // Otherwise 2.1.329 answers several times, and does not exit while a background command runs.
        ("CLAUDE_CODE_DISABLE_BACKGROUND_TASKS", "1"),
        ("DISABLE_AUTOUPDATER", "1"),
    ];
    if call.is_root && bypasses(spec) {
        // Root is refused without it; only exactly `1` counts.
        set.push(("IS_SANDBOX", "1"));
    }
    let bounds = [
        ("CLAUDE_CODE_MAX_RETRIES", MAX_RETRIES),
        ("API_TIMEOUT_MS", API_TIMEOUT_MS),
    ];
    set.extend(
        bounds
            .into_iter()
            .filter(|(name, _)| !inherited.contains(name)),
    );
    set.into_iter()
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .collect()
}
