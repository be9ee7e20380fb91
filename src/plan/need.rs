//! What a session must be given at its start.
use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

/// Something that a start can be given. Of several, one is enough.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub enum Need {
    /// `--context`.
    Context,
    /// `--input`.
    Input,
    /// A file in the project: a path with `*` for any part of a name, and `${SESSION_NAME}`.
    File(String),
}

impl FromStr for Need {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "context" => Ok(Self::Context),
            "input" => Ok(Self::Input),
            _ if text.trim().is_empty() => Err("is empty"),
            _ if text.starts_with(['/', '~']) => Err("is not in the project"),
            _ if text.split('/').any(|part| part == "..") => Err("is not in the project"),
            _ => Ok(Self::File(text.to_owned())),
        }
    }
}

impl TryFrom<String> for Need {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl From<Need> for String {
    fn from(need: Need) -> Self {
        need.to_string()
    }
}

impl fmt::Display for Need {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Context => "context",
            Self::Input => "input",
            Self::File(path) => path,
        })
    }
}
