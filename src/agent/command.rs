//! Any program: the prompt on stdin, the answer as plain text on stdout.
use super::adapter::{Adapter, ErrorSource};
use super::context::InvocationContext;
use super::options::AgentOptions;
use super::transcript::OutputFormat;

/// The provider `command`, whose program the definition names.
pub(super) struct Command;

impl Adapter for Command {
    fn name(&self) -> &str {
        "command"
    }

    fn display_name(&self) -> &str {
        "Agent"
    }

    fn program(&self) -> &str {
        ""
    }

    fn install_hint(&self) -> String {
        "check that the program exists, is executable, and is on PATH where the session runs"
            .to_owned()
    }

    fn login_hint(&self) -> &'static str {
        "log in to the program of the agent"
    }

    /// The arguments of the definition as they are: no shell reads them.
    fn args(&self, options: &AgentOptions<'_>, _: &InvocationContext<'_>) -> Vec<String> {
        options.args.to_vec()
    }

    fn output_format(&self) -> OutputFormat {
        OutputFormat::Plain
    }

    fn error_source(&self) -> ErrorSource {
        ErrorSource::Stderr
    }
}
