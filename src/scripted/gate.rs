//! Answers of gates, from the script.
use super::events::Events;
use super::script::Script;
use crate::error::{Error, Result};
use crate::model::GateVerdict;
use camino::Utf8Path;
use serde_json::{Value, json};
use std::io::{self, Write};
use std::process::ExitCode;

/// The exit code of a shell for a program that cannot be run.
const CANNOT_RUN: u8 = 126;

/// The gate that the scripted agent answers for: a command, or a judge, whose output is an agent's. The number is that of
/// the gate in its termination.
#[derive(Clone, Copy, Debug)]
pub enum Asked {
    Command(u32),
    Judge(u32),
}

impl Asked {
    /// Reads the arguments after the script: `--gate 0` or `--judge 0`.
    pub fn read(words: &[&str]) -> Result<Option<Self>> {
        let number = |text: &str| {
            text.parse()
                .map_err(|_| Error::usage(format!("`{text}` is no gate's number")))
        };
        match words {
            [] => Ok(None),
            ["--gate", gate] => Ok(Some(Self::Command(number(gate)?))),
            ["--judge", gate] => Ok(Some(Self::Judge(number(gate)?))),
            other => Err(Error::usage(format!(
                "the scripted agent does not know `{}`",
                other.join(" ")
            ))),
        }
    }

    /// Returns the arguments that [`Self::read`] reads.
    pub fn words(self) -> [String; 2] {
        match self {
            Self::Command(gate) => ["--gate".to_owned(), gate.to_string()],
            Self::Judge(gate) => ["--judge".to_owned(), gate.to_string()],
        }
    }
}

/// Prints the script's answer for the iteration that is over.
pub(super) fn answer(
    script: &Script,
    asked: Asked,
    iteration: u32,
    out: &mut dyn Write,
) -> Result<ExitCode> {
    let (Asked::Command(gate) | Asked::Judge(gate)) = asked;
    let silent = GateVerdict::Broken {
        reason: format!("the script says nothing for gate {gate} after iteration {iteration}"),
    };
    let verdict = script.verdict(gate, iteration).unwrap_or(&silent);
    match (asked, said(verdict)) {
        (_, None) => {
            writeln!(io::stderr(), "{}", verdict.reason())?;
            Ok(ExitCode::from(CANNOT_RUN))
        }
        (Asked::Command(_), Some(said)) => {
            writeln!(out, "{said}")?;
            Ok(ExitCode::SUCCESS)
        }
        (Asked::Judge(_), Some(said)) => {
            let mut events = Events::new(out, "judge".to_owned());
            events.started()?;
            events.said(&said.to_string())?;
            events.finished(0.0)?;
            Ok(ExitCode::SUCCESS)
        }
    }
}

fn said(verdict: &GateVerdict) -> Option<Value> {
    match verdict {
        GateVerdict::Stop { reason } => {
            Some(json!({ "stop": true, "confidence": 1.0, "reason": reason }))
        }
        GateVerdict::Continue { reason } => {
            Some(json!({ "stop": false, "confidence": 1.0, "reason": reason }))
        }
        GateVerdict::InProgress { reason } => {
            Some(json!({ "verdict": "in_progress", "reason": reason }))
        }
        GateVerdict::Broken { .. } | GateVerdict::Unavailable { .. } => None,
    }
}

/// Returns the iteration a context is of. Before the first there is no context.
pub(super) fn iteration(context: &Utf8Path) -> Result<u32> {
    let text = match fs_err::read_to_string(context) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(0),
        text => text?,
    };
    let context: Value = serde_json::from_str(&text)
        .map_err(|error| Error::failed(format!("{context} is not a context: {error}")))?;
    Ok(context["iteration"]
        .as_u64()
        .and_then(|iteration| u32::try_from(iteration).ok())
        .unwrap_or_default())
}
