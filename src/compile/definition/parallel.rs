//! Keys that may be written in more than one shape: `runs`, `parallel`, `from_parallel`.
use super::shape::{Shape, of_shape};
use super::{NodeDef, NodeInputsDef, TerminationDef};
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

/// `parallel:` of a node.
#[derive(Clone, Debug)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
#[cfg_attr(feature = "schemas", schemars(untagged))]
pub enum ParallelKey {
    /// Known from older versions; has no effect.
    Hint(bool),
    /// A block.
    Block(ParallelDef),
}

/// Providers that run the same stages side by side.
#[derive(Clone, Debug, Default, Deserialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, default)]
pub struct ParallelDef {
    /// Who runs the stages; each is a branch.
    pub providers: Vec<BranchDef>,
    /// What each of them runs, in order.
    pub stages: Option<Vec<NodeDef>>,
    /// The same as `stages`.
    pub nodes: Option<Vec<NodeDef>>,
    /// `fail` or `continue`.
    pub on_failure: Option<String>,
    /// The same as `on_failure`.
    pub failure_mode: Option<String>,
    /// How many branches must succeed for the pipeline to go on.
    pub min_success: Option<u32>,
}

impl ParallelDef {
    /// Returns the stages and the key they are written under.
    pub fn stages(&self) -> (&'static str, &[NodeDef]) {
        match (&self.stages, &self.nodes) {
            (Some(stages), _) => ("stages", stages),
            (None, Some(nodes)) => ("nodes", nodes),
            (None, None) => ("stages", &[]),
        }
    }
}

/// A provider of a block.
#[derive(Clone, Debug)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
#[cfg_attr(feature = "schemas", schemars(untagged))]
pub enum BranchDef {
    /// `codex`, or with a model `claude:sonnet`.
    Name(String),
    /// At length.
    Full(Box<FullBranchDef>),
}

/// A provider of a block, at length.
#[derive(Clone, Debug, Default, Deserialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, default)]
pub struct FullBranchDef {
    /// The name of the branch; the provider's unless given.
    pub id: Option<String>,
    /// The kind of agent.
    pub name: Option<String>,
    /// The same as `name`.
    pub provider: Option<String>,
    /// The model.
    pub model: Option<String>,
    /// The agent's program, if not the provider's own.
    pub program: Option<String>,
    /// Further arguments for the program.
    pub args: Vec<String>,
    /// Who makes an attempt when the provider is out of quota.
    pub fallback: Option<Vec<String>>,
    /// What its stages get, where they do not say so themselves.
    pub inputs: Option<NodeInputsDef>,
}

impl BranchDef {
    /// Returns what is said at length, if anything.
    pub fn full(&self) -> Option<&FullBranchDef> {
        match self {
            Self::Full(full) => Some(full),
            Self::Name(_) => None,
        }
    }

    /// Returns the kind of agent.
    pub fn kind(&self) -> Option<&str> {
        match self {
            Self::Name(name) => name.split(':').next(),
            Self::Full(full) => full.provider.as_deref().or(full.name.as_deref()),
        }
    }

    /// Returns the model.
    pub fn model(&self) -> Option<&str> {
        match self {
            Self::Name(name) => name.split_once(':').map(|(_, model)| model),
            Self::Full(full) => full.model.as_deref(),
        }
    }

    /// Returns what the branch is to be called.
    pub fn name(&self) -> Option<&str> {
        self.full()
            .and_then(|full| full.id.as_deref().or(full.name.as_deref()))
            .or_else(|| self.kind())
    }

    /// Returns what the stages of the branch get.
    pub fn inputs(&self) -> Option<&NodeInputsDef> {
        self.full().and_then(|full| full.inputs.as_ref())
    }
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

impl Shape for ParallelKey {
    const EXPECTED: &'static str = "`providers` and `stages`";
    type Map = ParallelDef;

    fn map(def: ParallelDef) -> Self {
        Self::Block(def)
    }

    fn flag(hint: bool) -> Option<Self> {
        Some(Self::Hint(hint))
    }
}

impl<'de> Deserialize<'de> for ParallelKey {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        of_shape(deserializer)
    }
}

impl Shape for BranchDef {
    const EXPECTED: &'static str = "the name of a provider, or `name` and what differs for it";
    type Map = FullBranchDef;

    fn map(def: FullBranchDef) -> Self {
        Self::Full(Box::new(def))
    }

    fn text(name: &str) -> Option<Self> {
        Some(Self::Name(name.to_owned()))
    }
}

impl<'de> Deserialize<'de> for BranchDef {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        of_shape(deserializer)
    }
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
