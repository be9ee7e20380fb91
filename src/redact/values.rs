//! Secrets in JSON values.
use super::redactor::{Redacted, Redactor};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

impl Redactor {
    /// Returns a value without the secrets in its texts.
    pub fn redact_value(&self, value: Value) -> Redacted<Value> {
        let mut removed = 0;
        let kept = self.walk(value, &mut removed, &|_, _| true);
        Redacted { kept, removed }
    }

    /// Returns a value without the secrets in its texts, except below these keys.
    pub fn redact_value_except(&self, value: Value, keys: &[&str]) -> Redacted<Value> {
        let mut removed = 0;
        let kept = self.walk(value, &mut removed, &|key, _| !keys.contains(&key));
        Redacted { kept, removed }
    }

    /// Returns data without the secrets in its texts, except below these keys.
    ///
    /// A known value may be the same as a word that names a variant (`MY_TOKEN=continue`). Data that could not be read
    /// with it replaced keeps such words.
    pub fn redact_data<T: Serialize + DeserializeOwned>(
        &self,
        data: T,
        except: &[&str],
    ) -> Redacted<T> {
        let unchanged = |kept| Redacted { kept, removed: 0 };
        let Ok(text) = serde_json::to_string(&data) else {
            return unchanged(data);
        };
        if self.is_clean(&text) {
            return unchanged(data);
        }
        let Ok(value) = serde_json::from_str::<Value>(&text) else {
            return unchanged(data);
        };
        let all: &dyn Fn(&str, &str) -> bool = &|key, _| !except.contains(&key);
        let no_words: &dyn Fn(&str, &str) -> bool =
            &|key, text| !except.contains(&key) && !is_word(text);
        for fits in [all, no_words] {
            let mut removed = 0;
            let kept = self.walk(value.clone(), &mut removed, fits);
            // Read as files are: reading a value takes another copy of the code for each type.
            let read = serde_json::to_vec(&kept).and_then(|text| serde_json::from_slice(&text));
            if let Ok(kept) = read {
                return Redacted { kept, removed };
            }
        }
        tracing::warn!("a secret stays in data that could not be read without it");
        unchanged(data)
    }

    /// Redacts the texts for which `fits` says so, by the key they are below.
    fn walk(&self, value: Value, removed: &mut usize, fits: &dyn Fn(&str, &str) -> bool) -> Value {
        self.walk_below("", value, removed, fits)
    }

    fn walk_below(
        &self,
        key: &str,
        value: Value,
        removed: &mut usize,
        fits: &dyn Fn(&str, &str) -> bool,
    ) -> Value {
        match value {
            Value::String(text) if fits(key, &text) => {
                let redacted = self.redact(&text);
                *removed += redacted.removed;
                redacted.kept.into_owned().into()
            }
            Value::Array(items) => items
                .into_iter()
                .map(|item| self.walk_below(key, item, removed, fits))
                .collect(),
            Value::Object(fields) => fields
                .into_iter()
                .map(|(key, value)| {
                    let kept = if fits(&key, "") {
                        self.walk_below(&key, value, removed, fits)
                    } else {
                        value
                    };
                    (key, kept)
                })
                .collect(),
            Value::String(_) | Value::Null | Value::Bool(_) | Value::Number(_) => value,
        }
    }
}

/// Whether a text may name a variant.
fn is_word(text: &str) -> bool {
    !text.is_empty()
        && text
            .bytes()
            .all(|byte| byte.is_ascii_lowercase() || byte == b'_')
}
