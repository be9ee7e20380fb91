//! `inputs:` of a node.
use super::shape::{Shape, of_shape};
use serde::{Deserialize, Deserializer};

/// Which outputs of an earlier node a node gets.
#[derive(Clone, Debug, Default, Deserialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, default)]
pub struct NodeInputsDef {
    /// The earlier node.
    pub from: Option<String>,
    /// `latest` or `all`; `history` is the same as `all`.
    #[cfg_attr(feature = "schemas", schemars(extend("enum" = ["latest", "all", "history", null])))]
    pub select: Option<String>,
    /// What it gets from the providers of an earlier block.
    pub from_parallel: Option<FromParallelDef>,
}

/// Which outputs of earlier blocks a node gets.
#[derive(Clone, Debug)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
#[cfg_attr(feature = "schemas", schemars(untagged))]
pub enum FromParallelDef {
    /// A stage of the last block that has it.
    Stage(String),
    /// At length.
    One(FromBlockDef),
    /// Several.
    Many(Vec<FromBlockDef>),
}

/// Which outputs of an earlier block a node gets.
#[derive(Clone, Debug, Default, Deserialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, default)]
pub struct FromBlockDef {
    /// The stage within the block.
    pub stage: Option<String>,
    /// The block; the last one that has the stage unless given.
    pub block: Option<String>,
    /// `latest` or `history`.
    pub select: Option<String>,
    /// `all`, or the names of branches.
    pub providers: Option<BranchesDef>,
}

/// Which branches are meant.
#[derive(Clone, Debug, Deserialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
#[serde(untagged, expecting = "`all`, or a list of providers of the block")]
pub enum BranchesDef {
    /// `all`.
    Word(String),
    /// By name.
    Names(Vec<String>),
}

impl Shape for FromParallelDef {
    const EXPECTED: &'static str =
        "the name of a stage, `stage` and what differs for it, or a list of these";
    type Map = FromBlockDef;

    fn map(def: FromBlockDef) -> Self {
        Self::One(def)
    }

    fn text(stage: &str) -> Option<Self> {
        Some(Self::Stage(stage.to_owned()))
    }

    fn list(all: Vec<FromBlockDef>) -> Option<Self> {
        Some(Self::Many(all))
    }
}

impl<'de> Deserialize<'de> for FromParallelDef {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        of_shape(deserializer)
    }
}
