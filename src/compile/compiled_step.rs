//! Steps of a plan as compiled so far.
use crate::plan::{SettingOrigin, Step};

/// A step, and where its settings came from.
pub(super) type CompiledStep = (Step, Vec<SettingOrigin>);

/// The steps of a pipeline, and how often it runs.
#[derive(Debug)]
pub(super) struct CompiledPipeline {
    pub(super) steps: Vec<CompiledStep>,
    pub(super) runs: u32,
}
