//! `inputs:` of a node: which earlier node's outputs it gets.
use super::definition::NodeInputsDef;
use super::node::Seat;
use super::problem::Problem;
use super::{NodeInput, Select, suggest};

/// Reads what a node gets from an earlier one.
pub(super) fn read(seat: &Seat<'_>, inputs: &NodeInputsDef, problems: &mut Vec<Problem>) -> Option<NodeInput> {
    let place = seat.place.to("inputs");
    if inputs.from_parallel.is_some() {
        problems.push(place.later("from_parallel", "inputs from a parallel block are"));
    }
    let select = match inputs.select.as_deref() {
        None => unless_said(seat, inputs.from.as_deref()),
        Some("latest") => Select::Latest,
        Some("all" | "history") => Select::All,
        Some(word) => {
            let problem = place.at("select", "bad-value", format!("`select` must be `latest` or `all`, not `{word}`"));
            problems.push(problem.hint("`latest` is the last output there is, `all` is every iteration's"));
            Select::Latest
        }
    };
    let from = inputs.from.as_deref()?;
    if seat.around.earlier.is_some_and(|earlier| earlier.iter().any(|id| id == from)) {
        return Some(NodeInput { node: from.parse().ok()?, select });
    }
    problems.push(seat.around.no_such(from, |code, message| place.at("from", code, message)));
    None
}

/// Of a node that was given perspectives, each iteration's output counts.
fn unless_said(seat: &Seat<'_>, from: Option<&str>) -> Select {
    let mut nodes = seat.pipeline.iter().flat_map(|(_, def)| def.nodes().1);
    let named = nodes.find(|def| def.id.as_deref().or(def.name.as_deref()) == from);
    let perspectives = named.and_then(|def| def.perspectives.as_ref()).is_some_and(|texts| !texts.is_empty());
    if perspectives { Select::All } else { Select::Latest }
}

/// Where a node stands: what it may refer to.
#[derive(Clone, Copy, Debug)]
pub(super) struct Around<'a> {
    /// Ids of the nodes before it; `None` if it is a loop by itself, which may be put into any pipeline later.
    pub(super) earlier: Option<&'a [String]>,
    /// Ids of this node and those after it.
    pub(super) later: &'a [String],
    /// Whether its iterations are given a text each.
    pub(super) perspectives: bool,
}

impl Around<'_> {
    /// Says why a node's outputs can never be there, and what to write instead.
    pub(super) fn no_such(&self, id: &str, problem: impl FnOnce(&'static str, String) -> Problem) -> Problem {
        let earlier = self.earlier.unwrap_or_default();
        if self.later.first().is_some_and(|own| own == id) {
            return problem("unknown-node", format!("`{id}` is this node itself"))
                .hint("what its earlier iterations put out is in `context.json` anyway, as `from_previous_iterations`");
        }
        if self.later.iter().any(|later| later == id) {
            return problem("unknown-node", format!("`{id}` runs after this node")).hint("move it before this one: nodes run in order");
        }
        let hint = match earlier {
            [] => "the first node gets nothing from others".to_owned(),
            _ => suggest::hint(id, earlier.iter().map(String::as_str)),
        };
        problem("unknown-node", format!("no earlier node is called `{id}`")).hint(hint)
    }
}
