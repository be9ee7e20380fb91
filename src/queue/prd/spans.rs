//! Where the values of a JSON text are, so that one of them can be changed and nothing else.
use serde::de::IgnoredAny;
use std::ops::Range;

/// Returns the range of the value of a member, in the JSON object that begins at `start`.
pub(super) fn member(text: &str, start: usize, name: &str) -> Option<Range<usize>> {
    let start = start + text[start..].find('{')?;
    let parts = parts(text, start);
    let named = |key: &Range<usize>| {
        serde_json::from_str::<String>(&text[key.clone()]).is_ok_and(|key| key == name)
    };
    parts
        .as_chunks::<2>()
        .0
        .iter()
        .find(|[key, _]| named(key))
        .map(|[_, value]| value.clone())
}

/// Returns where the values directly inside an array or object lie; of an object, keys and values in turn.
/// The text has been parsed before, so it is known to be JSON.
pub(super) fn parts(text: &str, start: usize) -> Vec<Range<usize>> {
    let mut parts = Vec::new();
    let mut at = start + 1;
    loop {
        let rest = &text[at..];
        at += rest.len()
            - rest
                .trim_start_matches([' ', '\t', '\r', '\n', ',', ':'])
                .len();
        let mut values = serde_json::Deserializer::from_str(&text[at..]).into_iter::<IgnoredAny>();
        let Some(Ok(_)) = values.next() else {
            return parts;
        };
        parts.push(at..at + values.byte_offset());
        at += values.byte_offset();
    }
}
