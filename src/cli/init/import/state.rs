//! The `state.json` of cc-autopipe, of schema 1 to 7.
use camino::Utf8Path;
use fs_err as fs;
use serde_json::{Value, json};
use std::io;

/// The newest schema there was.
const NEWEST: u64 = 7;

/// What a project's state was.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct OldState {
    /// `active`, `paused`, `detached`, `failed` or `done`.
    pub(super) phase: String,
    pub(super) iteration: u64,
    pub(super) threshold: Option<f64>,
    /// The numbers of the phases of the PRD that were over.
    pub(super) phases: Vec<u64>,
    /// All of it, as one line of JSON for the record.
    pub(super) record: Value,
    /// What had to be done to read it, if anything.
    pub(super) remark: Option<String>,
}

/// Reads a project's state, or else the copy beside it; nothing if there is none.
pub(super) fn read(folder: &Utf8Path) -> Result<Option<OldState>, String> {
    let text = |name: &str| match fs::read_to_string(folder.join(name)) {
        Ok(text) => Ok(Some(text)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error.to_string()),
    };
    let (own, copy) = (text("state.json")?, text("state.json.bak")?);
    let own = own.map(|text| parse(&text));
    match (own, copy) {
        (None, None) => Ok(None),
        (Some(Ok(state)), _) => Ok(Some(state)),
        (torn, Some(copy)) => {
            let why = torn
                .and_then(Result::err)
                .unwrap_or_else(|| "it is missing".to_owned());
            let state = parse(&copy)
                .map_err(|error| format!("state.json: {why}; state.json.bak: {error}"))?;
            let remark = format!(
                "state.json could not be read ({why}), so its copy state.json.bak was used"
            );
            Ok(Some(OldState {
                remark: Some(remark),
                ..state
            }))
        }
        (Some(Err(why)), None) => Err(format!("state.json: {why}, and there is no state.json.bak")),
    }
}

fn parse(text: &str) -> Result<OldState, String> {
    let value: Value = serde_json::from_str(text).map_err(|error| error.to_string())?;
    if !value.is_object() {
        return Err("it is no object".to_owned());
    }
    let schema = value["schema_version"].as_u64().unwrap_or(1);
    if NEWEST < schema {
        return Err(format!(
            "it has schema {schema}, and this program knows 1 to {NEWEST}"
        ));
    }
    let phase = value["phase"].as_str().unwrap_or("active");
    if !["active", "paused", "detached", "failed", "done"].contains(&phase) {
        return Err(format!("its phase `{}` is not known", phase.escape_debug()));
    }
    let phases = value["phases_completed"].as_array().into_iter().flatten();
    Ok(OldState {
        phase: phase.to_owned(),
        iteration: value["iteration"].as_u64().unwrap_or(0),
        threshold: value["threshold"].as_f64(),
        phases: phases.filter_map(Value::as_u64).collect(),
        record: record(&value, schema),
        remark: None,
    })
}

/// Returns what is kept for the record: the counters, the score, the conversation, the job that was waited for.
fn record(value: &Value, schema: u64) -> Value {
    let job = &value["detached"];
    json!({
        "from": ".cc-autopipe/state.json",
        "schema": schema,
        "phase": value["phase"],
        "iteration": value["iteration"],
        "last_score": value["last_score"],
        "last_passed": value["last_passed"],
        "prd_complete": value["prd_complete"],
        "consecutive_failures": value["consecutive_failures"],
        "recovery_attempts": value["recovery_attempts"],
        "session_id": value["session_id"],
        "phases_completed": value["phases_completed"],
        "current_task": value["current_task"],
        "paused": value["paused"],
        "detached": if job.is_object() { json!({
            "reason": job["reason"],
            "check_cmd": job["check_cmd"],
            "started_at": job["started_at"],
            "max_wait_sec": job["max_wait_sec"],
        }) } else { Value::Null },
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_state_of_every_schema_is_read() {
        for schema in 1..=7 {
            let text = format!(
                r#"{{"schema_version": {schema}, "phase": "paused", "iteration": 12, "phases_completed": [1, 3], "mine": 1}}"#
            );
            let state = parse(&text).unwrap();
            assert_eq!((state.phase.as_str(), state.iteration), ("paused", 12));
            assert_eq!(state.phases, [1, 3]);
            assert_eq!(state.record["schema"], schema);
        }
        assert_eq!(
            parse("{}").unwrap().phase,
            "active",
            "schema 1 had few fields"
        );
        for wrong in ["", "[]", r#"{"schema_version": 8}"#, r#"{"phase": "lost"}"#] {
            assert!(parse(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_torn_state_is_replaced_by_its_copy_or_named() {
        let temp = tempfile::tempdir().unwrap();
        let folder = Utf8Path::from_path(temp.path()).unwrap();
        assert_eq!(read(folder), Ok(None));
        let write = |name: &str, text: &str| {
            crate::store::atomic::replace(&folder.join(name), text.as_bytes()).unwrap();
        };
        write("state.json", r#"{"phase": "acti"#);
        assert!(
            read(folder)
                .unwrap_err()
                .contains("there is no state.json.bak")
        );
        write("state.json.bak", r#"{"phase": "done", "iteration": 4}"#);
        let state = read(folder).unwrap().unwrap();
        assert_eq!((state.phase.as_str(), state.iteration), ("done", 4));
        assert!(
            state
                .remark
                .unwrap()
                .contains("its copy state.json.bak was used")
        );
        fs::remove_file(folder.join("state.json")).unwrap();
        assert_eq!(read(folder).unwrap().unwrap().iteration, 4);
    }
}
