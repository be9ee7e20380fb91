//! The result of `ap lint`, as JSON and as text.
use super::check::Checked;
use crate::cli::programs;
use crate::compile::{LintCode, Problem, Severity};
use crate::error::Result;
use crate::plan::Origin;
use crate::text::count;
use crate::ui::{self, style};
use serde::Serialize;
use std::collections::BTreeMap;

/// The shape of `ap lint --json`.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
pub(in crate::cli) struct Report {
    pub(super) ok: bool,
    pub(super) checked: Vec<Checked>,
}

/// What is missing on this machine, with how many definitions need it and how to get it.
type Missing<'a> = BTreeMap<&'a str, (usize, Option<&'a str>)>;

impl Report {
    /// Prints a line for each definition with its problems, failures last, and a summary. Built-in definitions without
    /// a problem are only counted, unless `all` are wanted.
    pub(super) fn print(&self, all: bool) -> Result<()> {
        let missing = missing_programs(&self.checked);
        let is_listed =
            |problem: &&Problem| missing.is_empty() || problem.code != LintCode::ProviderMissing;
        let listed_of = |one: &'_ Checked| one.problems.iter().filter(is_listed).count();
        let is_hidden =
            |one: &&Checked| !all && one.ok && one.origin == Origin::BuiltIn && listed_of(one) == 0;
        let hidden = self.checked.iter().filter(is_hidden).count();
        if 0 < hidden {
            let mark = style::good("PASS");
            ui::out(format!("{mark}  {hidden} built in (`--all` lists them)"))?;
        }
        let mut shown: Vec<_> = self.checked.iter().filter(|one| !is_hidden(one)).collect();
        shown.sort_by_key(|one| (!one.ok, 0 < listed_of(one)));
        for one in shown {
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
        let (errors, warnings) = (number(Severity::Error), number(Severity::Warning) + missing);
        let failed = self.checked.iter().filter(|one| !one.ok).count();
        let parts = [
            (failed, format!("{failed} failed")),
            (errors, count(errors, "error")),
            (warnings, count(warnings, "warning")),
        ];
        let parts: Vec<String> = parts
            .into_iter()
            .filter_map(|(number, text)| (0 < number).then_some(text))
            .collect();
        let result = if parts.is_empty() {
            "no problems".to_owned()
        } else {
            parts.join(", ")
        };
        format!("{} checked: {result}", self.checked.len())
    }
}

fn print_checked(checked: &Checked, problems: &[&Problem]) -> Result<()> {
    let mark = match (checked.ok, problems.is_empty()) {
        (false, _) => style::bad("FAIL"),
        (true, false) => style::odd("WARN"),
        (true, true) => style::good("PASS"),
    };
    let all = std::iter::once(checked.needs.join(" or ")).chain(checked.also_needs.clone());
    let needs: Vec<String> = all.filter(|needs| !needs.is_empty()).collect();
    let path = match needs.as_slice() {
        [] => checked.path.clone(),
        needs => format!("{}  a start needs {}", checked.path, needs.join(", and ")),
    };
    ui::out(format!(
        "{mark}  {} {}  {}",
        checked.kind.as_str(),
        style::name(&checked.name),
        style::faint(&path)
    ))?;
    for problem in problems {
        ui::out(format!("{}\n\n", ui::diagnostic(problem)))?;
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
