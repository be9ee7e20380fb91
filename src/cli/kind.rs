//! Whether a command is about a loop or a pipeline.
use crate::plan::PlanKind;

#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(super) enum Kind {
    Loop,
    Pipeline,
}

impl From<Kind> for PlanKind {
    fn from(kind: Kind) -> Self {
        match kind {
            Kind::Loop => Self::Loop,
            Kind::Pipeline => Self::Pipeline,
        }
    }
}
