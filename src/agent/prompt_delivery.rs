//! How a program gets its prompt.
use serde::{Deserialize, Serialize};

/// How the program gets the prompt. It replaces `{prompt}` in the arguments, or is appended to them.
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
