//! The arguments of the scripted agent after its script.
use super::gate::Asked;
use crate::error::Result;

/// How the scripted agent is called.
#[derive(Clone, Copy, Debug, Default)]
pub struct Options {
    /// The gate for which it answers, instead of working.
    pub(super) asked: Option<Asked>,
    /// Whether it takes messages while it works.
    pub(super) listens: bool,
    /// Whether it asks before it uses a tool.
    pub(super) asks: bool,
}

impl Options {
    /// Reads the arguments after the script.
    pub fn read(words: &[&str]) -> Result<Self> {
        let mut options = Self::default();
        let mut rest = words;
        loop {
            rest = match rest {
                ["--input-format", "stream-json", rest @ ..] => {
                    options.listens = true;
                    rest
                }
                ["--permission-prompt-tool", "stdio", rest @ ..] => {
                    options.asks = true;
                    rest
                }
                other => {
                    options.asked = Asked::read(other)?;
                    return Ok(options);
                }
            }
        }
    }
}
