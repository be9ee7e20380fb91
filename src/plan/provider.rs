//! The kinds of agents there are: their names, their programs, and which permissions each can be held to.
use crate::model::PermissionMode;
use serde::{Deserialize, Serialize};

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Provider {
    /// Claude Code, headless.
    Claude,
    /// OpenAI's Codex CLI.
    Codex,
    /// Google's Gemini CLI.
    Gemini,
    Opencode,
    /// Sourcegraph's Amp.
    Amp,
    /// GitHub's Copilot CLI.
    Copilot,
    /// Any program: the prompt on stdin, the answer on stdout, unless the user's settings say otherwise.
    Command,
    /// The built-in agent that follows a script; for demos and tests.
    Scripted,
}

impl Provider {
    /// In the order people are told of them.
    pub const ALL: [Self; 8] = [
        Self::Claude,
        Self::Codex,
        Self::Gemini,
        Self::Opencode,
        Self::Amp,
        Self::Copilot,
        Self::Command,
        Self::Scripted,
    ];

    /// Returns the name definitions use.
    pub fn name(self) -> &'static str {
        match self {
            Self::Claude => "claude",
            Self::Codex => "codex",
            Self::Gemini => "gemini",
            Self::Opencode => "opencode",
            Self::Amp => "amp",
            Self::Copilot => "copilot",
            Self::Command => "command",
            Self::Scripted => "scripted",
        }
    }

    /// Returns the provider of a name, also of the names the incumbent knew.
    pub fn named(word: &str) -> Option<Self> {
        match word {
            "claude-code" | "anthropic" => Some(Self::Claude),
            "openai" => Some(Self::Codex),
            _ => Self::ALL
                .into_iter()
                .find(|provider| provider.name() == word),
        }
    }

    /// Returns the program it is found by, unless a definition names another; `command` has none, `scripted` is `ap`.
    pub fn program(self) -> &'static str {
        match self {
            Self::Claude
            | Self::Codex
            | Self::Gemini
            | Self::Opencode
            | Self::Amp
            | Self::Copilot => self.name(),
            Self::Command | Self::Scripted => "",
        }
    }

    /// Returns why the provider cannot be held to a permission mode, if it cannot.
    ///
    /// A mode is refused where the program has nothing that comes to the same, and where it would keep the agent from
    /// writing its `status.json`: only Claude Code can report in another way.
    pub fn refuses(self, mode: PermissionMode) -> Option<&'static str> {
        use PermissionMode::{AcceptEdits, Auto, BypassPermissions, Default, DontAsk, Plan};
        match (self, mode) {
            (Self::Claude | Self::Command | Self::Scripted, _)
            | (_, BypassPermissions | Default) => None,
            (Self::Codex, AcceptEdits | Auto)
            | (Self::Gemini | Self::Copilot, AcceptEdits | DontAsk)
            | (Self::Opencode, DontAsk) => None,
            (Self::Gemini, Plan) => Some(
                "without a person at it, Gemini CLI leaves plan mode by itself and then allows everything",
            ),
            (_, Plan) => Some("an agent that may write nothing cannot leave its status"),
            (Self::Codex, DontAsk) => Some(
                "Codex has no list of what is allowed; `acceptEdits` runs it in its sandbox and never asks",
            ),
            (Self::Opencode, _) => Some(
                "opencode has this in its own configuration: set `permission` in opencode.json and say `default`",
            ),
            (Self::Amp, _) => Some(
                "Amp has this in its own settings: set `amp.permissions` there and say `default`",
            ),
            (Self::Gemini, Auto) => Some("Gemini CLI has no automatic review"),
            (Self::Copilot, Auto) => Some(
                "Copilot's review is experimental: say `default` and `args: [--experimental, --assisted-approval]`",
            ),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_provider_is_found_by_its_names() {
        assert!(
            Provider::ALL
                .into_iter()
                .all(|provider| Provider::named(provider.name()) == Some(provider))
        );
        assert_eq!(
            ["openai", "anthropic", "gpt"].map(Provider::named),
            [Some(Provider::Codex), Some(Provider::Claude), None]
        );
    }

    #[test]
    fn what_is_the_default_is_refused_by_nobody() {
        assert!(
            Provider::ALL
                .into_iter()
                .all(|provider| provider.refuses(PermissionMode::default()).is_none())
        );
    }
}
