//! What an attempt amounts to, from how its process ended and what it said.
use super::facts::TranscriptState;
use super::stream::Transcript;
use super::{claude, event, failure, gemini, install_hint, login_hint, reports_by_result};
use crate::model::{Exit, LimitKind, Outcome, Status};
use crate::plan::{AgentSpec, Provider};
use crate::text::first_line;
use jiff::{SignedDuration, Timestamp};
use std::borrow::Cow;

/// The most of standard error that is kept.
const STDERR_TAIL: usize = 2048;
/// No quota window is longer; a reset further away is a mistake.
const LONGEST_RESET: SignedDuration = SignedDuration::from_hours(8 * 24);

/// Types how the attempt ended. `status` is what a fresh `status.json` says, or why there is none.
///
/// In this order, the first that fits:
/// - exit 0 and a valid status is *reported*, whatever was printed. It is so even when a limit ended the agent:
///   interrupted after its result (a background command kept it from exiting) Claude Code exits 0, and the work is
///   done. Any other end by a limit is *timed out*, however good the status.
/// - a cancelled agent is *cancelled*, unless it had given its result before, without error: then its work is not
///   lost and not done again.
/// - a quota that is used up comes before a refusal, a refusal before a crash: each is told by structured fields
///   alone. Texts are only matched where Claude Code gives nothing else (it refuses to run as root).
/// - where another program than Claude Code fails and its events do not say why, its exit code and its words on stderr do.
/// - exit 0 with a result that says `is_error` is an interrupted run: *crashed*, so that it is tried again.
pub fn outcome(
    spec: &AgentSpec,
    exit: &Exit,
    transcript: &Transcript,
    status: Result<Status, String>,
    stderr_tail: &str,
    now: Timestamp,
) -> Outcome {
    if let Some(error) = &exit.spawn_error {
        return not_started(spec, error);
    }
    let facts = &*heard(spec, transcript.facts(), exit, stderr_tail);
    let status = match transcript.structured_status() {
        Some(value) if status.is_err() && reports_by_result(spec) => Status::from_value(value)
            .map_err(|error| format!("the structured result is not a status: {error}")),
        _ => status,
    };
    let finished = transcript.saw_result() && !failed(facts);
    let why = match status {
        Ok(status) if exit.code == Some(0) && (finished || !exit.cancelled) => {
            return Outcome::Reported { status };
        }
        Ok(_) => String::new(),
        Err(why) => why,
    };
    if exit.cancelled {
        return Outcome::Cancelled;
    }
    if let Some(limit) = exit.limit {
        return timed_out(facts, limit, now);
    }
    unsuccessful(facts, exit, now)
        .or_else(|| refused(spec, facts, exit, stderr_tail))
        .unwrap_or_else(|| ended(spec, facts, exit, why, stderr_tail))
}

/// Adds what a program that failed said only with its exit code or on stderr.
fn heard<'f>(
    spec: &AgentSpec,
    facts: &'f TranscriptState,
    exit: &Exit,
    stderr: &str,
) -> Cow<'f, TranscriptState> {
    let speaks_otherwise = matches!(
        spec.provider,
        Provider::Claude | Provider::Scripted | Provider::Command
    );
    let Some(code) = exit
        .code
        .filter(|code| *code != 0 && !speaks_otherwise && facts.error.is_empty())
    else {
        return Cow::Borrowed(facts);
    };
    let by_code = gemini::exit_meaning(code).filter(|_| spec.provider == Provider::Gemini);
    let telling = stderr
        .lines()
        .rev()
        .find(|line| !failure::kind(None, line).is_empty());
    let (kind, text) = match (by_code, telling) {
        (Some((kind, text)), _) => (kind, text),
        (None, Some(line)) => (failure::kind(None, line), line),
        (None, None) => return Cow::Borrowed(facts),
    };
    let verdict = event::Verdict {
        is_error: true,
        error: first_line(text),
        ..event::Verdict::default()
    };
    let mut facts = facts.clone();
    (facts.error, facts.verdict, facts.resets_in) =
        (kind.to_owned(), Some(verdict), failure::resets_in(text));
    Cow::Owned(facts)
}

/// Whether the last result, or the last answer of the provider, was a failure.
fn failed(facts: &TranscriptState) -> bool {
    !facts.error.is_empty()
        || facts
            .verdict
            .as_ref()
            .is_some_and(|verdict| verdict.is_error)
}

/// An agent that waits for its quota is out of quota; one that merely hung has timed out.
fn timed_out(facts: &TranscriptState, limit: LimitKind, now: Timestamp) -> Outcome {
    match rate_limited(facts, now) {
        Some(limited @ Outcome::RateLimited { until: Some(_), .. }) => limited,
        _ => Outcome::TimedOut { limit },
    }
}

/// A rate limit that was overcome is none.
fn unsuccessful(facts: &TranscriptState, exit: &Exit, now: Timestamp) -> Option<Outcome> {
    if exit.code == Some(0) && !failed(facts) {
        None
    } else {
        rate_limited(facts, now)
    }
}

/// Returns the rate limit the attempt failed for. Without a reset it is throttling, or an account that says no more.
fn rate_limited(facts: &TranscriptState, now: Timestamp) -> Option<Outcome> {
    let by_answer = facts.error == "rate_limit"
        || facts
            .verdict
            .as_ref()
            .is_some_and(|verdict| verdict.api_status == Some(429));
    let rejected = facts.rate_limit.as_ref().filter(|limit| limit.rejected);
    if !by_answer && rejected.is_none() {
        return None;
    }
    let told = rejected
        .and_then(|limit| limit.resets_at)
        .or_else(|| now.checked_add(facts.resets_in?).ok());
    let until = told.filter(|at| *at > now && at.duration_since(now) <= LONGEST_RESET);
    let reason = match rejected {
        Some(limit) if !limit.window.is_empty() => {
            format!("the {} quota is used up", limit.window.replace('_', " "))
        }
        _ => error_text(facts).unwrap_or_else(|| "the provider limits requests".to_owned()),
    };
    Some(Outcome::RateLimited { until, reason })
}

fn not_started(spec: &AgentSpec, error: &str) -> Outcome {
    Outcome::Refused {
        reason: format!("`{}` could not be started: {error}", spec.program),
        hint: install_hint(spec),
    }
}

fn refused(
    spec: &AgentSpec,
    facts: &TranscriptState,
    exit: &Exit,
    stderr: &str,
) -> Option<Outcome> {
    let (reason, hint) = if exit.code != Some(0) || failed(facts) {
        by_provider(spec, facts).or_else(|| as_root(spec, facts, stderr))?
    } else {
        by_permissions(spec, facts)?
    };
    Some(Outcome::Refused { reason, hint })
}

/// The provider does not let this account, or this model, in.
fn by_provider(spec: &AgentSpec, facts: &TranscriptState) -> Option<(String, String)> {
    let status = facts
        .verdict
        .as_ref()
        .and_then(|verdict| verdict.api_status);
    let hint = match (facts.error.as_str(), status) {
        ("authentication_failed", _) | ("", Some(401 | 403)) => login_hint(spec),
        ("billing_error", _) | ("", Some(402)) => {
            "the account cannot pay: add credit, or log in with another one"
        }
        ("model_not_found", _) if spec.provider == Provider::Claude => {
            "name a model this account has: `opus`, `sonnet`, `haiku`, or a full model name"
        }
        ("model_not_found", _) => {
            "name a model this account has, as its program calls it, with `model:` or `--model`"
        }
        ("invalid_input" | "invalid_config", _) => {
            "see `ap logs`; what it was called with is in the session's folder"
        }
        _ => return None,
    };
    Some((
        error_text(facts).unwrap_or_else(|| facts.error.replace('_', " ")),
        hint.to_owned(),
    ))
}

/// Claude Code says this as plain text, before any event.
fn as_root(spec: &AgentSpec, facts: &TranscriptState, stderr: &str) -> Option<(String, String)> {
    let refuses = |text: &str| text.contains("cannot be used with root");
    if spec.provider != Provider::Claude || !(refuses(stderr) || refuses(&facts.last_raw)) {
        return None;
    }
    let hint = "run as an ordinary user, or choose `permissions: acceptEdits`; inside a container that is thrown away set IS_SANDBOX=1";
    Some((
        "Claude Code does not skip permissions for root".to_owned(),
        hint.to_owned(),
    ))
}

/// The agent ran to its end but was not allowed to do its work, so it could not report either.
fn by_permissions(spec: &AgentSpec, facts: &TranscriptState) -> Option<(String, String)> {
    let first = facts.denials.first()?;
    let mut tools: Vec<&str> = facts
        .denials
        .iter()
        .map(|denial| denial.tool.as_str())
        .collect();
    tools.sort_unstable();
    tools.dedup();
    let mut rules: Vec<String> = facts
        .denials
        .iter()
        .map(|denial| rule(&denial.tool, &denial.about))
        .collect();
    rules.sort();
    rules.dedup();
    rules.truncate(5);
    let about = if first.about.is_empty() {
        String::new()
    } else {
        format!(" (first: {} {})", first.tool, first.about)
    };
    let reason = format!("not permitted: {}{about}", tools.join(", "));
    let hint = if spec.provider != Provider::Claude {
        format!(
            "allow it in the settings of `{}`, or choose another `permissions:`",
            spec.provider.name()
        )
    } else if claude::bypasses(spec) {
        "a deny rule or a PreToolUse hook in your Claude settings forbids it: change it, or the prompt".to_owned()
    } else {
        format!(
            "the permission mode is `{}`: allow it with `args: [--allowedTools, {}]`, or choose another `permissions:`",
            spec.permissions.name(),
            rules
                .iter()
                .map(|rule| format!("{rule:?}"))
                .collect::<Vec<_>>()
                .join(", ")
        )
    };
    Some((reason, hint))
}

/// Returns the permission rule that would have allowed the call. `Edit` alone does not cover `Write` (measured on 2.1.329).
fn rule(tool: &str, about: &str) -> String {
    match tool {
        "Bash" => match about.split_whitespace().next() {
            Some(program) => format!("Bash({program} *)"),
            None => tool.to_owned(),
        },
        other => other.to_owned(),
    }
}

/// Ended on its own: without a status after exit 0, or badly.
fn ended(
    spec: &AgentSpec,
    facts: &TranscriptState,
    exit: &Exit,
    why: String,
    stderr: &str,
) -> Outcome {
    if exit.code == Some(0) && !failed(facts) {
        return Outcome::Unreported { reason: why };
    }
    let (code, signal) = (exit.code, exit.signal);
    let complaint = || {
        stderr
            .lines()
            .rev()
            .map(first_line)
            .find(|line| !line.is_empty())
    };
    let reason = match spec.provider {
        // Its standard output is its answer, whatever that is.
        Provider::Command => complaint().or_else(|| said(&facts.last_raw)),
        Provider::Claude | Provider::Scripted => error_text(facts)
            .or_else(|| said(&facts.last_raw))
            .or_else(complaint),
        Provider::Codex
        | Provider::Gemini
        | Provider::Opencode
        | Provider::Amp
        | Provider::Copilot => error_text(facts)
            .or_else(complaint)
            .or_else(|| said(&facts.last_raw)),
    };
    Outcome::Crashed {
        code,
        signal,
        reason: reason.unwrap_or_default(),
        stderr: tail(stderr),
    }
}

/// Returns the error in the provider's words, if it told one.
fn error_text(facts: &TranscriptState) -> Option<String> {
    let verdict = facts.verdict.as_ref().filter(|verdict| verdict.is_error)?;
    match verdict.reason.as_str() {
        // What is said with these is for the program's developers.
        "aborted_tools" | "aborted_streaming" => Some(format!("interrupted ({})", verdict.reason)),
        reason => said(&verdict.error).or_else(|| said(reason)),
    }
}

fn said(text: &str) -> Option<String> {
    (!text.is_empty()).then(|| text.to_owned())
}

fn tail(text: &str) -> String {
    let from = text.len().saturating_sub(STDERR_TAIL);
    text[text.ceil_char_boundary(from)..].to_owned()
}
