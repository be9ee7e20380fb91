//! A provider that a person declares in their settings: how a program of their own is called, without Rust.
use super::PermissionMode;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// As declared, frozen in the plan. Its program is in the [`AgentSpec`](super::AgentSpec).
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
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
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
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Output {
    /// Its answer, as text.
    #[default]
    Plain,
    /// Claude Code's events, which other programs print too.
    StreamJson,
}

/// `providers: {<name>: …}` in `config.yaml`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct ProviderDef {
    /// The program's name on PATH, or its path.
    pub program: String,
    /// Its first arguments.
    pub args: Vec<String>,
    /// `stdin`, `file` or `argument`.
    pub prompt: PromptDelivery,
    /// The flag that names a model.
    pub model_flag: String,
    /// Arguments by permission mode.
    pub permissions: BTreeMap<PermissionMode, Vec<String>>,
    /// `plain` or `stream-json`.
    pub output: Output,
    /// How to get the program.
    pub install: String,
}

impl ProviderDef {
    /// Returns what a plan freezes of it.
    pub(super) fn declared(&self, name: &str) -> Declared {
        let Self {
            args,
            prompt,
            model_flag,
            permissions,
            output,
            install,
            ..
        } = self.clone();
        Declared {
            name: name.to_owned(),
            args,
            prompt,
            model_flag,
            permissions,
            output,
            install,
        }
    }
}
