//! Claude Code as a provider.
use super::questions::LOGIN;
use super::{account, args, events, models, permissions, questions, sessions};
use crate::agent::adapter::{Adapter, ErrorSource, Refusal};
use crate::agent::context::InvocationContext;
use crate::agent::dialogue::Dialogue;
use crate::agent::options::AgentOptions;
use crate::agent::question::Question;
use crate::agent::transcript::{Denial, OutputFormat};
use crate::model::{Account, Env, PermissionMode};
use camino::{Utf8Path, Utf8PathBuf};
use std::borrow::Cow;

/// Events of Claude Code, which other programs print too.
pub(in crate::agent) const FORMAT: OutputFormat = OutputFormat::Events {
    read: events::read,
    ends_with_result: true,
};

/// Makes the agent report through its result instead of a file it may not write.
const REPORT_BY_RESULT: &str = "

---
You may not write under `.claude/` in this permission mode. Do not write the status file. \
When your work is done, report it by calling the StructuredOutput tool exactly once, as your last step, with `decision` \
(`continue`, `stop`, `ask` or `error`), `reason`, `summary`, and where they apply `work.items_completed`, `work.files_touched`, \
`errors`, and, with `ask`, `question` and `choices`.
";

/// Loads a plugin for this run. It may be given several times.
const PLUGIN: &str = "--plugin-dir";

pub(in crate::agent) struct Claude;

impl Adapter for Claude {
    fn name(&self) -> &str {
        "claude"
    }

    fn aliases(&self) -> &'static [&'static str] {
        &["claude-code", "anthropic"]
    }

    fn display_name(&self) -> &str {
        "Claude"
    }

    fn home_paths(&self) -> &'static [&'static str] {
        &[".claude/local/claude", ".local/bin/claude"]
    }

    fn install_hint(&self) -> String {
        "install Claude Code (`npm install -g @anthropic-ai/claude-code`)".to_owned()
    }

    fn login_hint(&self) -> &'static str {
        LOGIN
    }

    fn model_hint(&self) -> &'static str {
        "name a model this account has: `opus`, `sonnet`, `haiku`, or a full model name"
    }

    fn judge_model(&self) -> &'static str {
        models::JUDGE
    }

    fn resolve_model<'m>(&self, model: &'m str) -> Cow<'m, str> {
        models::resolve(model)
    }

    fn model_variable(&self) -> Option<&'static str> {
        Some("ANTHROPIC_MODEL")
    }

    fn efforts(&self) -> &'static [&'static str] {
        &models::EFFORTS
    }

    fn unknown_effort<'m>(&self, model: &'m str) -> Option<&'m str> {
        crate::agent::model::unknown_effort(model, self.efforts())
    }

    fn takes_subagents(&self) -> bool {
        true
    }

    fn optional_flags(&self) -> &'static [&'static str] {
        &[
            "-n",
            "--effort",
            "--disallowedTools",
            "--max-budget-usd",
            args::AGENTS,
            PLUGIN,
        ]
    }

    fn plugin_flag(&self) -> Option<&'static str> {
        Some(PLUGIN)
    }

    fn args(&self, options: &AgentOptions<'_>, context: &InvocationContext<'_>) -> Vec<String> {
        args::agent(options, context)
    }

    fn judge_args(
        &self,
        options: &AgentOptions<'_>,
        context: &InvocationContext<'_>,
    ) -> Vec<String> {
        args::judge(options, context)
    }

    fn environment(
        &self,
        options: &AgentOptions<'_>,
        context: &InvocationContext<'_>,
        inherited: &[&str],
    ) -> Vec<(String, String)> {
        args::environment(options, context, inherited)
    }

    fn relays_permissions(&self) -> bool {
        true
    }

    fn dialogue(&self, options: &AgentOptions<'_>) -> Option<Dialogue> {
        args::dialogue(options)
    }

    fn dialogue_args(&self) -> &'static [&'static str] {
        &args::OPEN_INPUT
    }

    fn prompt_suffix(&self, mode: PermissionMode) -> &'static str {
        if self.reports_by_result(mode) {
            REPORT_BY_RESULT
        } else {
            ""
        }
    }

    /// Only an agent that bypasses permissions may write under `.claude/`.
    fn reports_by_result(&self, mode: PermissionMode) -> bool {
        mode != PermissionMode::BypassPermissions
    }

    fn address_variable(&self) -> Option<&'static str> {
        Some("ANTHROPIC_BASE_URL")
    }

    fn account(&self, env: &Env) -> Option<Account> {
        Some(account::account(env))
    }

    fn output_format(&self) -> OutputFormat {
        FORMAT
    }

    fn error_source(&self) -> ErrorSource {
        ErrorSource::Stdout
    }

    fn questions(&self) -> &'static [Question] {
        &questions::QUESTIONS
    }

    fn transcripts(&self, env: &Env, cwd: &Utf8Path) -> Vec<Utf8PathBuf> {
        sessions::transcripts(env, cwd)
    }

    fn refusal(&self, plain_output: [&str; 2]) -> Option<Refusal> {
        permissions::root_refusal(plain_output)
    }

    fn permission_hint(&self, mode: PermissionMode, denials: &[Denial]) -> String {
        permissions::hint(mode, denials)
    }
}
