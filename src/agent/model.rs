//! Model names with a reasoning effort: `gpt-5.2-codex:xhigh`.

/// Splits off the text after the last colon if it is one of the efforts; else the colon belongs to the name (`qwen3:8b`).
pub(super) fn split<'m>(model: &'m str, efforts: &[&str]) -> (&'m str, Option<&'m str>) {
    match model.rsplit_once(':') {
        Some((name, effort)) if efforts.contains(&effort) => (name, Some(effort)),
        _ => (model, None),
    }
}

/// Returns a flag with its value, or nothing for an empty value.
pub(super) fn flag(name: &str, value: &str) -> Vec<String> {
    if value.is_empty() {
        Vec::new()
    } else {
        vec![name.to_owned(), value.to_owned()]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_an_effort_is_split_off() {
        let split = |model| split(model, &["low", "xhigh"]);
        assert_eq!(
            split("gpt-5.2-codex:xhigh"),
            ("gpt-5.2-codex", Some("xhigh"))
        );
        assert_eq!(split("ollama/qwen3:8b"), ("ollama/qwen3:8b", None));
        assert_eq!(
            split("ollama/qwen3:8b:low"),
            ("ollama/qwen3:8b", Some("low"))
        );
        assert_eq!(split(""), ("", None));
    }
}
