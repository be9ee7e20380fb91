//! A provider of a parallel block.
use super::inputs_def::NodeInputsDef;
use super::shape::{Shape, of_shape};
use serde::{Deserialize, Deserializer};

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
    /// How much the model reasons: `low` to `max`, where the program has such a setting.
    #[cfg_attr(feature = "schemas", schemars(extend("examples" = ["low", "medium", "high", "max"])))]
    pub effort: Option<String>,
    /// The agent's program, if not the provider's own.
    pub program: Option<String>,
    /// Further arguments for the program.
    pub args: Vec<String>,
    /// The agents that take over when the provider does not serve this one.
    pub fallback: Option<Vec<String>>,
    /// The inputs of its stages that set none themselves.
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
