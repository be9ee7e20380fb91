//! How agents are called, and how the recorded output of real programs is read.
use super::context::InvocationContext;
use super::registry::Provider;
use super::spec::{AgentSpec, AttemptLimits};
use super::transcript::{Activity, OutputFormat, Transcript};
use crate::model::{Containment, Cursor, Exit, PermissionMode, RunId, Scope, SessionName, Status};
use camino::Utf8Path;
use jiff::Timestamp;

mod budgets;
mod calls;
mod conversations;
mod failures;
mod outcomes;
mod provider_calls;
mod provider_outcomes;
mod provider_output;
mod quota;
mod transcripts;

/// A recorded output: `sample!("claude/success")`.
macro_rules! sample {
    ($name:literal) => {
        include_bytes!(concat!("../../../tests/data/", $name, ".jsonl"))
    };
}
use sample;

/// Before every reset in the samples.
const NOW: &str = "2026-11-21T00:30:00Z";

fn now() -> Timestamp {
    NOW.parse().unwrap()
}

fn spec(permissions: PermissionMode) -> AgentSpec {
    AgentSpec {
        provider: Provider::default(),
        program: "claude".to_owned(),
        model: "opus".to_owned(),
        permissions,
        allow_tools: Vec::new(),
        args: Vec::new(),
        keep_env: false,
        max_attempts: 3,
        dialogue: None,
        retry_delay_ms: 5000,
        limits: AttemptLimits::default(),
        max_turns: None,
        subagents: String::new(),
        custom: None,
        fallback: Vec::new(),
        escalation: None,
    }
}

fn exit(code: i32) -> Exit {
    Exit {
        code: (code >= 0).then_some(code),
        signal: (code < 0).then_some(-code),
        limit: None,
        cancelled: false,
        spawn_error: None,
        started_at: now(),
        ended_at: now(),
        swept: 0,
        out_of_memory: false,
        scope: Scope::Empty,
        containment: Containment::Groups,
        question: None,
        ended_tools: Vec::new(),
    }
}

fn read(bytes: &[u8]) -> (Transcript, Vec<String>) {
    read_as("claude", bytes)
}

fn status() -> Result<Status, String> {
    Ok(Status::parse(r#"{"decision":"stop"}"#).unwrap())
}

fn no_status() -> Result<Status, String> {
    Err("no status.json".to_owned())
}

fn call<'a>(session: &'a SessionName, run: &'a RunId) -> InvocationContext<'a> {
    InvocationContext {
        cursor: Cursor {
            node: 0,
            iteration: 3,
            attempt: 2,
        },
        run,
        session,
        stage: "implement",
        node_type: "work",
        is_root: true,
        exe: Utf8Path::new("/opt/ap"),
        project: Utf8Path::new("/p"),
        context: Utf8Path::new("/p/.claude/c.json"),
        exchange: Some(Utf8Path::new("/p/.agent-pipelines/auth")),
        cost_left_usd: None,
        prompt: "do it",
        prompt_file: Utf8Path::new("/p/.claude/prompt.md"),
    }
}

/// The providers beside Claude Code that have a program of their own.
const OTHER_PROVIDERS: [&str; 5] = ["codex", "gemini", "opencode", "amp", "copilot"];

/// Returns an agent of a provider, by its name.
fn spec_of(provider: &str, permissions: PermissionMode, model: &str) -> AgentSpec {
    let provider = Provider::named(provider).unwrap();
    AgentSpec {
        provider,
        program: provider.adapter().program().to_owned(),
        model: model.to_owned(),
        ..spec(permissions)
    }
}

/// Reads an output as that of a provider, by its name.
fn read_as(provider: &str, bytes: &[u8]) -> (Transcript, Vec<String>) {
    let format = Provider::named(provider).unwrap().adapter().output_format();
    let mut transcript = Transcript::new(format);
    let mut shown = transcript.push(bytes);
    shown.extend(transcript.finish());
    (transcript, shown.iter().map(Activity::line).collect())
}
