//! A provider that a person declares in their settings: how a program of their own is called, without Rust.
use crate::model::PermissionMode;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// As declared, frozen in the plan. Its program is in the [`AgentSpec`](super::agent_spec::AgentSpec).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Declared {
    pub name: String,
    /// Its first arguments; the loop's own come after the flags for permissions and model.
    pub args: Vec<String>,
    pub prompt: PromptDelivery,
    /// Comes before the model; empty if the program takes none.
    pub model_flag: String,
    /// The arguments that make it keep to a mode.
    pub permissions: BTreeMap<PermissionMode, Vec<String>>,
    pub output: Output,
    /// How to get the program.
    pub install: String,
}

/// How the program gets the prompt. In its arguments `{prompt}` stands for it; without that it comes last.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
pub enum PromptDelivery {
    #[default]
    Stdin,
    /// As the path of a file.
    File,
    /// As an argument, which cannot be long.
    Argument,
}

/// What the program prints.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum Output {
    /// Its answer, as text.
    #[default]
    Plain,
    /// Claude Code's events, which other programs print too.
    StreamJson,
}
