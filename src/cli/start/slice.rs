//! `--slice`: what a supervisor tells the runner it starts.
use crate::cli::context::Context;
use crate::model::ProjectId;
use crate::runner::Slice;
use crate::store::fleet;
use std::str::FromStr;

/// The longest wait that a runner sits through; longer ones are the supervisor's.
const PARK_AFTER_S: u32 = 30;

/// A project, the generation of its slice, and how many iterations it has: `app:12`, `app:0:1`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct GivenSlice {
    project: ProjectId,
    generation: u64,
    iterations: Option<u32>,
}

impl FromStr for GivenSlice {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let mut parts = text.split(':');
        let wrong = || format!("`{text}` names no slice");
        let mut next = || parts.next().ok_or_else(wrong);
        let project = next()?.parse().map_err(|_| wrong())?;
        let generation = next()?.parse().map_err(|_| wrong())?;
        let iterations = next().ok().map(str::parse).transpose();
        let iterations = iterations.map_err(|_| wrong())?;
        if parts.next().is_some() {
            return Err(wrong());
        }
        Ok(Self {
            project,
            generation,
            iterations,
        })
    }
}

impl GivenSlice {
    pub(super) fn slice(&self, context: &Context) -> Slice {
        Slice {
            generation: self.generation,
            wakeup: Some(fleet::wakeup_file(&context.dirs, &self.project)),
            park_after_s: PARK_AFTER_S,
            iterations: self.iterations,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slice_is_a_project_a_generation_and_perhaps_iterations() {
        let slice: GivenSlice = "app:12:1".parse().unwrap();
        assert_eq!((slice.generation, slice.iterations), (12, Some(1)));
        assert_eq!("app:0".parse::<GivenSlice>().unwrap().iterations, None);
        for wrong in ["", "app", "app:", "app:x", "app:1:", "app:1:x", "app:1:2:3"] {
            assert!(wrong.parse::<GivenSlice>().is_err(), "{wrong}");
        }
    }
}
