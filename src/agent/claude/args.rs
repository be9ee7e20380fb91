//! The arguments and environment of Claude Code.
use super::models;
use crate::agent::context::InvocationContext;
use crate::agent::dialogue::Dialogue;
use crate::agent::judge;
use crate::agent::model;
use crate::agent::options::AgentOptions;
use crate::model::PermissionMode;
use camino::Utf8Path;

/// What the structured result must look like: the fields of [`crate::model::Status`].
const STATUS_SCHEMA: &str = r#"{"type":"object","properties":{"decision":{"type":"string","enum":["continue","stop","ask","error"]},"reason":{"type":"string"},"summary":{"type":"string"},"work":{"type":"object","properties":{"items_completed":{"type":"array","items":{"type":"string"}},"files_touched":{"type":"array","items":{"type":"string"}}}},"errors":{"type":"array","items":{"type":"string"}},"question":{"type":"string"},"choices":{"type":"array","items":{"type":"string"}}},"required":["decision","reason","summary"]}"#;

/// Retries of a failing request. Eight take about a hundred seconds, enough for the usual overload. `API_TIMEOUT_MS`
/// bounds each wait for an answer, so a server that accepts and stays silent fails the request within half an hour.
const MAX_RETRIES: &str = "8";
/// Milliseconds to wait for the headers of an answer; the program's own limit is ten minutes.
const API_TIMEOUT_MS: &str = "180000";

/// Returns the arguments for an agent. The prompt is not among them, because one argument holds only 128 KiB.
///
/// There is no `--setting-sources`: without `user` the user's gateway (`env`), `apiKeyHelper`, permissions, plugins and
/// `CLAUDE.md` would all be gone with the one thing that can disturb, their hooks (measured: the user's `SessionStart` hook,
/// `env` and `CLAUDE.md` go together). A hook that should not act in a pipeline can check `CLAUDE_PIPELINE_AGENT`, and a loop
/// can be isolated with `args: [--setting-sources, "project,local"]`. There is no `--settings` either, because the program
/// accepts only one and it is the user's to give; rules go through `--allowedTools`, which adds up. The definition's own
/// arguments come last, so they win.
pub(super) fn agent(options: &AgentOptions<'_>, context: &InvocationContext<'_>) -> Vec<String> {
    let mut args = vec!["-p".to_owned()];
    if options.bypasses_permissions() {
        args.push("--dangerously-skip-permissions".to_owned());
    } else {
        // 2.1.329 calls `default` `manual` and accepts both; 2.1.197 accepts only this.
        let asks = options.permissions == PermissionMode::Ask;
        let mode = if asks {
            args.extend(strings(["--permission-prompt-tool", "stdio"]));
            PermissionMode::Default
        } else {
            options.permissions
        };
        args.extend(strings([
            "--permission-mode",
            mode.name(),
            "--json-schema",
            STATUS_SCHEMA,
        ]));
        args.extend(context.exchange.into_iter().flat_map(exchange));
        args.extend(strings(["--allowedTools", "Bash(ap queue *)"]));
    }
    args.extend(without_tools(options));
    // After the options above that accept lists, so that none of them swallows what follows.
    args.extend(output(options.model, "opus"));
    if options.dialogue.is_some() {
        args.extend(OPEN_INPUT.map(str::to_owned));
    }
    args.extend(["-n".to_owned(), name(context)]);
    args.extend(budget(options, context));
    args.extend(bounds(options));
    args.extend(options.args.iter().cloned());
    args
}

/// Returns the options for the number of turns and for the agents that it may call.
fn bounds(options: &AgentOptions<'_>) -> Vec<String> {
    let turns = options.max_turns.map(|turns| turns.to_string());
    let agents = Some(options.subagents).filter(|agents| !agents.is_empty());
    let turns = turns.map(|turns| ["--max-turns".to_owned(), turns]);
    let agents = agents.map(|agents| [AGENTS.to_owned(), agents.to_owned()]);
    turns.into_iter().chain(agents).flatten().collect()
}

/// The option that defines agents. The one for the turns is not in the program's help.
pub(super) const AGENTS: &str = "--agents";

/// Returns the option with which the program itself ends when it has spent what is left. A conversation that is resumed
/// has none, because its earlier runs would count too.
fn budget(options: &AgentOptions<'_>, context: &InvocationContext<'_>) -> Vec<String> {
    const RESUMES: [&str; 4] = ["-c", "--continue", "-r", "--resume"];
    let is_resumed = options
        .args
        .iter()
        .any(|arg| RESUMES.contains(&arg.split('=').next().unwrap_or(arg)));
    let left = context.cost_left_usd.filter(|_| !is_resumed);
    // Rounded up, so that what is left is never nothing.
    let usd = left.map(|left| (left * 1e4).ceil().max(1.0) / 1e4);
    usd.map_or_else(Vec::new, |usd| {
        vec!["--max-budget-usd".to_owned(), usd.to_string()]
    })
}

/// What keeps standard input open for messages. The program repeats each as it reads it, which shows that it arrived.
pub(super) const OPEN_INPUT: [&str; 3] = [INPUT_FORMAT, "stream-json", "--replay-user-messages"];
const INPUT_FORMAT: &str = "--input-format";

/// Returns how agents are spoken to, unless the definition's own arguments say how they read and print.
pub(super) fn dialogue(options: &AgentOptions<'_>) -> Option<Dialogue> {
    let is_own = |arg: &String| {
        let name = arg.split('=').next().unwrap_or_default();
        [INPUT_FORMAT, "--output-format"].contains(&name)
    };
    (!options.args.iter().any(is_own)).then_some(Dialogue::StreamJson)
}

/// Returns the name of the agent's session, as lists of Claude Code's sessions show it.
fn name(context: &InvocationContext<'_>) -> String {
    let InvocationContext {
        session,
        stage,
        cursor,
        ..
    } = context;
    format!("ap {session} {stage} {}", cursor.iteration)
}

/// Tools with which an agent would reach beyond its iteration: it would send messages to the user's other sessions, wake
/// itself up later, commit in a working tree that is not the session's, or ask what only its terminal could answer: agents
/// ask with `decision: ask`.
const DISALLOWED: [&str; 11] = [
    "AskUserQuestion",
    "EnterPlanMode",
    "ExitPlanMode",
    "SendMessage",
    "ListAgents",
    "CronCreate",
    "CronDelete",
    "CronList",
    "ScheduleWakeup",
    "EnterWorktree",
    "ExitWorktree",
];

/// Returns the option that removes the disallowed tools, except those that the definition allows. A version that lacks
/// a tool ignores its name.
fn without_tools(options: &AgentOptions<'_>) -> Vec<String> {
    let is_allowed = |tool: &&str| {
        options
            .allow_tools
            .iter()
            .any(|name| name == tool || name == "*")
    };
    let tools: Vec<&str> = DISALLOWED
        .into_iter()
        .filter(|tool| !is_allowed(tool))
        .collect();
    if tools.is_empty() {
        return Vec::new();
    }
    vec!["--disallowedTools".to_owned(), tools.join(",")]
}

/// Returns the arguments for a judge, which answers and may do nothing else.
pub(super) fn judge(options: &AgentOptions<'_>, context: &InvocationContext<'_>) -> Vec<String> {
    let mut args = strings([
        "-p",
        "--permission-mode",
        PermissionMode::DontAsk.name(),
        "--json-schema",
        judge::SCHEMA,
    ])
    .to_vec();
    args.extend(without_tools(options));
    args.extend(output(options.model, models::JUDGE));
    args.extend(["-n".to_owned(), format!("{} judge", name(context))]);
    args
}

fn output(model: &str, default_model: &str) -> Vec<String> {
    let (name, effort) = model::split(model, &models::EFFORTS);
    let name = if name.is_empty() { default_model } else { name };
    let mut args: Vec<String> = strings([
        "--output-format",
        "stream-json",
        "--verbose",
        "--model",
        name,
    ])
    .into();
    args.extend(model::flag("--effort", effort.unwrap_or_default()));
    args
}

/// Returns the options that let the agent write in the exchange folder. They suffice in every mode but `plan`, where
/// only redirects of Bash pass.
fn exchange(folder: &Utf8Path) -> [String; 4] {
    // A rule's path is absolute when it begins with two slashes.
    [
        "--add-dir".to_owned(),
        folder.to_string(),
        "--allowedTools".to_owned(),
        format!("Edit(/{folder}/**)"),
    ]
}

fn strings<const N: usize>(texts: [&str; N]) -> [String; N] {
    texts.map(str::to_owned)
}

/// Returns the variables for Claude Code. Bounds that the user has set are kept.
pub(super) fn environment(
    options: &AgentOptions<'_>,
    context: &InvocationContext<'_>,
    inherited: &[&str],
) -> Vec<(String, String)> {
    let mut set = vec![
        // Without it 2.1.329 answers several times, and does not exit while a background command runs.
        ("CLAUDE_CODE_DISABLE_BACKGROUND_TASKS", "1"),
        ("DISABLE_AUTOUPDATER", "1"),
    ];
    if context.is_root && options.bypasses_permissions() {
        // Without `IS_SANDBOX=1` the program refuses to run as root; only exactly `1` counts.
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
