//! `runs:` of a node.
use super::shape::{Shape, of_shape};
use super::termination_def::TerminationDef;
use serde::{Deserialize, Deserializer};

/// `runs:` of a node: how often at most, or at length when it ends, as in `termination`.
#[derive(Clone, Debug)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
#[cfg_attr(feature = "schemas", schemars(untagged))]
pub enum RunsDef {
    Times(u32),
    Ending(Box<TerminationDef>),
}

impl RunsDef {
    pub fn times(&self) -> Option<u32> {
        match self {
            Self::Times(times) => Some(*times),
            Self::Ending(_) => None,
        }
    }

    pub fn ending(&self) -> Option<&TerminationDef> {
        match self {
            Self::Times(_) => None,
            Self::Ending(def) => Some(def),
        }
    }
}

impl Shape for RunsDef {
    const EXPECTED: &'static str = "a whole number, or `key: value` lines as in `termination`";
    type Map = TerminationDef;

    fn map(def: TerminationDef) -> Self {
        Self::Ending(Box::new(def))
    }

    fn number(times: u32) -> Option<Self> {
        Some(Self::Times(times))
    }
}

impl<'de> Deserialize<'de> for RunsDef {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        of_shape(deserializer)
    }
}
