//! A provider that the user defines in `config.yaml`: how a program is called, without Rust.
use super::adapter::{Adapter, ErrorSource};
use super::claude;
use super::command::Command;
use super::context::InvocationContext;
use super::model;
use super::options::AgentOptions;
use super::prompt_delivery::PromptDelivery;
use super::transcript::OutputFormat;
use crate::model::PermissionMode;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Stands for the prompt, or the path of its file, in the arguments.
const PROMPT: &str = "{prompt}";

/// `providers: {<name>: …}` in `config.yaml`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, default)]
pub struct ProviderDef {
    /// The program's name on PATH, or its path.
    // A plan holds it in its `AgentSpec`.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub program: String,
    /// Its first arguments.
    // The loop's own come after the flags for permissions and model.
    pub args: Vec<String>,
    /// `stdin`, `file` or `argument`.
    pub prompt: PromptDelivery,
    /// The flag that names a model.
    pub model_flag: String,
    /// Arguments by permission mode.
    pub permissions: BTreeMap<PermissionMode, Vec<String>>,
    /// `plain` or `stream-json`.
    pub output: CustomOutput,
    /// How to get the program.
    pub install: String,
}

impl ProviderDef {
    /// Returns the provider as a plan holds it.
    pub fn freeze(&self, name: &str) -> CustomProvider {
        CustomProvider {
            name: name.to_owned(),
            def: Self {
                program: String::new(),
                ..self.clone()
            },
        }
    }
}

/// A provider of the user's own, as a plan holds it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CustomProvider {
    pub name: String,
    /// Its definition, without the program.
    #[serde(flatten)]
    pub def: ProviderDef,
}

/// What the program prints.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum CustomOutput {
    /// Its answer, as text.
    #[default]
    Plain,
    /// Claude Code's events, which other programs print too.
    StreamJson,
}

impl Adapter for CustomProvider {
    fn name(&self) -> &str {
        &self.name
    }

    fn display_name(&self) -> &str {
        Command.display_name()
    }

    fn program(&self) -> &str {
        Command.program()
    }

    fn install_hint(&self) -> String {
        if self.def.install.is_empty() {
            Command.install_hint()
        } else {
            format!("install it: {}", self.def.install)
        }
    }

    fn login_hint(&self) -> &'static str {
        Command.login_hint()
    }

    fn accepts_model(&self) -> bool {
        !self.def.model_flag.is_empty()
    }

    fn refuses(&self, mode: PermissionMode) -> Option<&'static str> {
        let is_known =
            mode == PermissionMode::BypassPermissions || self.def.permissions.contains_key(&mode);
        (!is_known).then_some(
            "its definition in config.yaml has nothing for this mode under `permissions`",
        )
    }

    fn args(&self, options: &AgentOptions<'_>, context: &InvocationContext<'_>) -> Vec<String> {
        let mut args = self.def.args.clone();
        args.extend(
            self.def
                .permissions
                .get(&options.permissions)
                .into_iter()
                .flatten()
                .cloned(),
        );
        if self.accepts_model() {
            args.extend(model::flag(&self.def.model_flag, options.model));
        }
        args.extend(options.args.iter().cloned());
        self.with_prompt(args, context)
    }

    fn prompt_delivery(&self) -> PromptDelivery {
        self.def.prompt
    }

    fn output_format(&self) -> OutputFormat {
        match self.def.output {
            CustomOutput::Plain => OutputFormat::Plain,
            CustomOutput::StreamJson => claude::FORMAT,
        }
    }

    fn error_source(&self) -> ErrorSource {
        Command.error_source()
    }
}

impl CustomProvider {
    fn with_prompt(&self, mut args: Vec<String>, context: &InvocationContext<'_>) -> Vec<String> {
        let prompt = match self.def.prompt {
            PromptDelivery::Stdin => return args,
            PromptDelivery::File => context.prompt_file.as_str(),
            PromptDelivery::Argument => context.prompt,
        };
        if !args.iter().any(|arg| arg.contains(PROMPT)) {
            args.push(PROMPT.to_owned());
        }
        args.iter().map(|arg| arg.replace(PROMPT, prompt)).collect()
    }
}
