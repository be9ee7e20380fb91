//! The dialogs of Claude Code that no agent can answer, as the versions 2.1.197 and 2.1.329 draw them.
use crate::agent::question::Question;

pub(in crate::agent) const LOGIN: &str = "log in: run `claude`, then `/login`, or set CLAUDE_CODE_OAUTH_TOKEN (`claude setup-token`); \
     ANTHROPIC_API_KEY reaches agents only with `--keep-env`";

const FIRST_RUN: &str =
    "run `claude` once in a terminal and answer its first questions, then resume";
const TRUST: &str = "run `claude` once in this folder and answer that you trust it, then resume";
const BYPASS: &str = "run `claude --dangerously-skip-permissions` once and accept its warning, or choose other `permissions:`, then resume";

/// Parts of the dialogs that no other output has.
pub(super) const QUESTIONS: [Question; 7] = [
    Question {
        text: "Choose the text style that looks best with your terminal",
        about: "for the style of its text",
        hint: FIRST_RUN,
    },
    Question {
        text: "Detected a custom API key in your environment",
        about: "whether to use the API key of the environment",
        hint: FIRST_RUN,
    },
    Question {
        text: "only use it with code you trust Learn more:",
        about: "you to read its security notes",
        hint: FIRST_RUN,
    },
    Question {
        text: "Is this a project you created or one you trust?",
        about: "whether you trust this folder",
        hint: TRUST,
    },
    Question {
        text: "By proceeding, you accept all responsibility for actions taken while running in Bypass Permissions mode",
        about: "you to accept that nothing is asked",
        hint: BYPASS,
    },
    Question {
        text: "Select login method",
        about: "you to sign in",
        hint: LOGIN,
    },
    Question {
        text: "Paste code here if prompted",
        about: "you to sign in",
        hint: LOGIN,
    },
];
