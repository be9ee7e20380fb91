//! The result of `ap lint`, as JSON and as text.
use super::check::Checked;
use crate::cli::programs;
use crate::compile::{LintCode, Problem, Severity};
use crate::error::Result;
use crate::text::count;
use crate::ui::{self, style};
use serde::Serialize;
use std::collections::BTreeMap;

/// The shape of `ap lint --json`.
#[derive(Debug, Serialize)]
pub(super) struct Report {
    pub(super) ok: bool,
    pub(super) checked: Vec<Checked>,
}

/// What is missing on this machine, with how many definitions need it and how to get it.
type Missing<'a> = BTreeMap<&'a str, (usize, Option<&'a str>)>;

impl Report {
    /// Prints a line for each definition with its problems, and a summary.
    pub(super) fn print(&self) -> Result<()> {
        let missing = missing_programs(&self.checked);
        let is_listed =
            |problem: &&Problem| missing.is_empty() || problem.code != LintCode::ProviderMissing;
        for one in &self.checked {
            let problems: Vec<&Problem> = one.problems.iter().filter(is_listed).collect();
            print_checked(one, &problems)?;
        }
        for (program, (needed, hint)) in &missing {
            let line = format!(
                "{}  {program}: {} cannot run here without it",
                style::odd("WARN"),
                count(needed, "definition")
            );
            ui::out(hint.map_or_else(|| line.clone(), |hint| format!("{line}\n      {hint}")))?;
        }
        let listed: Vec<&Problem> = self
            .checked
            .iter()
            .flat_map(|one| &one.problems)
            .filter(is_listed)
            .collect();
        ui::out(self.summary(&listed, missing.len()))
    }

    fn summary(&self, problems: &[&Problem], missing: usize) -> String {
        let number = |severity| {
            problems
                .iter()
                .filter(|problem| problem.severity == severity)
                .count()
        };
        format!(
            "{} checked, {} failed: {}, {}",
            self.checked.len(),
            self.checked.iter().filter(|one| !one.ok).count(),
            count(number(Severity::Error), "error"),
            count(number(Severity::Warning) + missing, "warning")
        )
    }
}

fn print_checked(checked: &Checked, problems: &[&Problem]) -> Result<()> {
    let mark = match (checked.ok, problems.is_empty()) {
        (false, _) => style::bad("FAIL"),
        (true, false) => style::odd("WARN"),
        (true, true) => style::good("PASS"),
    };
    ui::out(format!(
        "{mark}  {} {}  {}",
        checked.kind.as_str(),
        style::name(&checked.name),
        style::faint(&checked.path)
    ))?;
    for problem in problems {
        ui::out(ui::diagnostic(problem))?;
    }
    Ok(())
}

/// Returns the programs that several definitions miss, to list each once; nothing for a single definition.
pub(super) fn missing_programs(checked: &[Checked]) -> Missing<'_> {
    let mut missing = Missing::new();
    if checked.len() < 2 {
        return missing;
    }
    for problem in checked.iter().flat_map(|one| &one.problems) {
        if let Some(program) = programs::missing_program(problem) {
            missing
                .entry(program)
                .or_insert((0, problem.hint.as_deref()))
                .0 += 1;
        }
    }
    missing
}
