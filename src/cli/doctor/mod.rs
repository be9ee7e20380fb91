//! `ap doctor`: whether sessions can run here, and what to do where they cannot. It leaves nothing behind.
mod logout;
mod place;
mod program;

use super::context::Context;
use crate::error::{ExitCode, Result};
use crate::ui::{json, out};
use serde::Serialize;

#[derive(clap::Args, Debug)]
pub(super) struct Args {
    /// Print JSON: `verdict` and `checks`, each with name, verdict, found and advice
    #[arg(long)]
    json: bool,
}

/// How bad it is. Later ones are worse.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
enum Verdict {
    Ok,
    /// Sessions run, but something may surprise.
    Warning,
    /// Sessions cannot run, or not safely.
    Problem,
}

/// One thing looked at.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
struct Check {
    name: &'static str,
    verdict: Verdict,
    found: String,
    /// What to do about it.
    advice: Option<String>,
}

impl Check {
    fn ok(name: &'static str, found: impl Into<String>) -> Self {
        Self {
            name,
            verdict: Verdict::Ok,
            found: found.into(),
            advice: None,
        }
    }

    fn warning(name: &'static str, found: impl Into<String>, advice: impl Into<String>) -> Self {
        Self {
            name,
            verdict: Verdict::Warning,
            found: found.into(),
            advice: Some(advice.into()),
        }
    }

    fn problem(name: &'static str, found: impl Into<String>, advice: impl Into<String>) -> Self {
        Self {
            name,
            verdict: Verdict::Problem,
            found: found.into(),
            advice: Some(advice.into()),
        }
    }
}

/// `ap doctor --json`.
#[derive(Serialize)]
struct Report {
    /// The worst of them.
    verdict: Verdict,
    checks: Vec<Check>,
}

pub(super) fn run(args: &Args, context: &Context) -> Result<ExitCode> {
    let checks = checks(context);
    let verdict = checks
        .iter()
        .map(|check| check.verdict)
        .max()
        .unwrap_or(Verdict::Ok);
    let report = Report { verdict, checks };
    if args.json {
        json(&report)?;
    } else {
        out(in_words(&report))?;
    }
    Ok(if verdict == Verdict::Problem {
        ExitCode::Failed
    } else {
        ExitCode::Done
    })
}

/// Everything that asks another program at the same time, so that the slowest decides how long it takes.
fn checks(context: &Context) -> Vec<Check> {
    std::thread::scope(|scope| {
        let programs =
            program::WANTED.map(|wanted| scope.spawn(move || program::check(&wanted, context)));
        let server = scope.spawn(|| program::server(context));
        let logout = scope.spawn(|| logout::check(context));
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
            place::locks(context),
            place::disk(context),
            place::clock(context),
        ]);
        checks.extend([program::account(context), program::user(context)]);
        checks
    })
}

fn in_words(report: &Report) -> String {
    let mut text = String::new();
    for Check {
        name,
        verdict,
        found,
        advice,
    } in &report.checks
    {
        let word = match verdict {
            Verdict::Ok => "ok",
            Verdict::Warning => "warning",
            Verdict::Problem => "problem",
        };
        text += &format!("{word:<8} {name:<12} {found}\n");
        if let Some(advice) = advice {
            text += &format!("{:<21} → {advice}\n", "");
        }
    }
    text
}
