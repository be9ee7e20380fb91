//! Names, validated when they are parsed.
use super::own_files::is_own;
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

/// Checks the name of a session, which has a folder beside your files.
fn check_session(what: &'static str, name: &str) -> Result<(), InvalidName> {
    check(what, name)?;
    if is_own(name) {
        return Err(InvalidName {
            what,
            name: name.to_owned(),
            problem: "is the name of a folder of yours in `.agent-pipelines/`",
        });
    }
    Ok(())
}

macro_rules! name {
    ($(#[$doc:meta])* $type:ident, $what:literal, $check:ident) => {
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
                $check($what, name).map(|()| Self(name.to_owned()))
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
    SessionName, "session name", check_session
}
name! {
    /// A node's id within its pipeline; the same letters as a session name.
    NodeId, "node id", check
}
name! {
    /// One run of a session: tells a run from an earlier run of the same name.
    RunId, "run id", check
}

name! {
    /// The id of a registered project, which is the name of its session, too.
    ProjectId, "project id", check_session
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
    fn no_session_has_the_name_of_a_folder_of_yours() {
        let refused = "schemas".parse::<SessionName>().unwrap_err();
        assert_eq!(
            refused.to_string(),
            "session name `schemas` is the name of a folder of yours in `.agent-pipelines/`"
        );
        assert!("schemas".parse::<ProjectId>().is_err());
        assert!("schemas".parse::<NodeId>().is_ok());
    }

    #[test]
    fn a_bad_name_is_refused_by_serde_too() {
        assert!(serde_json::from_str::<SessionName>("\"../x\"").is_err());
    }
}
