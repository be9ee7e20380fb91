//! `ap doctor`: checks whether sessions can run here, and shows how to fix what is wrong. It leaves nothing behind.
mod account;
mod channels;
mod check;
mod claude_version;
mod fleet;
mod host;
mod logout;
mod program;
mod quota;
mod tmux_server;

use super::context::Context;
use super::format::Format;
use crate::error::{ExitCode, Result};
use crate::ui::style::Look;
use crate::ui::table::{Cell, Fit, Table};
use crate::ui::{json, out};
use check::{Check, Verdict};
use serde::Serialize;

#[derive(clap::Args, Debug)]
#[command(mut_arg("json", |json| json.help("Print JSON (`ap schema ap-doctor`)")))]
pub(super) struct Args {
    /// Ask nothing that needs a network
    #[arg(long)]
    offline: bool,
    /// Do what is safe: modes of secrets, locks of runners that are gone, missing folders
    #[arg(long)]
    fix: bool,
    #[command(flatten)]
    format: Format,
}

/// `ap doctor --json`.
#[derive(Serialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
pub(super) struct Report {
    /// The worst verdict of all checks.
    verdict: Verdict,
    checks: Vec<Check>,
    /// What `--fix` did.
    fixed: Vec<String>,
}

pub(super) fn run(args: &Args, context: &Context) -> Result<ExitCode> {
    let fixed = if args.fix {
        fleet::fix(context)
    } else {
        Vec::new()
    };
    let checks = checks(args.offline, context);
    let verdict = checks
        .iter()
        .map(|check| check.verdict)
        .filter(|verdict| *verdict != Verdict::Optional)
        .max()
        .unwrap_or(Verdict::Ok);
    let report = Report {
        verdict,
        checks,
        fixed,
    };
    match args.format {
        Format::Json => json::print(&report)?,
        Format::Text => out(text(&report))?,
    }
    Ok(if verdict == Verdict::Problem {
        ExitCode::Failed
    } else {
        ExitCode::Done
    })
}

/// Runs all checks, those that call other programs in parallel.
fn checks(offline: bool, context: &Context) -> Vec<Check> {
    std::thread::scope(|scope| {
        let programs =
            program::WANTED.map(|wanted| scope.spawn(move || program::check(&wanted, context)));
        let server = scope.spawn(|| tmux_server::check(context));
        let logout = scope.spawn(|| logout::check(context));
        let account = scope.spawn(|| account::check(context));
        let service = scope.spawn(|| fleet::service(context));
        let projects = scope.spawn(|| fleet::projects(context));
        let channels = scope.spawn(|| channels::check(offline, context));
        let mut checks: Vec<Check> = programs
            .into_iter()
            .filter_map(|thread| thread.join().ok())
            .collect();
        checks.extend(
            [server, logout]
                .into_iter()
                .filter_map(|thread| thread.join().ok()),
        );
        checks.extend([
            program::on_path(context),
            host::locks(context),
            host::containment(context),
            host::disk(context),
            host::clock(context),
            quota::check(context),
        ]);
        checks.extend(account.join());
        checks.push(program::user(context));
        checks.extend([fleet::secrets(context), fleet::watches()]);
        checks.extend(service.join());
        checks.extend(channels.join());
        checks.push(fleet::not_needed(context));
        checks.extend(projects.join().into_iter().flatten());
        checks
    })
}

fn text(report: &Report) -> String {
    let fixed = report.fixed.iter().map(|what| {
        let label = Cell::new("fixed", Look::Good);
        [label, Cell::default(), what.as_str().into()]
    });
    let rows = report.checks.iter().flat_map(|check| {
        let found = [
            check.verdict.label(),
            check.name.into(),
            check.found.as_str().into(),
        ];
        let advice = check.advice.as_ref().map(|advice| {
            let advice = Cell::new(format!("→ {advice}"), Look::Name);
            [Cell::default(), Cell::default(), advice]
        });
        std::iter::once(found).chain(advice)
    });
    Table::new([Fit::Keep, Fit::Keep, Fit::Wrap])
        .rows(fixed.chain(rows))
        .fit_terminal()
}
