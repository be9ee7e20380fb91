//! The built-in agent that follows a script: `ap __scripted [script]`, see `src/scripted/`.
use super::adapter::{Adapter, ErrorSource};
use super::claude;
use super::context::InvocationContext;
use super::dialogue::Dialogue;
use super::options::AgentOptions;
use super::transcript::OutputFormat;
use crate::model::PermissionMode;

/// What keeps standard input open for messages.
const OPEN_INPUT: [&str; 2] = ["--input-format", "stream-json"];

pub(super) struct Scripted;

impl Adapter for Scripted {
    fn name(&self) -> &str {
        "scripted"
    }

    fn display_name(&self) -> &str {
        "Scripted agent"
    }

    fn program(&self) -> &str {
        ""
    }

    fn is_built_in(&self) -> bool {
        true
    }

    fn install_hint(&self) -> String {
        "the scripted agent is `ap` itself: check that it was not moved or removed while the session ran".to_owned()
    }

    fn login_hint(&self) -> &'static str {
        claude::LOGIN
    }

    fn args(&self, options: &AgentOptions<'_>, _: &InvocationContext<'_>) -> Vec<String> {
        let mut args = vec!["__scripted".to_owned()];
        args.extend(options.args.iter().cloned());
        if options.permissions == PermissionMode::Ask {
            if args.len() == 1 {
                args.push("builtin:report.yaml".to_owned());
            }
            let asks = ["--permission-prompt-tool", "stdio"];
            args.extend(OPEN_INPUT.into_iter().chain(asks).map(str::to_owned));
        }
        args
    }

    fn relays_permissions(&self) -> bool {
        true
    }

    /// A script that is called like Claude Code takes messages like it.
    fn dialogue(&self, options: &AgentOptions<'_>) -> Option<Dialogue> {
        let mut words = options.args.windows(2);
        let is_open = words.any(|words| words == OPEN_INPUT);
        (is_open || options.permissions == PermissionMode::Ask).then_some(Dialogue::StreamJson)
    }

    fn output_format(&self) -> OutputFormat {
        claude::FORMAT
    }

    fn error_source(&self) -> ErrorSource {
        ErrorSource::Stdout
    }
}
