//! `ap quota`: what is known of the quota, what your policy makes of it, and which sessions it holds.
mod held;
pub(super) mod refresh;
mod report;
mod text;

use super::context::Context;
use super::format::Format;
use crate::agent::Provider;
use crate::cli::account::agent_env;
use crate::error::{ExitCode, Result};
use crate::plan::QuotaPolicy;
use crate::store::quota;
use crate::ui::{json, note, out};
pub(super) use report::{AccountReport, QuotaReport};

#[derive(clap::Args, Debug)]
#[command(mut_arg("json", |json| json.help("Print JSON (`ap schema ap-quota`)").conflicts_with("raw")))]
pub(super) struct Args {
    /// Print quota.json as it is
    #[arg(long)]
    raw: bool,
    /// Ask Claude Code first, if it may be asked now
    #[arg(long)]
    refresh: bool,
    #[command(flatten)]
    format: Format,
}

pub(super) fn run(args: &Args, context: &Context) -> Result<ExitCode> {
    let policy = policy(context)?;
    if args.refresh
        && let Err(why) = refresh::refresh(&policy, context)?
    {
        note(format!("not asked: {why}"));
    }
    if args.raw {
        return print_raw(context);
    }
    let read = quota::read(&context.dirs);
    let problem = read
        .as_ref()
        .err()
        .map(|error| format!("quota.json: {error}"));
    let file = read.unwrap_or_default();
    let report = QuotaReport::new(&file, problem, &policy, context)?;
    match args.format {
        Format::Json => json::print(&report)?,
        Format::Text => print_text(&report)?,
    }
    Ok(if report.knows_something() {
        ExitCode::Done
    } else {
        note(hint(context));
        ExitCode::Short
    })
}

fn print_text(report: &QuotaReport) -> Result<()> {
    let text = text::text(report);
    if text.is_empty() {
        return Ok(());
    }
    out(text)
}

/// Returns what is known of each account now. A file that cannot be read is known to `ap quota`.
pub(super) fn known_accounts(context: &Context) -> Result<Vec<AccountReport>> {
    let file = quota::read(&context.dirs).unwrap_or_default();
    Ok(report::account_reports(&file, &policy(context)?, context))
}

/// Returns the use of an account's windows in one line.
pub(super) fn account_line(account: &AccountReport) -> String {
    text::line(account)
}

/// Returns the user's policy.
pub(super) fn policy(context: &Context) -> Result<QuotaPolicy> {
    let settings = context.settings()?;
    Ok(QuotaPolicy::default().with(&settings.quota.limits()))
}

fn print_raw(context: &Context) -> Result<ExitCode> {
    match quota::read_text(&context.dirs)? {
        Some(text) => {
            out(text.trim_end())?;
            Ok(ExitCode::Done)
        }
        None => {
            note(hint(context));
            Ok(ExitCode::Short)
        }
    }
}

/// Returns how something becomes known.
fn hint(context: &Context) -> String {
    let env = agent_env(&context.env, false);
    let account = Provider::named("claude").and_then(|claude| claude.adapter().account(&env));
    let why = match account.clone().filter(|account| !account.has_windows) {
        Some(account) => format!(
            "nothing is known of the quota: agents sign in by {}, which has no windows",
            account.method
        ),
        None => {
            let refusal = account.and_then(|account| {
                let policy = policy(context).ok()?;
                refresh::refusal(&account, &policy, context)
            });
            let why = refusal.map(|why| format!(", and Claude Code is not asked: {why}"));
            format!("nothing is known of the quota{}", why.unwrap_or_default())
        }
    };
    format!(
        "{why}\nhelp: run a session, or name `ap hook statusline` as the status line of Claude Code; see `ap explain quota`"
    )
}
