//! Classifies how an attempt ended.
use super::{environment, outage, rate_limit, refusal};
use crate::agent::adapter::{Adapter, ErrorSource};
use crate::agent::failure;
use crate::agent::spec::AgentSpec;
use crate::agent::transcript::{Transcript, TranscriptState};
use crate::model::{Exit, HangKind, Outcome, Status};
use crate::text::error_line;
use jiff::Timestamp;
use std::borrow::Cow;

/// The bytes of standard error that are kept.
const STDERR_TAIL: usize = 2048;

/// Classifies how the attempt ended. `status` is the content of a fresh `status.json`, or why there is none.
///
/// In this order, the first that fits:
/// - a valid status is *reported* if the agent's last result is one without error, whatever ended the process: the work is
///   done, and would be done twice. Programs exit differently when they are interrupted after their result.
/// - a valid status and exit 0 is *reported* too, whatever was printed, unless the agent was cancelled.
/// - a cancelled agent is *cancelled*, one that hung is *timed out*, however good the status.
/// - an agent that has used up its turns is done as far as it has reported, and *unreported* otherwise.
/// - a budget that the program was given and used up is *exhausted*: another attempt would use up another one.
/// - a used up quota comes before a refusal, then what the machine lacks, an outage, a crash; of Claude Code each is
///   recognised by structured fields. Texts are only matched where it gives nothing else (it refuses to run as root, or
///   died without a result).
/// - an agent that was ended while it waited for its provider did not hang: that is the provider's *outage* or limit.
/// - exit 0 without a status and with an answer that was cut off is an *outage*.
/// - where another program than Claude Code fails and its events do not explain it, its exit code and stderr do.
/// - exit 0 with a result that has `is_error` is an interrupted run: *crashed*, so that it is retried.
pub fn outcome(
    spec: &AgentSpec,
    exit: &Exit,
    transcript: &Transcript,
    status: Result<Status, String>,
    stderr: &str,
    now: Timestamp,
) -> Outcome {
    if let Some(error) = &exit.spawn_error {
        return environment::not_started(spec, error)
            .unwrap_or_else(|| refusal::not_started(spec, error));
    }
    let state = &*with_plain_failure(spec.adapter(), transcript.state(), exit, stderr);
    let has_succeeded = transcript.saw_result() && !state.has_failed();
    let no_status = match reported_status(spec, transcript, status) {
        Ok(status)
            if has_succeeded
                || !exit.cancelled && (exit.code == Some(0) || state.error == failure::TURNS) =>
        {
            return Outcome::Reported { status };
        }
        Ok(_) => String::new(),
        Err(reason) => reason,
    };
    if exit.cancelled {
        return Outcome::Cancelled;
    }
    if let Some(asked) = refusal::asked_known(spec, exit) {
        return asked;
    }
    if let Some(limit) = exit.limit {
        return of_hang(spec, state, limit, stderr, now);
    }
    if state.error == failure::BUDGET {
        return Outcome::BudgetExhausted {
            reason: state.error_text().unwrap_or_default(),
        };
    }
    if state.error == failure::TURNS {
        let reason = state.error_text().unwrap_or_default();
        return Outcome::Unreported {
            reason: format!("its turns were used up: {reason}"),
        };
    }
    rate_limit::of_failure(state, exit, now)
        .or_else(|| refusal::refused(spec, state, exit, stderr))
        .or_else(|| environment::of_failure(state, exit, stderr))
        .or_else(|| outage::of_failure(state, exit))
        .unwrap_or_else(|| crashed_or_unreported(spec.adapter(), state, exit, no_status, stderr))
}

/// Classifies the end of an agent that was ended because it hung. One that waited for its provider did not hang, and one
/// that asked a question would ask it again.
fn of_hang(
    spec: &AgentSpec,
    state: &TranscriptState,
    limit: HangKind,
    stderr: &str,
    now: Timestamp,
) -> Outcome {
    if limit == HangKind::Prompt {
        return refusal::asked(spec, [stderr, &state.last_raw]);
    }
    rate_limit::of_timeout(state, now)
        .or_else(|| outage::of_timeout(state))
        .unwrap_or(Outcome::TimedOut { limit })
}

/// Returns the status from the file, or from the structured result where the agent reports by that.
fn reported_status(
    spec: &AgentSpec,
    transcript: &Transcript,
    status: Result<Status, String>,
) -> Result<Status, String> {
    match transcript.structured_status() {
        Some(value) if status.is_err() && spec.adapter().reports_by_result(spec.permissions) => {
            Status::from_value(value)
                .map_err(|error| format!("the structured result is not a status: {error}"))
        }
        _ => status,
    }
}

/// Adds the failure that a program reported only by its exit code or on stderr.
fn with_plain_failure<'s>(
    adapter: &dyn Adapter,
    state: &'s TranscriptState,
    exit: &Exit,
    stderr: &str,
) -> Cow<'s, TranscriptState> {
    if let Some(line) = limit_in_prose(adapter, state, stderr) {
        let mut state = state.clone();
        state.soft_error("rate_limit", &line);
        return Cow::Owned(state);
    }
    let code = exit
        .code
        .filter(|code| *code != 0 && state.error.is_empty());
    let failure = code
        .filter(|_| adapter.error_source() == ErrorSource::ClassifiedStderr)
        .and_then(|code| plain_failure(adapter, code, stderr));
    let Some((kind, message)) = failure else {
        return Cow::Borrowed(state);
    };
    let mut state = state.clone();
    state.soft_error(kind, message);
    Cow::Owned(state)
}

/// Returns the line with which a program reports a used up quota and nothing else: `… limit reached|1765000000`.
fn limit_in_prose(adapter: &dyn Adapter, state: &TranscriptState, stderr: &str) -> Option<String> {
    let failed = state.error.is_empty() && (state.has_failed() || state.results == 0);
    if !failed || adapter.error_source() != ErrorSource::Stdout {
        return None;
    }
    let lines = [
        state.error_text().unwrap_or_default(),
        state.last_raw.clone(),
    ];
    let mut lines = lines.iter().map(String::as_str).chain(stderr.lines());
    lines
        .find(|line| failure::reset_number(line).is_some())
        .map(str::to_owned)
}

/// Returns the kind and message of a failure by its exit code, or by the last line on stderr that has a known kind.
fn plain_failure<'s>(
    adapter: &dyn Adapter,
    code: i32,
    stderr: &'s str,
) -> Option<(&'static str, &'s str)> {
    if let Some(meaning) = adapter.exit_meaning(code) {
        return Some((meaning.kind, meaning.message));
    }
    stderr
        .lines()
        .rev()
        .map(|line| (failure::kind(None, line), line))
        .find(|(kind, _)| !kind.is_empty())
}

/// The agent ended on its own: without a status after exit 0, or with an error.
fn crashed_or_unreported(
    adapter: &dyn Adapter,
    state: &TranscriptState,
    exit: &Exit,
    no_status: String,
    stderr: &str,
) -> Outcome {
    if exit.code == Some(0) && !state.has_failed() {
        return outage::of_success(state).unwrap_or(Outcome::Unreported { reason: no_status });
    }
    let stdout = || Some(state.last_raw.clone()).filter(|line| !line.is_empty());
    let plain = || match adapter.error_source() {
        ErrorSource::Stdout => stdout().or_else(|| error_line(stderr)),
        ErrorSource::Stderr | ErrorSource::ClassifiedStderr => error_line(stderr).or_else(stdout),
    };
    Outcome::Crashed {
        code: exit.code,
        signal: exit.signal,
        reason: state.error_text().or_else(plain).unwrap_or_default(),
        stderr: tail(stderr),
    }
}

fn tail(text: &str) -> String {
    let from = text.len().saturating_sub(STDERR_TAIL);
    text[text.ceil_char_boundary(from)..].to_owned()
}
