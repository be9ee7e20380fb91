//! How the output of a `verify` or `command` gate is read.
use super::threshold::Threshold;
use crate::model::{CommandOutput, GateVerdict, VerifyAnswer};
use crate::text::{clean, plain};
use serde::Deserialize;
use serde_json::Value;

/// `EX_TEMPFAIL` of sysexits: not yet.
const NOT_YET: i32 = 75;
/// The first exit code with which a shell reports that a program cannot be run (126), does not exist (127), or was ended by
/// a signal (128 and more).
const CANNOT_RUN: i32 = 126;

/// How the reason of a gate begins that passes before all of the work is done: its answer is no failure.
pub const PARTIAL_PASS: &str = "it passes, but not all of the work is done";

/// What a gate's output means.
#[derive(Clone, Debug, PartialEq)]
pub struct GateReading {
    pub verdict: GateVerdict,
    /// The JSON it printed, if that decided.
    pub answer: Option<VerifyAnswer>,
}

impl From<GateVerdict> for GateReading {
    fn from(verdict: GateVerdict) -> Self {
        Self {
            verdict,
            answer: None,
        }
    }
}

/// The JSON object a command may print. The fields of a `verify.sh` of cc-autopipe are accepted too.
#[derive(Debug, Default, Deserialize)]
struct GateOutput {
    /// `verify`
    passed: Option<bool>,
    /// `verify`: `pass`, `fail` or `in_progress`
    verdict: Option<String>,
    in_progress: Option<bool>,
    /// `verify`: whether all of the work is done, where passing means only that it is in order so far.
    prd_complete: Option<bool>,
    /// `command`
    stop: Option<bool>,
    reason: Option<String>,
    details: Option<Value>,
    score: Option<f64>,
}

/// The keys of which an answer has at least one.
const DECIDING: [&str; 3] = ["passed", "stop", "verdict"];

/// Reads the answer of a command. Its JSON decides; without it the exit code does: 0 is done, 75 is "not yet", those with
/// which a shell reports that a program cannot be run are broken, and any other is "not done". A score below the threshold
/// is not done, whatever else it says.
pub fn read_command(end: &CommandOutput, threshold: Option<Threshold>) -> GateReading {
    let Some(code) = end.code else {
        return broken("it was ended by a signal", end).into();
    };
    match find(&end.stdout_text()) {
        Ok(Some(output)) => by_output(&output, (code, threshold), end),
        Ok(None) => by_exit_code(code, end).into(),
        Err(problem) => broken(&problem, end).into(),
    }
}

fn by_exit_code(code: i32, end: &CommandOutput) -> GateVerdict {
    let reason = last_line(end);
    match code {
        0 => GateVerdict::Stop { reason },
        NOT_YET => GateVerdict::InProgress { reason },
        code if CANNOT_RUN <= code => broken(&format!("exit code {code}"), end),
        _ => GateVerdict::Continue { reason },
    }
}

/// Returns the answer in the output: all of it, or the only line of it that is one. Text around it does not matter. An
/// error says why what looks like an answer is none.
fn find(stdout: &str) -> Result<Option<GateOutput>, String> {
    let whole = stdout.trim();
    if let Some(output) = answer_in(whole) {
        return output.map(Some);
    }
    let mut answers: Vec<_> = whole
        .lines()
        .filter_map(|line| answer_in(line.trim()))
        .collect();
    if 1 < answers.len() {
        return Err(format!("it printed {} answers, not one", answers.len()));
    }
    if let Some(answer) = answers.pop() {
        return answer.map(Some);
    }
    if is_meant(whole) {
        return Err("its JSON cannot be read".to_owned());
    }
    let last = whole.lines().last().unwrap_or_default().trim();
    match serde_json::from_str(last) {
        Ok(Value::Object(_)) => {
            Err("its JSON has neither `passed`, `stop` nor `verdict`".to_owned())
        }
        _ => Ok(None),
    }
}

/// Reads a text that is, or is meant to be, one answer; `None` if it is something else.
fn answer_in(text: &str) -> Option<Result<GateOutput, String>> {
    if !is_meant(text) {
        return None;
    }
    match serde_json::from_str::<Value>(text) {
        // Several lines, each of them an object.
        Err(_) if text.lines().nth(1).is_some() => None,
        Err(error) => Some(Err(format!("its JSON cannot be read ({error})"))),
        Ok(value) => DECIDING
            .iter()
            .any(|key| value.get(key).is_some())
            .then(|| {
                serde_json::from_str(text).map_err(|error| format!("its JSON is wrong ({error})"))
            }),
    }
}

/// Whether a text looks like an answer.
fn is_meant(text: &str) -> bool {
    let has = |key: &&str| text.contains(&format!("\"{key}\""));
    text.starts_with('{') && text.ends_with('}') && DECIDING.iter().any(has)
}

/// Reads an answer, with the exit code and the threshold beside it.
fn by_output(
    output: &GateOutput,
    (code, threshold): (i32, Option<Threshold>),
    end: &CommandOutput,
) -> GateReading {
    let answer = match output.answer(threshold) {
        Ok(answer) => answer,
        Err(problem) => return broken(&problem, end).into(),
    };
    let reason = output.reason();
    let verdict = if answer.in_progress {
        GateVerdict::InProgress { reason }
    } else if !answer.passed {
        GateVerdict::Continue { reason }
    } else if code != 0 {
        // Exit code and JSON contradict each other, and a loop must not end on a wrong answer.
        let problem = format!("it reports success but ends with exit code {code}");
        return broken(&problem, end).into();
    } else if let Some(reason) = below(threshold, &answer) {
        GateVerdict::Continue { reason }
    } else if output.is_partial() {
        GateVerdict::Continue {
            reason: with_reason(PARTIAL_PASS, &reason),
        }
    } else {
        GateVerdict::Stop { reason }
    };
    GateReading {
        verdict,
        answer: Some(answer),
    }
}

/// Returns why an answer's score is not enough, if it is not.
fn below(threshold: Option<Threshold>, answer: &VerifyAnswer) -> Option<String> {
    let (threshold, score) = (threshold?, answer.score?);
    (!threshold.is_reached(score)).then(|| {
        let text = format!("the score {score} is below the threshold {threshold}");
        with_reason(&text, &clean(&answer.details))
    })
}

impl GateOutput {
    /// Returns the typed answer, or why the object is none.
    fn answer(&self, threshold: Option<Threshold>) -> Result<VerifyAnswer, String> {
        let (passed, running) = match (self.verdict.as_deref(), self.passed.or(self.stop)) {
            (Some("in_progress"), passed) => (passed.unwrap_or(false), true),
            (Some("pass"), _) => (true, false),
            (Some("fail"), _) => (false, false),
            (Some(other), _) => return Err(format!("its verdict is `{other}`")),
            (None, Some(passed)) => (passed, false),
            (None, None) => {
                return Err("its JSON has neither `passed`, `stop` nor `verdict`".into());
            }
        };
        if let Some(score) = self.score.filter(|score| !(0.0..=1.0).contains(score))
            && threshold.is_some()
        {
            return Err(format!("its score {score} is not between 0 and 1"));
        }
        Ok(VerifyAnswer {
            passed,
            score: self.score,
            complete: self.prd_complete,
            in_progress: running || self.in_progress == Some(true),
            details: self
                .details_text()
                .chars()
                .take(VerifyAnswer::MAX_DETAILS)
                .collect(),
        })
    }

    /// Whether the work passes as far as it goes, but is not complete.
    fn is_partial(&self) -> bool {
        self.prd_complete == Some(false) && self.stop != Some(true)
    }

    fn details_text(&self) -> String {
        let details = self.details.as_ref().map(|details| {
            details
                .as_str()
                .map_or_else(|| details.to_string(), str::to_owned)
        });
        let text = self.reason.clone().or(details);
        plain(&text.unwrap_or_default())
    }

    fn reason(&self) -> String {
        let score = self.score.map(|score| format!("score {score}"));
        let text = Some(clean(&self.details_text())).filter(|text| !text.is_empty());
        let parts: Vec<String> = text.into_iter().chain(score).collect();
        parts.join(", ")
    }
}

fn broken(problem: &str, end: &CommandOutput) -> GateVerdict {
    GateVerdict::Broken {
        reason: with_reason(problem, &last_line(end)),
    }
}

/// Appends a reason, if there is one.
fn with_reason(text: &str, reason: &str) -> String {
    if reason.is_empty() {
        text.to_owned()
    } else {
        format!("{text}: {reason}")
    }
}

/// Returns the last line of stdout, or of stderr if there is none.
fn last_line(end: &CommandOutput) -> String {
    let last = |text: &str| text.lines().map(clean).rfind(|line| !line.is_empty());
    last(&end.stdout_text())
        .or_else(|| last(&end.stderr_text()))
        .unwrap_or_default()
}

#[cfg(test)]
mod tests;
