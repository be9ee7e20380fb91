//! The limits of an attempt, by what they notice.
use serde::{Deserialize, Serialize};
use std::fmt;

/// How an agent hung: the limit of its attempt that ended it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum HangKind {
    /// It printed nothing at all and wrote no transcript.
    Start,
    /// It gave no sign of life for too long.
    Idle,
    /// A call of a tool stayed open for too long, and ending the tool did not help.
    Tool,
    /// A tool answered, and nothing followed.
    AfterTool,
    /// It gave its result but did not exit.
    AfterResult,
    /// It asked a question on a terminal that is not there.
    Prompt,
    /// It ran longer than an attempt may.
    Wall,
}

impl HangKind {
    /// All kinds, in the order of the documentation.
    pub const ALL: [Self; 7] = [
        Self::Start,
        Self::Idle,
        Self::Tool,
        Self::AfterTool,
        Self::AfterResult,
        Self::Prompt,
        Self::Wall,
    ];
}

impl fmt::Display for HangKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Start => "it printed nothing after its start",
            Self::Idle => "it gave no sign of life",
            Self::Tool => "a call of a tool did not end",
            Self::AfterTool => "it did nothing after a tool answered",
            Self::AfterResult => "it gave its result but did not exit",
            Self::Prompt => "it asked a question that cannot be answered",
            Self::Wall => "it ran longer than an attempt may",
        })
    }
}
