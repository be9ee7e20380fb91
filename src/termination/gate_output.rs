//! How the output of a `verify` or `command` gate is read.
use crate::model::{CommandOutput, GateVerdict};
use crate::text::clean;
use serde::Deserialize;
use serde_json::Value;

/// `EX_TEMPFAIL` of sysexits: not yet.
const NOT_YET: i32 = 75;
/// The first exit code with which a shell reports that a program cannot be run (126), does not exist (127), or was ended by
/// a signal (128 and more).
const CANNOT_RUN: i32 = 126;

/// How the reason of a gate begins that passes before all of the work is done: its answer is no failure.
pub const PARTIAL_PASS: &str = "it passes, but not all of the work is done";

/// The JSON object a command may print as its last line, or as all of its output. The fields of a `verify.sh` of
/// cc-autopipe are accepted too.
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

/// Reads the verdict of a command. Its JSON decides; without it the exit code does: 0 is done, 75 is "not yet", those with
/// which a shell reports that a program cannot be run are broken, and any other is "not done".
pub fn read_command(end: &CommandOutput) -> GateVerdict {
    let Some(code) = end.code else {
        return broken("it was ended by a signal", end);
    };
    match GateOutput::find(&end.stdout_text()) {
        Some(output) => by_output(&output, code, end),
        None => by_exit_code(code, end),
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

fn by_output(output: &GateOutput, code: i32, end: &CommandOutput) -> GateVerdict {
    let reason = output.reason();
    let passed = match (output.verdict.as_deref(), output.passed.or(output.stop)) {
        (Some("in_progress"), _) => return GateVerdict::InProgress { reason },
        _ if output.in_progress == Some(true) => return GateVerdict::InProgress { reason },
        (Some("pass"), _) | (None, Some(true)) => true,
        (Some("fail"), _) | (None, Some(false)) => false,
        (Some(other), _) => return broken(&format!("its verdict is `{other}`"), end),
        (None, None) => return broken("its JSON has neither `passed`, `stop` nor `verdict`", end),
    };
    match (passed, code) {
        (true, 0) if output.is_partial() => GateVerdict::Continue {
            reason: with_reason(PARTIAL_PASS, &reason),
        },
        (true, 0) => GateVerdict::Stop { reason },
        // Exit code and JSON contradict each other, and a loop must not end on a wrong answer.
        (true, code) => broken(
            &format!("it reports success but ends with exit code {code}"),
            end,
        ),
        (false, _) => GateVerdict::Continue { reason },
    }
}

impl GateOutput {
    /// Returns the object that is all of the output, or its last line.
    fn find(stdout: &str) -> Option<Self> {
        let whole = stdout.trim();
        let last = whole.lines().last().unwrap_or_default().trim();
        [whole, last]
            .into_iter()
            .filter(|text| text.starts_with('{'))
            .find_map(|text| serde_json::from_str(text).ok())
    }

    /// Whether the work passes as far as it goes, but is not complete.
    fn is_partial(&self) -> bool {
        self.prd_complete == Some(false) && self.stop != Some(true)
    }

    fn reason(&self) -> String {
        let details = self.details.as_ref().map(|details| {
            details
                .as_str()
                .map_or_else(|| details.to_string(), str::to_owned)
        });
        let text = self.reason.clone().or(details);
        let score = self.score.map(|score| format!("score {score}"));
        let parts: Vec<String> = text
            .filter(|text| !text.is_empty())
            .into_iter()
            .chain(score)
            .collect();
        clean(&parts.join(", "))
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
mod tests {
    use super::*;

    fn verdict(code: Option<i32>, stdout: &str) -> String {
        read_command(&CommandOutput {
            code,
            signal: None,
            stdout: stdout.into(),
            stderr: "words on stderr\n".into(),
        })
        .to_string()
    }

    #[test]
    fn exit_codes_decide_without_json() {
        let verdicts = [
            Some(0),
            Some(1),
            Some(101),
            Some(75),
            Some(126),
            Some(127),
            None,
        ]
        .map(|code| verdict(code, "ran 3 tests\n"));
        insta::assert_snapshot!(verdicts.join("\n"), @r"
        done: ran 3 tests
        not done: ran 3 tests
        not done: ran 3 tests
        in progress: ran 3 tests
        broken: exit code 126: ran 3 tests
        broken: exit code 127: ran 3 tests
        broken: it was ended by a signal: ran 3 tests
        ");
        assert_eq!(verdict(Some(2), ""), "not done: words on stderr");
    }

    #[test]
    fn json_decides_as_the_whole_output_or_its_last_line() {
        let verdicts = [
            (Some(0), r#"{"passed":true,"score":1.0}"#),
            (
                Some(1),
                "warning: old\n{\"passed\":false,\"reason\":\"2 tests fail\"}\n",
            ),
            (
                Some(0),
                r#"{"passed":false,"in_progress":true,"details":"job 7"}"#,
            ),
            (Some(0), "{\n \"verdict\": \"pass\"\n}"),
            (Some(0), r#"{"stop":true,"reason":"enough"}"#),
            (Some(1), r#"{"passed":true}"#),
            (Some(0), r#"{"verdict":"yes"}"#),
            (Some(0), r#"{"ok":true}"#),
            (None, r#"{"passed":true}"#),
            (
                Some(0),
                r#"{"passed":true,"score":0.9,"prd_complete":false}"#,
            ),
            (Some(0), r#"{"verdict":"pass","prd_complete":false}"#),
            (Some(0), r#"{"passed":false,"prd_complete":true}"#),
            (Some(0), r#"{"passed":true,"prd_complete":true}"#),
        ]
        .map(|(code, stdout)| verdict(code, stdout));
        insta::assert_snapshot!(verdicts.join("\n"), @r#"
        done: score 1
        not done: 2 tests fail
        in progress: job 7
        done
        done: enough
        broken: it reports success but ends with exit code 1: {"passed":true}
        broken: its verdict is `yes`: {"verdict":"yes"}
        broken: its JSON has neither `passed`, `stop` nor `verdict`: {"ok":true}
        broken: it was ended by a signal: {"passed":true}
        not done: it passes, but not all of the work is done: score 0.9
        not done: it passes, but not all of the work is done
        not done
        done
        "#);
    }
}
