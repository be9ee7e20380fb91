//! The shape of `state.json` and `ap status --json`, with the field names of the seed.
mod error;
mod iteration;
mod stage;
mod state;
mod time;
mod wait;

pub use error::ErrorView;
pub use iteration::IterationView;
pub use stage::{BranchView, StageStatus, StageView};
pub use state::StateView;
pub use wait::WaitView;
