//! The numbers of questions.
use crate::text::clean;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;
use thiserror::Error;

/// The number of a question within its session or branch: `q3`. An answer names it, so that it counts for no other one.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(try_from = "String", into = "String")]
pub struct QuestionId(pub u32);

impl fmt::Display for QuestionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "q{}", self.0)
    }
}

/// A text that is not the number of a question.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("`{0}` is not the id of a question, which is like `q3`")]
pub struct NotAQuestionId(String);

impl FromStr for QuestionId {
    type Err = NotAQuestionId;

    fn from_str(text: &str) -> Result<Self, NotAQuestionId> {
        let number = text.strip_prefix('q').unwrap_or(text).parse();
        let number = number.ok().filter(|number| 0 < *number);
        number.map(Self).ok_or_else(|| NotAQuestionId(clean(text)))
    }
}

impl TryFrom<String> for QuestionId {
    type Error = NotAQuestionId;

    fn try_from(text: String) -> Result<Self, NotAQuestionId> {
        text.parse()
    }
}

impl From<QuestionId> for String {
    fn from(id: QuestionId) -> Self {
        id.to_string()
    }
}

#[cfg(feature = "schemas")]
impl schemars::JsonSchema for QuestionId {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "QuestionId".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({ "type": "string", "pattern": "^q[1-9][0-9]*$" })
    }
}
