//! How often a pipeline runs.
use super::definition::PipelineDef;
use super::diagnostics::{Place, Problem};
use super::overrides::Overrides;
use crate::plan::{SettingOrigin, SettingSource};

/// Runs a pipeline may have. What is known of every stage that is done is kept at hand.
pub(super) const MOST_RUNS: u32 = 1000;

/// Returns how often a pipeline runs, and who says so.
pub(super) fn of_pipeline(
    place: &Place<'_>,
    def: &PipelineDef,
    overrides: &Overrides,
    problems: &mut Vec<Problem>,
) -> (u32, Option<SettingOrigin>) {
    let runs = overrides.runs.or(def.runs).unwrap_or(1);
    if !(1..=MOST_RUNS).contains(&runs) {
        let message = format!("`runs` must be between 1 and {MOST_RUNS}");
        problems.push(match overrides.runs {
            Some(_) => Problem::nowhere("bad-value", message),
            None => place.at("runs", "bad-value", message),
        });
    }
    let source = if def.runs.is_some() {
        SettingSource::Pipeline
    } else {
        SettingSource::BuiltIn
    };
    let said = overrides.runs.is_none().then(|| SettingOrigin {
        setting: "runs".to_owned(),
        value: runs.to_string(),
        source,
    });
    (runs, said)
}

/// A loop is repeated by its iterations.
pub(super) fn of_loop(
    overrides: &Overrides,
    problems: &mut Vec<Problem>,
) -> (u32, Option<SettingOrigin>) {
    if overrides.runs.is_some() {
        let problem = Problem::nowhere(
            "no-effect",
            "a loop takes no runs: its iterations repeat it",
        );
        problems.push(problem.hint("say how many with `--max`, or make a pipeline of the loop"));
    }
    (1, None)
}
