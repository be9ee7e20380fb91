//! Model names with a reasoning effort: `gpt-5.2-codex:xhigh`.

/// Splits off the text after the last colon if it is one of the efforts; else the colon belongs to the name (`qwen3:8b`).
pub(super) fn split<'m>(model: &'m str, efforts: &[&str]) -> (&'m str, Option<&'m str>) {
    match model.rsplit_once(':') {
        Some((name, effort)) if efforts.contains(&effort) => (name, Some(effort)),
        _ => (model, None),
    }
}

/// Returns the word after the last colon if it can only be meant as an effort, and is none: a tag or version has digits.
pub(super) fn unknown_effort<'m>(model: &'m str, efforts: &[&str]) -> Option<&'m str> {
    let (name, word) = model.rsplit_once(':')?;
    let is_word = !word.is_empty() && word.chars().all(|letter| letter.is_ascii_alphabetic());
    let is_plain = !name.contains([':', '/']);
    (is_word && is_plain && !efforts.contains(&word)).then_some(word)
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

    #[test]
    fn a_mistyped_effort_is_told_from_a_version() {
        let unknown = |model| unknown_effort(model, &["low", "xhigh"]);
        assert_eq!(unknown("opus:typo"), Some("typo"));
        assert_eq!(unknown(":hihg"), Some("hihg"));
        for model in [
            "opus:low",
            "opus",
            "vendor.claude-v1:0",
            "ollama/qwen3:latest",
            "arn:aws:x",
        ] {
            assert_eq!(unknown(model), None, "{model}");
        }
    }
}
