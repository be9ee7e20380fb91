//! What `ap` must know about a provider to run its agents.
use super::context::InvocationContext;
use super::dialogue::Dialogue;
use super::model;
use super::options::AgentOptions;
use super::prompt_delivery::PromptDelivery;
use super::question::Question;
use super::transcript::{Denial, OutputFormat};
use crate::model::{Account, Env, PermissionMode};
use camino::{Utf8Path, Utf8PathBuf};
use std::borrow::Cow;

/// Why a provider refuses modes that permit no writing, unless its agents can report in another way.
pub(super) const READ_ONLY: &str = "an agent that may write nothing cannot leave its status";

/// Returns why a provider that supports every mode but `plan` and `auto` refuses a mode, if it does.
pub(super) fn refuses_plan_and_auto(
    mode: PermissionMode,
    plan: &'static str,
    auto: &'static str,
) -> Option<&'static str> {
    match mode {
        PermissionMode::BypassPermissions
        | PermissionMode::Default
        | PermissionMode::AcceptEdits
        | PermissionMode::Ask
        | PermissionMode::DontAsk => None,
        PermissionMode::Plan => Some(plan),
        PermissionMode::Auto => Some(auto),
    }
}

/// A provider: the program that runs a prompt. Everything that differs between providers is here; one file implements it
/// per provider, and [`Provider`](super::registry::Provider) lists them.
pub trait Adapter: Sync {
    /// The name in definitions and plans.
    fn name(&self) -> &str;

    /// Other names that definitions may use.
    fn aliases(&self) -> &'static [&'static str] {
        &[]
    }

    /// The name in messages.
    fn display_name(&self) -> &str;

    /// The default program; empty if a definition must name one.
    fn program(&self) -> &str {
        self.name()
    }

    /// Paths below the user's home where installers put the program without adding it to PATH.
    fn home_paths(&self) -> &'static [&'static str] {
        &[]
    }

    /// Whether the program is `ap` itself, so that nothing has to be installed.
    fn is_built_in(&self) -> bool {
        false
    }

    /// How to get the program.
    fn install_hint(&self) -> String;

    /// How to log in.
    fn login_hint(&self) -> &'static str;

    /// What to do about a model the account does not have.
    fn model_hint(&self) -> &'static str {
        "name a model this account has, as its program calls it, with `model:` or `--model`"
    }

    /// The model of a judge where no definition names one; empty if the program chooses.
    fn judge_model(&self) -> &'static str {
        ""
    }

    /// Returns the provider's name for a model that a definition names, or for none.
    fn resolve_model<'m>(&self, model: &'m str) -> Cow<'m, str> {
        Cow::Borrowed(model)
    }

    /// The variable with which users of the program choose its model.
    fn model_variable(&self) -> Option<&'static str> {
        None
    }

    /// Returns the account whose quota agents use in this environment, where the program reports its quota.
    fn account(&self, _env: &Env) -> Option<Account> {
        None
    }

    /// The variable with which users of the program choose the address of its service.
    fn address_variable(&self) -> Option<&'static str> {
        None
    }

    /// The reasoning efforts that may follow a model's name and a colon; none where the program has no such setting.
    fn efforts(&self) -> &'static [&'static str] {
        &[]
    }

    /// Returns the word behind a model's name that can only be meant as an effort, and is none.
    fn unknown_effort<'m>(&self, _model: &'m str) -> Option<&'m str> {
        None
    }

    /// Splits a model into its name and its effort.
    fn split_effort<'m>(&self, model: &'m str) -> (&'m str, Option<&'m str>) {
        model::split(model, self.efforts())
    }

    /// Whether the program accepts the name of a model.
    fn accepts_model(&self) -> bool {
        true
    }

    /// Returns why the provider refuses a permission mode, if it does.
    ///
    /// A mode is refused where the program has no equivalent, and where it would keep the agent from writing its
    /// `status.json`: only Claude Code can report in another way.
    fn refuses(&self, _mode: PermissionMode) -> Option<&'static str> {
        None
    }

    /// Whether agents can ask you for permissions while they work.
    fn relays_permissions(&self) -> bool {
        false
    }

    /// The options that an older version of the program may lack; each takes one value, and agents work without them.
    fn optional_flags(&self) -> &'static [&'static str] {
        &[]
    }

    /// Whether the program takes a number of turns, and definitions of agents that its own may call.
    fn takes_subagents(&self) -> bool {
        false
    }

    /// The option that loads a plugin from a folder, whose hooks the program then asks before each use of a tool.
    fn plugin_flag(&self) -> Option<&'static str> {
        None
    }

    /// The arguments for an agent.
    fn args(&self, options: &AgentOptions<'_>, context: &InvocationContext<'_>) -> Vec<String>;

    /// The arguments for a judge.
    fn judge_args(
        &self,
        options: &AgentOptions<'_>,
        context: &InvocationContext<'_>,
    ) -> Vec<String> {
        self.args(options, context)
    }

    /// Variables to set in addition to those that every agent gets. `inherited` are the names that are set already.
    fn environment(
        &self,
        _options: &AgentOptions<'_>,
        _context: &InvocationContext<'_>,
        _inherited: &[&str],
    ) -> Vec<(String, String)> {
        Vec::new()
    }

    /// Variables that would permit the agent more than its definition does.
    fn forbidden_variables(&self, _options: &AgentOptions<'_>) -> &'static [&'static str] {
        &[]
    }

    /// Returns how an agent with these options can be spoken to while it works, if it can be. The options do not say so yet.
    fn dialogue(&self, _options: &AgentOptions<'_>) -> Option<Dialogue> {
        None
    }

    /// The arguments that stand for a dialogue, in a row. Without the first of them a program cannot be spoken to.
    fn dialogue_args(&self) -> &'static [&'static str] {
        &[]
    }

    /// How the program gets its prompt.
    fn prompt_delivery(&self) -> PromptDelivery {
        PromptDelivery::Stdin
    }

    /// Text to append to the prompt.
    fn prompt_suffix(&self, _permissions: PermissionMode) -> &'static str {
        ""
    }

    /// Whether the status is the agent's structured result, because the agent may not write under `.claude/`.
    fn reports_by_result(&self, _permissions: PermissionMode) -> bool {
        false
    }

    /// How the program's standard output is read.
    fn output_format(&self) -> OutputFormat;

    /// Where the program explains a failure that its events leave out.
    fn error_source(&self) -> ErrorSource {
        ErrorSource::ClassifiedStderr
    }

    /// What an exit code means, where the program documents it.
    fn exit_meaning(&self, _code: i32) -> Option<ExitMeaning> {
        None
    }

    /// What the program prints when it asks you something, which an agent cannot answer.
    fn questions(&self) -> &'static [Question] {
        &[]
    }

    /// The folders in which the program may write the transcript of an agent, one `<session id>.jsonl` each.
    fn transcripts(&self, _env: &Env, _cwd: &Utf8Path) -> Vec<Utf8PathBuf> {
        Vec::new()
    }

    /// Returns why the program refused to run, where only its plain output shows it.
    fn refusal(&self, _plain_output: [&str; 2]) -> Option<Refusal> {
        None
    }

    /// How to permit the tool calls that were denied.
    fn permission_hint(&self, _permissions: PermissionMode, _denials: &[Denial]) -> String {
        format!(
            "allow it in the settings of `{}`, or choose another `permissions:`",
            self.name()
        )
    }
}

/// Where a program explains a failure that its events leave out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ErrorSource {
    /// In plain lines on standard output.
    Stdout,
    /// On standard error, in words that are not interpreted.
    Stderr,
    /// On standard error, in words that distinguish a used up quota from a missing login.
    ClassifiedStderr,
}

/// What an exit code means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ExitMeaning {
    /// The kind of failure, as `failure` names it.
    pub kind: &'static str,
    pub message: &'static str,
}

/// Why a program refused to run, and what to do about it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    pub reason: String,
    pub hint: String,
}
