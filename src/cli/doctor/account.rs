//! The account that pays for agents.
use super::check::Check;
use super::program::find;
use crate::agent::stray_keys;
use crate::cli::account::{self, Account};
use crate::cli::context::Context;

const NAME: &str = "account";

/// Returns which account pays for agents, by the names of variables only.
pub(super) fn check(context: &Context) -> Check {
    let names: Vec<&str> = context.env.keys().map(String::as_str).collect();
    let set = ["ANTHROPIC_AUTH_TOKEN", "ANTHROPIC_API_KEY"]
        .into_iter()
        .find(|name| names.contains(name));
    match set {
        Some(name) if !stray_keys(&names).contains(&name) => Check::ok(
            NAME,
            format!("{name} pays: ANTHROPIC_BASE_URL is set, and agents get both"),
        ),
        Some(name) => {
            let check = signed_in(context);
            let found = format!(
                "{}; {name} is set, but agents get it only with --keep-env",
                check.found
            );
            Check { found, ..check }
        }
        None => signed_in(context),
    }
}

/// Asks Claude Code, which looks at its own files only.
fn signed_in(context: &Context) -> Check {
    let Some(program) = find("claude", context) else {
        return Check::ok(NAME, "unknown: `claude` is not installed");
    };
    match Account::ask(&program, &account::agent_env(&context.env, false)) {
        Account::SignedIn => Check::ok(NAME, "signed in: that account pays for agents"),
        Account::NotSignedIn => Check::warning(
            NAME,
            "not signed in: agents of Claude Code cannot work",
            account::SIGN_IN_HINT,
        ),
        Account::Unknown => Check::ok(NAME, "unknown: `claude auth status` does not say"),
    }
}
