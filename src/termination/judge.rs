//! Stop when a judge is sure that the work is done.
use super::gate::{GateRef, Judge};
use super::strategy::{Answer, Evidence, GateNumbers, Strategy, Unreachable};
use crate::model::GateVerdict;
use crate::text::{clean, count, first_line};
use serde::Deserialize;
use serde_json::{Value, json};

impl Strategy for Judge {
    fn name(&self) -> &'static str {
        "judge"
    }

    fn answer(&self, seen: &Evidence<'_>, gates: &mut GateNumbers) -> Answer {
        let number = gates.draw();
        if seen.iterations < self.min_iterations {
            return Answer::Continues;
        }
        seen.gate_answer(self.name(), number)
    }

    fn describe(&self) -> String {
        "a judge decides to stop".to_owned()
    }

    fn goal(&self) -> &'static str {
        "the judge decided to stop"
    }

    fn context(&self, _: &Evidence<'_>) -> Value {
        json!({ "type": self.name(), "criteria": self.criteria, "min_iterations": self.min_iterations })
    }

    fn unreachable(&self, max_iterations: u32) -> Option<Unreachable> {
        (max_iterations < self.min_iterations).then(|| Unreachable {
            reason: format!(
                "at most {}: the judge is asked after {}",
                count(max_iterations, "iteration"),
                self.min_iterations
            ),
            hint: "raise the maximum, or lower `consensus` or `min_iterations`",
        })
    }

    fn gate(&self) -> Option<GateRef<'_>> {
        Some(GateRef::Judge(self))
    }
}

/// What a judge must answer.
#[derive(Debug, Deserialize)]
struct JudgeAnswer {
    stop: bool,
    confidence: f64,
    #[serde(default)]
    reason: String,
}

/// Reads a judge's answer: `{"stop": true, "confidence": 0.9, "reason": "…"}`, perhaps in a code block. A stop below the
/// confidence (in per cent) does not count.
pub fn read_judge(answer: &str, min_confidence: u32) -> GateVerdict {
    let text = answer
        .trim()
        .trim_start_matches("```json")
        .trim_start_matches("```")
        .trim_end_matches("```")
        .trim();
    let JudgeAnswer {
        stop,
        confidence,
        reason,
    } = match serde_json::from_str(text) {
        Ok(read) => read,
        Err(error) => {
            return broken(format!(
                "the judge's answer cannot be read ({error}): {}",
                first_line(answer)
            ));
        }
    };
    if !(0.0..=1.0).contains(&confidence) {
        return broken(format!(
            "the judge's confidence is {confidence}, not between 0 and 1"
        ));
    }
    let reason = clean(&reason);
    let is_sure = f64::from(min_confidence) <= confidence * 100.0;
    match (stop, is_sure) {
        (true, true) => GateVerdict::Stop { reason },
        (true, false) => GateVerdict::Continue {
            reason: format!("not sure enough ({confidence:.2}): {reason}"),
        },
        (false, _) => GateVerdict::Continue { reason },
    }
}

fn broken(reason: String) -> GateVerdict {
    GateVerdict::Broken { reason }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_judge_counts_only_with_enough_confidence_and_a_readable_answer() {
        let verdicts = [
            r#"{"stop":true,"confidence":0.9,"reason":"nothing is left"}"#,
            "```json\n{\"stop\":true,\"confidence\":0.5,\"reason\":\"maybe\"}\n```",
            r#"{"stop":false,"confidence":0.1,"reason":"tests fail"}"#,
            r#"{"stop":true}"#,
            r#"{"stop":true,"confidence":90}"#,
            "I think so",
            "",
        ]
        .map(|answer| read_judge(answer, 70).to_string());
        insta::assert_snapshot!(verdicts.join("\n"), @r#"
        done: nothing is left
        not done: not sure enough (0.50): maybe
        not done: tests fail
        broken: the judge's answer cannot be read (missing field `confidence` at line 1 column 13): {"stop":true}
        broken: the judge's confidence is 90, not between 0 and 1
        broken: the judge's answer cannot be read (expected value at line 1 column 1): I think so
        broken: the judge's answer cannot be read (EOF while parsing a value at line 1 column 0): 
        "#);
    }
}
