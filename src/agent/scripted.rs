//! The built-in agent that follows a script: `ap __scripted [script]`, see [`crate::scripted`].
use super::adapter::{Adapter, ErrorSource};
use super::claude;
use super::context::InvocationContext;
use super::options::AgentOptions;
use super::transcript::OutputFormat;

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
        std::iter::once("__scripted".to_owned())
            .chain(options.args.iter().cloned())
            .collect()
    }

    fn output_format(&self) -> OutputFormat {
        claude::FORMAT
    }

    fn error_source(&self) -> ErrorSource {
        ErrorSource::Stdout
    }
}
