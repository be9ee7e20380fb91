//! A layer of an agent's settings; each takes precedence over the one before.
use super::diagnostics::Location;

/// Settings of one layer: the defaults of a pipeline, a loop, a node, a block's provider, or flags.
#[derive(Clone, Debug)]
pub(super) struct Layer<'a> {
    pub(super) location: Location<'a>,
    pub(super) provider: Option<&'a str>,
    pub(super) program: Option<&'a str>,
    pub(super) model: Option<&'a str>,
    pub(super) effort: Option<&'a str>,
    pub(super) args: &'a [String],
    pub(super) allow_tools: &'a [String],
    pub(super) fallback: Option<&'a [String]>,
    pub(super) permissions: Option<&'a str>,
    pub(super) keep_env: Option<bool>,
}
