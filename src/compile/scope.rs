//! The names that a node may refer to.
use super::diagnostics::{LintCode, Problem};
use super::prior::PriorBlock;
use crate::plan::suggest;

/// The nodes and blocks around a node.
#[derive(Clone, Copy, Debug)]
pub(super) struct Scope<'a> {
    /// Ids of the nodes before it; `None` for a loop on its own, which any pipeline may use later.
    pub(super) earlier: Option<&'a [String]>,
    /// Ids of this node and those after it.
    pub(super) later: &'a [String],
    /// Whether its iterations are given a text each.
    pub(super) perspectives: bool,
    /// Whether it has an `output_path`.
    pub(super) output_path: bool,
    /// The parallel blocks before it.
    pub(super) blocks: &'a [PriorBlock],
}

impl Scope<'_> {
    /// A loop by itself.
    pub(super) const ALONE: Self = Self {
        earlier: None,
        later: &[],
        perspectives: false,
        output_path: false,
        blocks: &[],
    };

    /// Whether a preceding pipeline that failed to compile may contain a node of this id.
    pub(super) fn may_come(&self, id: &str) -> bool {
        self.blocks.iter().any(|block| block.may_hold(id))
    }

    /// Returns why a node's outputs can never be there, and what to write instead.
    pub(super) fn no_such(
        &self,
        id: &str,
        problem: impl FnOnce(LintCode, String) -> Problem,
    ) -> Problem {
        let earlier = self.earlier.unwrap_or_default();
        if self.later.first().is_some_and(|own| own == id) {
            return problem(LintCode::UnreachableInput, format!("`{id}` is this node itself"))
                .hint("the outputs of its earlier iterations are in `context.json`, as `from_previous_iterations`");
        }
        if self.later.iter().any(|later| later == id) {
            return problem(
                LintCode::UnreachableInput,
                format!("`{id}` runs after this node"),
            )
            .hint("move it before this one: nodes run in order");
        }
        let hint = match earlier {
            [] => "the first node gets nothing from others".to_owned(),
            _ => suggest::hint(id, earlier.iter().map(String::as_str)),
        };
        problem(
            LintCode::UnknownNode,
            format!("no earlier node is called `{id}`"),
        )
        .hint(hint)
    }
}
