//! `escalation:` of a loop.
use serde::Deserialize;

/// When an abler agent takes over: `{after: 3, to: {model: opus, effort: xhigh}, back: first_pass}`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, default)]
pub struct EscalationDef {
    /// After how many iterations in a row whose check failed, or whose agent gave up; 3 by default.
    pub after: Option<u32>,
    /// The agent that takes over.
    pub to: EscalateToDef,
    /// When the usual agent takes over again: with the `first_pass` of the check, the default, or `never`.
    #[cfg_attr(feature = "schemas", schemars(extend("enum" = ["first_pass", "never", null])))]
    pub back: Option<String>,
}

/// The usual agent with another model, another effort, or both.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, default)]
pub struct EscalateToDef {
    /// Its model.
    pub model: Option<String>,
    /// How much it reasons.
    pub effort: Option<String>,
}
