//! `result.json`: what agents with older prompts write instead of a status.
use super::status::{Decision, Status, StatusError, Work};
use serde_json::Value;

impl Status {
    /// Reads the text of a `result.json`. It has signals instead of a decision; if it has both, the decision counts.
    pub fn parse_result(text: &str) -> Result<Self, StatusError> {
        let value: Value = serde_json::from_str(text.trim_start_matches('\u{feff}'))
            .map_err(|e| StatusError::NotJson(e.to_string()))?;
        if value.get("decision").is_some_and(|word| !word.is_null()) {
            return Self::from_value(&value);
        }
        let signals = value.get("signals").unwrap_or(&Value::Null);
        let decision = match (
            signals.get("risk").and_then(Value::as_str),
            signals.get("plateau_suspected").and_then(Value::as_bool),
        ) {
            (Some("high"), _) => Decision::Error,
            (_, Some(true)) => Decision::Stop,
            (_, Some(false) | None) => Decision::Continue,
        };
        let mut written = value.clone();
        let Value::Object(fields) = &mut written else {
            return Self::from_value(&value);
        };
        fields.insert("decision".to_owned(), decision.as_str().into());
        fields
            .entry("reason")
            .or_insert_with(|| signals.get("notes").cloned().unwrap_or_default());
        // An empty result is not a success.
        match Self::from_value(&written)? {
            Self {
                summary,
                reason,
                work,
                ..
            } if summary.is_empty()
                && reason.is_empty()
                && work == Work::default()
                && signals.is_null() =>
            {
                Err(StatusError::NoDecision)
            }
            status => Ok(status),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(text: &str) -> String {
        match Status::parse_result(text) {
            Ok(status) => format!(
                "{} {} {}",
                status.decision.as_str(),
                status.reason,
                status.summary
            ),
            Err(error) => error.to_string(),
        }
    }

    #[test]
    fn signals_amount_to_a_decision() {
        assert_eq!(
            said(
                r#"{"summary":"s","signals":{"plateau_suspected":true,"risk":"low","notes":"n"}}"#
            ),
            "stop n s"
        );
        assert_eq!(
            said(r#"{"summary":"s","signals":{"plateau_suspected":true,"risk":"high"}}"#),
            "error  s"
        );
        assert_eq!(
            said(r#"{"summary":"s","artifacts":{"outputs":[]}}"#),
            "continue  s"
        );
        assert_eq!(
            said(r#"{"decision":"stop","reason":"r","signals":{"risk":"high","notes":"n"}}"#),
            "stop r "
        );
        let work =
            Status::parse_result(r#"{"work":{"items_completed":["a"],"files_touched":["b"]}}"#)
                .unwrap()
                .work;
        assert_eq!(
            (work.items_completed, work.files_touched),
            (vec!["a".to_owned()], vec!["b".to_owned()])
        );
    }

    #[test]
    fn what_says_nothing_or_nonsense_is_no_vote() {
        for text in [
            "",
            "[]",
            "{}",
            "{\"signals\":null}",
            r#"{"decision":"done"}"#,
            r#"{"summary":1}"#,
        ] {
            assert!(Status::parse_result(text).is_err(), "{text} was taken");
        }
    }
}
