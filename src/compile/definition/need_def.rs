//! What a start must be given, as it is written.
use serde::Deserialize;

/// `context`, `input` or a file; or a list of them, of which one must be given too.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
#[serde(untagged)]
pub enum NeedDef {
    One(String),
    OneOf(Vec<String>),
}
