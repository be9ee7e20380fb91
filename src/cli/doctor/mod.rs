//! `ap doctor`: checks whether sessions can run here, and shows how to fix what is wrong. It leaves nothing behind.
mod account;
mod check;
mod claude_version;
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
}

pub(super) fn run(args: &Args, context: &Context) -> Result<ExitCode> {
    let checks = checks(context);
    let verdict = checks
        .iter()
        .map(|check| check.verdict)
        .filter(|verdict| *verdict != Verdict::Optional)
        .max()
        .unwrap_or(Verdict::Ok);
    let report = Report { verdict, checks };
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
fn checks(context: &Context) -> Vec<Check> {
    std::thread::scope(|scope| {
        let programs =
            program::WANTED.map(|wanted| scope.spawn(move || program::check(&wanted, context)));
        let server = scope.spawn(|| tmux_server::check(context));
        let logout = scope.spawn(|| logout::check(context));
        let account = scope.spawn(|| account::check(context));
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
        checks
    })
}

fn text(report: &Report) -> String {
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
        .rows(rows)
        .fit_terminal()
}
