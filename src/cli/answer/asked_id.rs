//! The id of a question of a session or of the supervisor.
use crate::model::{NotAQuestionId, QuestionId};
use std::fmt;
use std::str::FromStr;

/// The id of a question: `q3` of a session, `s1` of the supervisor.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::cli) enum AskedId {
    Session(QuestionId),
    Supervisor(u32),
}

impl FromStr for AskedId {
    type Err = NotAQuestionId;

    fn from_str(text: &str) -> Result<Self, NotAQuestionId> {
        let number = text
            .strip_prefix('s')
            .and_then(|number| number.parse().ok());
        match number.filter(|number| 0 < *number) {
            Some(number) => Ok(Self::Supervisor(number)),
            None => text.parse().map(Self::Session),
        }
    }
}

impl fmt::Display for AskedId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Session(id) => id.fmt(f),
            Self::Supervisor(number) => write!(f, "s{number}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_of_sessions_and_of_the_supervisor_are_told_apart() {
        for (text, id) in [
            ("q3", AskedId::Session(QuestionId(3))),
            ("3", AskedId::Session(QuestionId(3))),
            ("s1", AskedId::Supervisor(1)),
        ] {
            assert_eq!(text.parse(), Ok(id));
        }
        for text in ["s0", "s", "x1", ""] {
            assert!(text.parse::<AskedId>().is_err(), "{text}");
        }
        assert_eq!(AskedId::Supervisor(1).to_string(), "s1");
    }
}
