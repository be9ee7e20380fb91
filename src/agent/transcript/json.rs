//! Reads single fields of events; a field of another type counts as absent.
use serde_json::Value;

/// The largest count that is accepted, so that sums cannot overflow.
const MAX_COUNT: u64 = 1 << 40;

/// Returns a text; empty where there is none.
pub(in crate::agent) fn string(value: &Value, key: &str) -> String {
    value
        .get(key)
        .and_then(Value::as_str)
        .unwrap_or_default()
        .to_owned()
}

/// Returns a count; 0 where there is none.
pub(in crate::agent) fn number(value: &Value, key: &str) -> u64 {
    value
        .get(key)
        .and_then(Value::as_u64)
        .unwrap_or_default()
        .min(MAX_COUNT)
}

/// Returns the elements of a list; none where there is no list.
pub(in crate::agent) fn list<'v>(value: &'v Value, key: &str) -> impl Iterator<Item = &'v Value> {
    value
        .get(key)
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
}

/// Returns a nested value; null where there is none.
pub(in crate::agent) fn nested<'v>(value: &'v Value, key: &str) -> &'v Value {
    value.get(key).unwrap_or(&Value::Null)
}
