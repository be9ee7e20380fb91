//! Names, validated when they are parsed.
use serde::{Deserialize, Serialize};
use std::{fmt, str::FromStr};
use thiserror::Error;

/// A name that cannot escape a path, confuse tmux or break a label.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("{what} `{name}` {problem}")]
pub struct InvalidName {
    what: &'static str,
    name: String,
    problem: &'static str,
}

impl InvalidName {
    /// Replaces the noun in the message, where users know the thing by another one.
    #[must_use]
    pub fn of(self, what: &'static str) -> Self {
        Self { what, ..self }
    }
}

const LONGEST: usize = 64;

fn check(what: &'static str, name: &str) -> Result<(), InvalidName> {
    let problem = match name.chars().next() {
        None => "is empty",
        Some(_) if name.len() > LONGEST => "is longer than 64 characters",
        Some(first) if !first.is_ascii_alphanumeric() => "must start with a letter or digit",
        Some(_)
            if !name
                .chars()
                .all(|c| c.is_ascii_alphanumeric() || "_-".contains(c)) =>
        {
            "may contain only letters, digits, `-` and `_`"
        }
        Some(_) => return Ok(()),
    };
    Err(InvalidName {
        what,
        name: name.escape_debug().to_string(),
        problem,
    })
}

macro_rules! name {
    ($(#[$doc:meta])* $type:ident, $what:literal) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        #[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
        #[serde(try_from = "String", into = "String")]
        pub struct $type(String);

        impl $type {
            /// Returns the name as text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl FromStr for $type {
            type Err = InvalidName;
            fn from_str(name: &str) -> Result<Self, InvalidName> {
                check($what, name).map(|()| Self(name.to_owned()))
            }
        }

        impl TryFrom<String> for $type {
            type Error = InvalidName;
            fn try_from(name: String) -> Result<Self, InvalidName> {
                check($what, &name).map(|()| Self(name))
            }
        }

        impl From<$type> for String {
            fn from(name: $type) -> Self {
                name.0
            }
        }

        impl fmt::Display for $type {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.pad(&self.0)
            }
        }
    };
}

name! {
    /// A session's name: `[A-Za-z0-9][A-Za-z0-9_-]{0,63}`.
    SessionName, "session name"
}
name! {
    /// A node's id within its pipeline; the same letters as a session name.
    NodeId, "node id"
}
name! {
    /// One run of a session: tells a run from an earlier run of the same name.
    RunId, "run id"
}

name! {
    /// The id of a registered project, which is the name of its session, too.
    ProjectId, "project id"
}

impl RunId {
    /// Returns the id of a branch of a parallel block: a run of its own within this one.
    pub fn of_branch(&self, step: u32, index: usize) -> Self {
        Self(format!("{self}_{step}_{index}"))
    }

    /// Whether that is this run, or a branch of it.
    pub fn covers(&self, other: &str) -> bool {
        other
            .strip_prefix(self.as_str())
            .is_some_and(|rest| rest.is_empty() || rest.starts_with('_'))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ordinary_names_are_taken() {
        for name in ["auth", "a", "9lives", "Work_2-b", &"x".repeat(64)] {
            assert_eq!(
                name.parse::<SessionName>()
                    .map(|n| n.to_string())
                    .as_deref(),
                Ok(name)
            );
        }
    }

    #[test]
    fn names_that_could_escape_or_confuse_are_refused() {
        for name in [
            "",
            "-x",
            "_x",
            ".",
            "..",
            "a/b",
            "a b",
            "a:b",
            "a.b",
            "a=b",
            "ünï",
            "a\n",
            "a,b",
            "$(x)",
            &"x".repeat(65),
        ] {
            assert!(name.parse::<SessionName>().is_err(), "{name:?} was taken");
        }
    }

    #[test]
    fn a_bad_name_is_refused_by_serde_too() {
        assert!(serde_json::from_str::<SessionName>("\"../x\"").is_err());
    }
}
