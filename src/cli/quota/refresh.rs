//! `ap quota --refresh`: asks Claude Code for the quota.
use crate::agent::{NO_TRAFFIC, Provider};
use crate::cli::account::agent_env;
use crate::cli::context::Context;
use crate::error::Result;
use crate::exec::command::find_agent_program;
use crate::model::{Account, Env};
use crate::plan::QuotaPolicy;
use crate::runner::ask_for_quota;

/// Asks Claude Code. The inner error is why nothing was learned.
pub(super) fn refresh(policy: &QuotaPolicy, context: &Context) -> Result<Result<(), String>> {
    let env = agent_env(&context.env, false);
    let Some(account) = account(&env) else {
        return Ok(Err("no account is known".to_owned()));
    };
    if let Some(why) = refusal(&account, policy, context) {
        return Ok(Err(why));
    }
    let settings = context.settings()?;
    let program = settings.programs.get("claude").cloned();
    let program = program.unwrap_or_else(|| "claude".to_owned());
    let Some(program) = find_agent_program(&program, &context.env, context.project.root()) else {
        return Ok(Err(format!("there is no program `{program}` on PATH")));
    };
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    let asked = ask_for_quota(&context.dirs, &program, &env, &account, true);
    Ok(runtime.block_on(asked))
}

fn account(env: &Env) -> Option<Account> {
    Provider::named("claude")?.adapter().account(env)
}

/// Returns why an account is never asked here, if that is so.
pub(in crate::cli) fn refusal(
    account: &Account,
    policy: &QuotaPolicy,
    context: &Context,
) -> Option<String> {
    if !account.has_windows {
        return Some(format!(
            "it signs in by {}, which has no windows",
            account.method
        ));
    }
    let is_off = context.env.contains_key(NO_TRAFFIC) && !policy.ask;
    let off = || format!("{NO_TRAFFIC} is set; `quota: {{ask: true}}` in config.yaml allows it");
    account.no_asking.clone().or_else(|| is_off.then(off))
}
