//! What a session must be given at its start, so that its first agent has something to work on.
use super::definition::{NeedDef, NodeDef};
use super::diagnostics::{LintCode, Location};
use super::loaded_loop::LoadedLoop;
use super::node_context::NodeContext;
use crate::plan::Need;

/// Returns what a node needs, one of the first list and one of each other; precedence: node, loop.
pub(super) fn of_node(
    ctx: &NodeContext<'_>,
    def: &NodeDef,
    loaded: Option<&LoadedLoop>,
) -> (Vec<Need>, Vec<Vec<Need>>) {
    match loaded {
        Some(loaded) if def.needs.is_empty() => {
            read(&Location::top(&loaded.document), &loaded.def.needs)
        }
        Some(_) | None => read(&ctx.location, &def.needs),
    }
}

fn read(location: &Location<'_>, written: &[NeedDef]) -> (Vec<Need>, Vec<Vec<Need>>) {
    let (mut needs, mut also) = (Vec::new(), Vec::new());
    for def in written {
        match def {
            NeedDef::One(text) => needs.extend(need(location, text)),
            NeedDef::OneOf(texts) => {
                also.push(
                    texts
                        .iter()
                        .filter_map(|text| need(location, text))
                        .collect(),
                );
            }
        }
    }
    (needs, also)
}

fn need(location: &Location<'_>, text: &str) -> Option<Need> {
    match text.parse() {
        Ok(need) => Some(need),
        Err(why) => {
            let message = format!("`needs` has `{text}`, which {why}");
            let hint = "write `context`, `input`, or the path of a file in the project";
            location.report(location.at("needs", LintCode::BadValue, message).hint(hint));
            None
        }
    }
}
