//! The blocks that later nodes can take their inputs from.
use super::branch_names::branch_names;
use super::compiled_step::CompiledStep;
use super::definition::{NodeDef, ParallelDef, ParallelKey};
use super::diagnostics::Location;
use super::prior::PriorBlock;

/// Returns the blocks among the steps a node was compiled into. If it could not be compiled, returns what it may contain:
/// its own mistakes are reported, and references to it are right if it may be what they mean.
pub(super) fn prior_blocks(
    location: &Location<'_>,
    def: &NodeDef,
    steps: Option<&[CompiledStep]>,
) -> Vec<PriorBlock> {
    if let Some(steps) = steps {
        let blocks = steps.iter().filter_map(|(step, _)| step.block());
        return blocks.map(PriorBlock::of).collect();
    }
    let id = def.node_name().to_owned();
    match &def.parallel {
        Some(ParallelKey::Block(block)) => vec![unfinished(location, id, block)],
        // The block could not be read.
        _ if def.uses().is_none() && def.prompt.is_none() => vec![PriorBlock {
            id,
            stages: None,
            branches: None,
            holds_others: def.pipeline.is_some(),
        }],
        _ => Vec::new(),
    }
}

/// Returns what is known of a block that could not be compiled.
fn unfinished(location: &Location<'_>, id: String, block: &ParallelDef) -> PriorBlock {
    let names = || branch_names(&location.to("parallel"), block);
    let branches = location.diagnostics().filtered(|_| false, names);
    let branches = branches.iter().map(ToString::to_string).collect();
    let stages = block.stages().1.iter();
    let stages = stages.map(|stage| stage.node_name().to_owned()).collect();
    let known = |names: Vec<String>| {
        Some(names).filter(|names| !names.is_empty() && names.iter().all(|name| !name.is_empty()))
    };
    PriorBlock {
        id,
        stages: known(stages),
        branches: known(branches).filter(|branches| branches.len() == block.providers.len()),
        holds_others: false,
    }
}
