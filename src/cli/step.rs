//! Finds a step of a session's plan by stage and run.
use crate::error::{Error, ErrorKind, Result};
use crate::plan::Plan;
use crate::store::session::Snapshot;
use crate::text::count;

/// Returns the index of a stage in a run (from 1); without them, of the current or last stage and run.
pub(super) fn find(stage: Option<&str>, run: Option<u32>, snapshot: &Snapshot) -> Result<u32> {
    let position = stage.map(|id| position(&snapshot.plan, id)).transpose()?;
    index(position, run, snapshot)
}

/// Returns the index of a step, given by its position in the plan, in a run.
pub(super) fn index(position: Option<usize>, run: Option<u32>, snapshot: &Snapshot) -> Result<u32> {
    let Snapshot { plan, state } = snapshot;
    if let Some(run) = run
        && (run == 0 || plan.runs < run)
    {
        return Err(Error::new(
            ErrorKind::NotFound,
            format!(
                "there is no run {run}: session '{}' has {}",
                plan.session,
                count(plan.runs, "run")
            ),
        ));
    }
    // Between two stages, and after the last one, show the previous stage: the next one has no output.
    let current = if state.current.cursor.iteration == 0 {
        state.current.cursor.node.saturating_sub(1)
    } else {
        state.current.cursor.node
    };
    let last = plan.steps.len().saturating_sub(1);
    Ok(match (run, position) {
        (Some(run), Some(position)) => plan.index_in_run(run - 1, position),
        (Some(run), None) => current.clamp(
            plan.index_in_run(run - 1, 0),
            plan.index_in_run(run - 1, last),
        ),
        (None, Some(position)) => plan.last_before(current + 1, position),
        (None, None) => current,
    })
}

fn position(plan: &Plan, id: &str) -> Result<usize> {
    plan.position(id).ok_or_else(|| {
        let ids: Vec<&str> = plan.steps.iter().map(|step| step.id().as_str()).collect();
        Error::new(
            ErrorKind::NotFound,
            format!("session '{}' has no stage `{id}`", plan.session),
        )
        .hint(format!("the stages are: {}", ids.join(", ")))
    })
}
