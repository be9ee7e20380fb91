//! Why an agent could not run, or was not permitted to work: failures that a retry does not fix.
use crate::agent::adapter::Refusal;
use crate::agent::failure;
use crate::agent::spec::AgentSpec;
use crate::agent::transcript::TranscriptState;
use crate::model::{Exit, FailureClass, HangKind, Outcome};
use crate::text::error_line;
use std::collections::BTreeSet;

/// Returns the refusal of a program that asked one of its known questions.
pub(super) fn asked_known(spec: &AgentSpec, exit: &Exit) -> Option<Outcome> {
    let question = exit.question.as_ref()?;
    let mut known = spec.adapter().questions().iter();
    let known = known.find(|known| known.text == question)?;
    Some(Outcome::Refused {
        class: FailureClass::Refused,
        reason: format!(
            "{} asks {}, and an agent has no terminal to answer",
            spec.adapter().display_name(),
            known.about
        ),
        hint: known.hint.to_owned(),
    })
}

/// Returns the refusal of a program that could not be started.
pub(super) fn not_started(spec: &AgentSpec, error: &str) -> Outcome {
    Outcome::Refused {
        class: FailureClass::Refused,
        reason: format!("`{}` could not be started: {error}", spec.program),
        hint: spec.adapter().install_hint(),
    }
}

/// Returns the refusal of a program that asked a question on a terminal that is not there.
pub(super) fn asked(spec: &AgentSpec, output: [&str; 2]) -> Outcome {
    let question = output.into_iter().find_map(error_line);
    let question = question.map_or_else(String::new, |line| format!(": {line}"));
    Outcome::Refused {
        class: FailureClass::Refused,
        reason: format!("{}{question}", HangKind::Prompt),
        hint: format!(
            "run `{}` once by hand in this folder and answer what it asks",
            spec.program
        ),
    }
}

/// Returns the refusal an attempt ended by, if it did.
pub(super) fn refused(
    spec: &AgentSpec,
    state: &TranscriptState,
    exit: &Exit,
    stderr: &str,
) -> Option<Outcome> {
    let (class, Refusal { reason, hint }) = if exit.code != Some(0) || state.has_failed() {
        let by_output = || spec.adapter().refusal([stderr, &state.last_raw]);
        by_provider(spec, state)
            .or_else(|| by_output().map(|refusal| (FailureClass::Refused, refusal)))?
    } else {
        (FailureClass::Denied, by_permissions(spec, state)?)
    };
    Some(Outcome::Refused {
        class,
        reason,
        hint,
    })
}

/// Returns why the provider does not serve this account, or this model.
fn by_provider(spec: &AgentSpec, state: &TranscriptState) -> Option<(FailureClass, Refusal)> {
    let (class, hint) = match (state.error.as_str(), state.api_status()) {
        ("authentication_failed", _) | ("", Some(401 | 403)) => {
            (FailureClass::Login, spec.adapter().login_hint())
        }
        ("billing_error", _) | ("", Some(402)) => (
            FailureClass::Billing,
            "the account cannot pay: add credit, or log in with another one",
        ),
        (failure::STARTUP, _) => return Some((FailureClass::Refused, not_ready(spec, state))),
        ("model_not_found", _) => (FailureClass::Refused, spec.adapter().model_hint()),
        ("invalid_input" | "invalid_config", _) => (
            FailureClass::Refused,
            "see `ap logs`; the prompt and arguments of the call are in the session's folder",
        ),
        _ => return None,
    };
    let reason = state
        .error_text()
        .unwrap_or_else(|| state.error.replace('_', " "));
    let hint = hint.to_owned();
    Some((class, Refusal { reason, hint }))
}

/// Returns why the program could not begin.
fn not_ready(spec: &AgentSpec, state: &TranscriptState) -> Refusal {
    let reason = state
        .turn_end
        .as_ref()
        .map_or("", |end| end.reason.as_str());
    let message = state.error_text().unwrap_or_default();
    let name = spec.adapter().display_name();
    Refusal {
        reason: if message.is_empty() || message == reason {
            format!("{name} could not start: {}", reason.replace('_', " "))
        } else {
            format!("{name} could not start: {message} ({reason})")
        },
        hint: if reason.contains("sandbox") {
            "install what its sandbox needs (bubblewrap and socat), or change `sandbox` in your Claude settings".to_owned()
        } else {
            format!(
                "run `{}` once by hand in this folder: it says what it needs",
                spec.program
            )
        },
    }
}

/// Returns what the agent was not permitted to do. It ran to its end, but could not report either.
fn by_permissions(spec: &AgentSpec, state: &TranscriptState) -> Option<Refusal> {
    let first = state.denials.first()?;
    let tools: BTreeSet<&str> = state
        .denials
        .iter()
        .map(|denial| denial.tool.as_str())
        .collect();
    let tools: Vec<&str> = tools.into_iter().collect();
    let example = if first.about.is_empty() {
        String::new()
    } else {
        format!(" (first: {} {})", first.tool, first.about)
    };
    Some(Refusal {
        reason: format!("not permitted: {}{example}", tools.join(", ")),
        hint: spec
            .adapter()
            .permission_hint(spec.permissions, &state.denials),
    })
}
