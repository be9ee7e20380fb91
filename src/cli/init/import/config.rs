//! The `config.yaml` of cc-autopipe, translated.
use serde_yaml::{Mapping, Value};
use std::fmt::Write as _;

/// What became of the settings.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Translated {
    /// The text of the new file.
    pub(super) text: String,
    /// What was not taken over, and why: a line each.
    pub(super) notes: Vec<String>,
}

/// Keys that had no effect in cc-autopipe.
const WITHOUT_EFFECT: [&str; 7] = [
    "schema_version",
    "type",
    "language",
    "runtime",
    "limits",
    "termination",
    "paths",
];

/// Keys whose meaning is set elsewhere here, and where.
const ELSEWHERE: [(&str, &str); 8] = [
    ("name", "a project's name is its directory's: `ap projects`"),
    (
        "in_progress",
        "the next iteration always waits three delays while a check is in progress",
    ),
    (
        "detach_defaults",
        "a long job is started with its own limits",
    ),
    ("promotion", "reports of one project's domain are not read"),
    (
        "improver",
        "agents.json has an agent `improver`, which your rules may ask for",
    ),
    (
        "disk_auto_cleanup",
        "nothing is deleted to make room; `supervisor: {on_low: …}` in your own settings runs a command",
    ),
    (
        "disk_min_free_gb",
        "set `supervisor: {min_free: 5GB}` in your own settings",
    ),
    (
        "disk_keep_checkpoints_per_dir",
        "nothing is deleted to make room",
    ),
];

/// Translates the text of a `config.yaml`; `threshold` is the one that was in effect, if it is known.
pub(super) fn translate(text: &str, threshold: Option<f64>) -> Result<Translated, String> {
    let all = match serde_yaml::from_str(text) {
        Ok(Value::Mapping(all)) => all,
        Ok(Value::Null) => Mapping::new(),
        Ok(_) => return Err("it has no `key: value` lines".to_owned()),
        Err(error) => return Err(error.to_string()),
    };
    let mut translated = Translated {
        text: "# Imported from .cc-autopipe/config.yaml. `ap lint project` checks this file.\n"
            .to_owned(),
        notes: Vec::new(),
    };
    for (key, value) in &all {
        let key = key.as_str().unwrap_or_default();
        match key {
            "models" => translated.models(value),
            "auto_escalation" => translated.escalation(value),
            _ => translated.note(key),
        }
    }
    if let Some(threshold) = threshold.filter(|threshold| (0.0..=1.0).contains(threshold)) {
        translated.line(&format!("threshold: {threshold}"));
    }
    Ok(translated)
}

impl Translated {
    fn line(&mut self, line: &str) {
        // Writing into a text cannot fail.
        let _ = writeln!(self.text, "{line}");
    }

    fn models(&mut self, models: &Value) {
        if let Some(model) = word(models, "default") {
            self.line(&format!("models: {{default: {model}}}"));
        }
        for key in ["io_worker", "verifier"] {
            if models.get(key).is_some() {
                self.notes.push(format!(
                    "`models.{key}` had no effect: agents.json names the models of its agents"
                ));
            }
        }
    }

    fn escalation(&mut self, def: &Value) {
        if flag(def, "enabled") == Some(false) {
            return;
        }
        let after = def
            .get("trigger_consecutive_failures")
            .and_then(Value::as_u64)
            .unwrap_or(3)
            .max(1);
        let model = word(def, "escalate_to").unwrap_or_else(|| "opus".to_owned());
        let effort =
            word(def, "effort").map_or_else(String::new, |effort| format!(", effort: {effort}"));
        let back = if flag(def, "revert_after_success") == Some(false) {
            ", back: never"
        } else {
            ""
        };
        self.line(&format!(
            "escalation: {{after: {after}, to: {{model: {model}{effort}}}{back}}}"
        ));
    }

    fn note(&mut self, key: &str) {
        let known = ELSEWHERE.iter().find(|(other, _)| *other == key);
        self.notes.push(match known {
            Some((_, why)) => format!("`{key}`: {why}"),
            None if WITHOUT_EFFECT.contains(&key) => format!("`{key}` had no effect"),
            None => format!("`{}` is not known", key.escape_debug()),
        });
    }
}

/// Returns a text that can stand in YAML as it is.
fn word(of: &Value, key: &str) -> Option<String> {
    let text = of.get(key)?.as_str()?.trim();
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
    (!text.is_empty() && text.chars().all(is_plain)).then(|| text.to_owned())
}

/// Returns a switch. `yes` and `no` were switches, too.
fn flag(of: &Value, key: &str) -> Option<bool> {
    let value = of.get(key)?;
    value.as_bool().or_else(|| match value.as_str()? {
        "yes" => Some(true),
        "no" => Some(false),
        _ => None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_key_is_translated_or_named() {
        let text = "schema_version: 1\nname: shop\nmodels:\n  default: claude-sonnet-4-6\n  verifier: haiku\nauto_escalation:\n  enabled: true  # on\n  trigger_consecutive_failures: 4\n  escalate_to: claude-opus-4-7\n  effort: xhigh\n  revert_after_success: no\nimprover: {enabled: true}\ndisk_min_free_gb: 5.0\nmine: 1\n";
        let found = translate(text, Some(0.9)).unwrap();
        assert_eq!(
            found.text,
            "# Imported from .cc-autopipe/config.yaml. `ap lint project` checks this file.\nmodels: {default: claude-sonnet-4-6}\nescalation: {after: 4, to: {model: claude-opus-4-7, effort: xhigh}, back: never}\nthreshold: 0.9\n"
        );
        let keys: Vec<&str> = found
            .notes
            .iter()
            .filter_map(|note| note.split('`').nth(1))
            .collect();
        assert_eq!(
            keys,
            [
                "schema_version",
                "name",
                "models.verifier",
                "improver",
                "disk_min_free_gb",
                "mine"
            ]
        );
        assert_eq!(found.notes[5], "`mine` is not known");
    }

    #[test]
    fn what_is_off_or_nothing_is_not_taken_over() {
        let off = translate("auto_escalation:\n  enabled: false  # off\n", Some(7.0)).unwrap();
        assert_eq!(off.text.lines().count(), 1, "{off:?}");
        assert_eq!(translate("# empty\n", None).unwrap().notes, [""; 0]);
        assert!(translate("- a\n", None).is_err() && translate("a: [\n", None).is_err());
    }
}
