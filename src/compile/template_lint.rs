//! Lints the variables of prompts and paths.
use super::diagnostics::{Document, LintCode, Path, Problem, Severity};
use super::scope::Scope;
use super::yaml::{self, MAX_PROBLEMS};
use crate::plan::template::{self, Variable};
use std::collections::BTreeSet;

/// Reports every variable of a template that will have no value. `text` is the whole document, or the value at `path`.
pub(super) fn template(document: &Document, path: Option<&Path>, text: &str, scope: Scope<'_>) {
    let (whole, mut from) = (
        Path::default(),
        path.map_or(0, |path| yaml::start(document, path)),
    );
    let (variables, before) = (template::variables(text), document.diagnostics().count());
    let mut variables = variables.into_iter();
    for variable in variables.by_ref() {
        let written = format!("${{{}}}", variable.name);
        let offset = match path {
            None => variable.offset,
            // YAML may fold and escape the text, so look for the variable as it is written.
            Some(_) => document.text()[from..]
                .find(&written)
                .map_or(from, |found| from + found),
        };
        let span = offset..(offset + variable.width()).min(document.text().len());
        from = if path.is_some() {
            document.text().floor_char_boundary(span.end)
        } else {
            from
        };
        let problem = |code, message: String| {
            document.spanning(span.clone(), path.unwrap_or(&whole), code, message)
        };
        unusable(variable, scope, problem)
            .into_iter()
            .for_each(|problem| document.report(problem));
        if document.diagnostics().count() - before == MAX_PROBLEMS {
            break;
        }
    }
    let more = format!("more variables have no value than the {MAX_PROBLEMS} that are shown");
    match worst(variables, scope) {
        None => {}
        Some(Severity::Error) => {
            document.report(document.spanning(0..0, &whole, LintCode::TooMany, more));
        }
        Some(Severity::Warning) => {
            document.report(
                document
                    .spanning(0..0, &whole, LintCode::TooMany, more)
                    .warning(),
            );
        }
    }
}

/// Returns the highest severity among the variables that are not reported one by one.
fn worst<'a>(rest: impl Iterator<Item = Variable<'a>>, scope: Scope<'_>) -> Option<Severity> {
    let (mut names, mut worst) = (BTreeSet::new(), None);
    for variable in rest.filter(|variable| names.insert(variable.name)) {
        let severity =
            unusable(variable, scope, Problem::without_file).map(|problem| problem.severity);
        if severity == Some(Severity::Error) {
            return severity;
        }
        worst = worst.or(severity);
    }
    worst
}

/// Reports every variable that is not allowed in a path.
pub(super) fn path(document: &Document, path: &Path, text: &str) {
    let known = template::variables(text)
        .into_iter()
        .filter(Variable::is_known);
    for Variable { name, .. } in
        known.filter(|variable| !template::ALLOWED_IN_PATHS.contains(&variable.name))
    {
        let problem = document.at(
            path,
            LintCode::BadValue,
            format!("`${{{name}}}` is not allowed in a path"),
        );
        document.report(problem.hint(format!(
            "allowed are: `${{{}}}`",
            template::ALLOWED_IN_PATHS.join("}`, `${")
        )));
    }
}

fn unusable(
    variable: Variable<'_>,
    scope: Scope<'_>,
    problem: impl Fn(LintCode, String) -> Problem,
) -> Option<Problem> {
    let name = variable.name;
    if !variable.is_known() {
        return Some(
            problem(
                LintCode::UnknownVariable,
                format!("unknown variable `${{{name}}}`"),
            )
            .hint(template::hint(name)),
        );
    }
    if name == "PERSPECTIVE" && !scope.perspectives {
        let problem = problem(
            LintCode::NoPerspectives,
            "`${PERSPECTIVE}` is empty here".to_owned(),
        );
        return Some(
            problem
                .hint(
                    "a node of a pipeline gives it a text for each iteration, with `perspectives`",
                )
                .warning(),
        );
    }
    if !scope.output_path && (name == "OUTPUT_PATH" || name == "OUTPUT" && scope.earlier.is_none())
    {
        let message = format!("`${{{name}}}` is empty here: there is no `output_path`");
        return Some(
            problem(LintCode::NoOutput, message)
                .hint("set `output_path: docs/${SESSION_NAME}.md`, or name the file in the prompt")
                .warning(),
        );
    }
    let Some(earlier) = scope.earlier else {
        let problem = variable.input().map(|_| {
            problem(
                LintCode::NoInputs,
                format!("`${{{name}}}` is empty when the loop runs on its own"),
            )
        })?;
        return Some(problem.hint("only a pipeline has nodes before it; `${INPUTS}` is whatever the node before wrote").warning());
    };
    match variable.input() {
        Some(node) if !earlier.iter().any(|id| id == node) && !scope.may_come(node) => {
            Some(scope.no_such(node, problem))
        }
        None if name == "INPUTS" && earlier.is_empty() => Some(
            problem(
                LintCode::NoInputs,
                "the first node has no inputs: `${INPUTS}` is empty".into(),
            )
            .warning(),
        ),
        Some(_) | None => None,
    }
}
