//! `runs:` of a node: how often at most, or at length when it ends.
use super::definition::TerminationDef;
use serde::de::value::MapAccessDeserializer;
use serde::de::{self, Deserialize, Deserializer, MapAccess, Visitor};
use std::fmt;

/// A number, or what `termination:` holds.
#[derive(Clone, Debug)]
pub enum RunsDef {
    Times(u32),
    Ending(Box<TerminationDef>),
}

impl RunsDef {
    pub(super) fn times(&self) -> Option<u32> {
        match self {
            Self::Times(times) => Some(*times),
            Self::Ending(_) => None,
        }
    }

    pub(super) fn ending(&self) -> Option<&TerminationDef> {
        match self {
            Self::Times(_) => None,
            Self::Ending(def) => Some(def),
        }
    }
}

impl<'de> Deserialize<'de> for RunsDef {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(RunsVisitor)
    }
}

struct RunsVisitor;

impl<'de> Visitor<'de> for RunsVisitor {
    type Value = RunsDef;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a whole number, or `key: value` lines as in `termination`")
    }

    fn visit_u64<E: de::Error>(self, times: u64) -> Result<RunsDef, E> {
        let times = u32::try_from(times).map_err(|_| E::invalid_value(de::Unexpected::Unsigned(times), &self))?;
        Ok(RunsDef::Times(times))
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<RunsDef, A::Error> {
        TerminationDef::deserialize(MapAccessDeserializer::new(map)).map(|def| RunsDef::Ending(Box::new(def)))
    }
}
