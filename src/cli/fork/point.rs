//! The iteration after which a session is forked.
use crate::cli::context::Context;
use crate::cli::step;
use crate::error::{Error, ErrorKind, Result};
use crate::plan::Step;
use crate::store::fork::{self, Cut};
use crate::store::session::Snapshot;

/// Returns the end of the iteration that `--at` names, in the session's journal.
pub(super) fn find(
    at: &str,
    run: Option<u32>,
    snapshot: &Snapshot,
    context: &Context,
) -> Result<Cut> {
    let (stage, iteration) = parse(at)?;
    let index = step::find(stage, run, snapshot)?;
    if let Some(Step::Block(block)) = snapshot.plan.step(index) {
        return Err(Error::usage(format!(
            "`{}` is a parallel block: its branches have no common point to fork from",
            block.id
        ))
        .hint("name an iteration of a stage before or after the block: `--at stage/iteration`"));
    }
    let journal = context.project.session(&snapshot.plan.session).journal();
    fork::find(&journal, index, iteration)
        .map_err(Error::failed_by)?
        .map_err(|last| not_ended(snapshot, (index, iteration), last))
}

/// Parses `iteration` or `stage/iteration`. Of `block/branch/iteration` the block is the stage.
fn parse(at: &str) -> Result<(Option<&str>, u32)> {
    let (stage, number) = match at.rsplit_once('/') {
        Some((stage, number)) => (stage.split('/').next(), number),
        None => (None, at),
    };
    let iteration = number.parse().map_err(|_| {
        Error::usage(format!("`--at {at}` names no iteration"))
            .hint("give a number, or `stage/number` for another stage than the current one")
    })?;
    Ok((stage, iteration))
}

fn not_ended(snapshot: &Snapshot, (index, iteration): (u32, u32), last: u32) -> Error {
    let stage = snapshot
        .plan
        .step(index)
        .map_or("?", |step| step.id().as_str());
    let session = &snapshot.plan.session;
    let hint = match last {
        0 => {
            "no iteration of this stage has ended; for another stage give `stage/iteration`".into()
        }
        last => format!("its last finished iteration is {last}"),
    };
    let message =
        format!("iteration {iteration} of `{stage}` has not ended in session '{session}'");
    Error::new(ErrorKind::NotYet, message).hint(hint)
}
