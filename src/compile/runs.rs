//! How often a pipeline runs.
use super::definition::PipelineDef;
use super::diagnostics::{Diagnostics, LintCode, Location, Problem};
use super::overrides::Overrides;
use crate::plan::{SettingOrigin, SettingSource};

/// The maximum number of runs of a pipeline: the state keeps a record of every finished stage.
pub(super) const MAX_RUNS: u32 = 1000;

/// Returns how often a pipeline runs, and where that is set unless by an override.
pub(super) fn of_pipeline(
    location: &Location<'_>,
    def: &PipelineDef,
    overrides: &Overrides,
) -> (u32, Option<SettingOrigin>) {
    let runs = overrides.runs.or(def.runs).unwrap_or(1);
    if !(1..=MAX_RUNS).contains(&runs) {
        let message = format!("`runs` must be between 1 and {MAX_RUNS}");
        location.report(match overrides.runs {
            Some(_) => Problem::without_file(LintCode::BadValue, message),
            None => location.at("runs", LintCode::BadValue, message),
        });
    }
    let source = if def.runs.is_some() {
        SettingSource::Pipeline
    } else {
        SettingSource::BuiltIn
    };
    let origin = overrides.runs.is_none().then(|| SettingOrigin {
        setting: "runs".to_owned(),
        value: runs.to_string(),
        source,
    });
    (runs, origin)
}

/// A loop is repeated by its iterations.
pub(super) fn of_loop(
    diagnostics: &Diagnostics,
    overrides: &Overrides,
) -> (u32, Option<SettingOrigin>) {
    if overrides.runs.is_some() {
        let problem = Problem::without_file(
            LintCode::NoEffect,
            "a loop takes no runs: its iterations repeat it",
        );
        diagnostics
            .report(problem.hint("set their number with `--max`, or make a pipeline of the loop"));
    }
    (1, None)
}
