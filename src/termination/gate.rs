//! Stop when somebody outside the loop says so; and how what they say is read.
use super::{Answer, Evidence};
use crate::model::{GateVerdict, NodeEnding};
use serde::Deserialize;
use serde_json::Value;

/// How often in a row an answer may be broken before the session fails.
pub const MOST_BROKEN: u32 = 3;
/// `EX_TEMPFAIL` of sysexits: not yet.
const NOT_YET: i32 = 75;
/// What a shell says of a program that cannot be run (126), that is not there (127), or was ended by a signal (128 and more).
const CANNOT_RUN: i32 = 126;

pub(super) fn answer(name: &str, next: &mut u32, seen: &Evidence<'_>) -> Answer {
    let number = *next;
    *next += 1;
    match seen.gates.get(&number) {
        None => Answer::Asks(number),
        Some(GateVerdict::Stop { reason }) => Answer::Ends(NodeEnding::Gate {
            gate: name.to_owned(),
            reason: reason.clone(),
        }),
        Some(
            GateVerdict::Continue { .. }
            | GateVerdict::InProgress { .. }
            | GateVerdict::Broken { .. },
        ) => Answer::GoesOn,
    }
}

/// How a command ended.
#[derive(Clone, Copy, Debug)]
pub struct Ended<'a> {
    /// The exit code; none if a signal ended it.
    pub code: Option<i32>,
    pub stdout: &'a str,
    pub stderr: &'a str,
}

/// What a command may print as its last line, or as all of its output. The fields of a `verify.sh` of cc-autopipe are
/// known too.
#[derive(Debug, Default, Deserialize)]
struct GateOutput {
    /// `verify`
    passed: Option<bool>,
    /// `verify`: `pass`, `fail` or `in_progress`
    verdict: Option<String>,
    in_progress: Option<bool>,
    /// `verify`: whether the whole of the work is done, where passing means only that it is in order so far.
    prd_complete: Option<bool>,
    /// `command`
    stop: Option<bool>,
    reason: Option<String>,
    details: Option<Value>,
    score: Option<f64>,
}

/// Reads what a `verify` or `command` gate printed. JSON decides; without it the exit code: 0 is done, 75 is "not yet",
/// another is "not done", and what a shell says of programs that cannot run is broken.
pub fn read(ended: &Ended<'_>) -> GateVerdict {
    let output = json(ended.stdout);
    let Some(code) = ended.code else {
        return broken("it was ended by a signal", ended);
    };
    let Some(output) = output else {
        let reason = last_line(ended);
        return match code {
            0 => GateVerdict::Stop { reason },
            NOT_YET => GateVerdict::InProgress { reason },
            code if CANNOT_RUN <= code => broken(&format!("exit code {code}"), ended),
            _ => GateVerdict::Continue { reason },
        };
    };
    let reason = output.reason();
    let done = match (
        output.verdict.as_deref(),
        output.passed.or(output.stop),
        output.in_progress,
    ) {
        (_, _, Some(true)) | (Some("in_progress"), ..) => {
            return GateVerdict::InProgress { reason };
        }
        (Some("pass"), ..) | (None, Some(true), _) => true,
        (Some("fail"), ..) | (None, Some(false), _) => false,
        (Some(word), ..) => return broken(&format!("it says the verdict is `{word}`"), ended),
        (None, None, _) => {
            return broken("its JSON has neither `passed`, `stop` nor `verdict`", ended);
        }
    };
    let so_far = output.prd_complete == Some(false) && output.stop != Some(true);
    match (done, code) {
        (true, 0) if so_far => GateVerdict::Continue {
            reason: format!(
                "it passes, but not all of the work is done{}",
                after(&reason)
            ),
        },
        (true, 0) => GateVerdict::Stop { reason },
        // One of the two is wrong, and it must not be the one that ends the loop.
        (true, code) => broken(
            &format!("it says that all is well and ends with exit code {code}"),
            ended,
        ),
        (false, _) => GateVerdict::Continue { reason },
    }
}

/// Puts a reason, if there is one, behind what we say ourselves.
fn after(reason: &str) -> String {
    if reason.is_empty() {
        String::new()
    } else {
        format!(": {reason}")
    }
}

impl GateOutput {
    fn reason(&self) -> String {
        let details = self.details.as_ref().map(|details| {
            details
                .as_str()
                .map_or_else(|| details.to_string(), str::to_owned)
        });
        let words = self.reason.clone().or(details).unwrap_or_default();
        let score = self.score.map(|score| format!("score {score}"));
        let words = [Some(words).filter(|words| !words.is_empty()), score]
            .into_iter()
            .flatten()
            .collect::<Vec<_>>()
            .join(", ");
        crate::text::clean(&words)
    }
}

/// Returns the object that is all of the output, or its last line.
fn json(stdout: &str) -> Option<GateOutput> {
    let whole = stdout.trim();
    let last = whole.lines().last().unwrap_or_default().trim();
    [whole, last]
        .into_iter()
        .filter(|text| text.starts_with('{'))
        .find_map(|text| serde_json::from_str(text).ok())
}

fn broken(how: &str, ended: &Ended<'_>) -> GateVerdict {
    let words = last_line(ended);
    let reason = if words.is_empty() {
        how.to_owned()
    } else {
        format!("{how}: {words}")
    };
    GateVerdict::Broken { reason }
}

fn last_line(ended: &Ended<'_>) -> String {
    let last = |text: &str| {
        text.lines()
            .map(crate::text::clean)
            .rfind(|line| !line.is_empty())
    };
    last(ended.stdout)
        .or_else(|| last(ended.stderr))
        .unwrap_or_default()
}

/// What a judge must answer.
#[derive(Debug, Deserialize)]
struct Judgement {
    stop: bool,
    confidence: f64,
    #[serde(default)]
    reason: String,
}

/// Reads a judge's answer: `{"stop": true, "confidence": 0.9, "reason": "…"}`, maybe in a code block. A stop that is not
/// sure enough is none.
pub fn read_judge(answer: &str, least_confidence: u32) -> GateVerdict {
    let text = answer
        .trim()
        .trim_start_matches("```json")
        .trim_start_matches("```")
        .trim_end_matches("```")
        .trim();
    let judgement: Judgement = match serde_json::from_str(text) {
        Ok(judgement) => judgement,
        Err(error) => {
            return GateVerdict::Broken {
                reason: format!(
                    "the judge's answer makes no sense ({error}): {}",
                    crate::text::first_line(answer)
                ),
            };
        }
    };
    if !(0.0..=1.0).contains(&judgement.confidence) {
        return GateVerdict::Broken {
            reason: format!(
                "the judge's confidence is {}, not between 0 and 1",
                judgement.confidence
            ),
        };
    }
    let reason = crate::text::clean(&judgement.reason);
    let sure = f64::from(least_confidence) <= judgement.confidence * 100.0;
    match (judgement.stop, sure) {
        (true, true) => GateVerdict::Stop { reason },
        (true, false) => GateVerdict::Continue {
            reason: format!("not sure enough ({:.2}): {reason}", judgement.confidence),
        },
        (false, _) => GateVerdict::Continue { reason },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn verdict(code: Option<i32>, stdout: &str) -> String {
        read(&Ended {
            code,
            stdout,
            stderr: "words on stderr\n",
        })
        .to_string()
    }

    #[test]
    fn exit_codes_decide_where_nothing_else_does() {
        let told = [
            Some(0),
            Some(1),
            Some(101),
            Some(75),
            Some(126),
            Some(127),
            None,
        ]
        .map(|code| verdict(code, "ran 3 tests\n"));
        insta::assert_snapshot!(told.join("\n"), @r"
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
    fn json_decides_wherever_it_is() {
        let told = [
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
        insta::assert_snapshot!(told.join("\n"), @r#"
        done: score 1
        not done: 2 tests fail
        in progress: job 7
        done
        done: enough
        broken: it says that all is well and ends with exit code 1: {"passed":true}
        broken: it says the verdict is `yes`: {"verdict":"yes"}
        broken: its JSON has neither `passed`, `stop` nor `verdict`: {"ok":true}
        broken: it was ended by a signal: {"passed":true}
        not done: it passes, but not all of the work is done: score 0.9
        not done: it passes, but not all of the work is done
        not done
        done
        "#);
    }

    #[test]
    fn a_judge_counts_only_when_it_is_sure_and_makes_sense() {
        let told = [
            r#"{"stop":true,"confidence":0.9,"reason":"nothing is left"}"#,
            "```json\n{\"stop\":true,\"confidence\":0.5,\"reason\":\"maybe\"}\n```",
            r#"{"stop":false,"confidence":0.1,"reason":"tests fail"}"#,
            r#"{"stop":true}"#,
            r#"{"stop":true,"confidence":90}"#,
            "I think so",
            "",
        ]
        .map(|answer| read_judge(answer, 70).to_string());
        insta::assert_snapshot!(told.join("\n"), @r#"
        done: nothing is left
        not done: not sure enough (0.50): maybe
        not done: tests fail
        broken: the judge's answer makes no sense (missing field `confidence` at line 1 column 13): {"stop":true}
        broken: the judge's confidence is 90, not between 0 and 1
        broken: the judge's answer makes no sense (expected value at line 1 column 1): I think so
        broken: the judge's answer makes no sense (EOF while parsing a value at line 1 column 0): 
        "#);
    }
}
