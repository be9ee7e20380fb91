//! What a hook reads on its standard input.
use crate::engine::State;
use crate::model::{Ending, HookEvent, HookMoment};
use crate::plan::{HookOutcome, Plan, Step};
use crate::ui::report;
use camino::Utf8Path;
use serde_json::{Map, Value, json};

/// What a hook gets besides its moment.
#[derive(Clone, Copy, Debug)]
pub(super) struct HookContext<'a> {
    pub(super) project: &'a Utf8Path,
    /// Whether it began under an earlier runner, which did not see its end.
    pub(super) again: bool,
    /// How the session ends, if it does.
    pub(super) ending: Option<&'a Ending>,
}

/// Returns the event as JSON.
pub(super) fn payload(
    plan: &Plan,
    state: &State,
    moment: HookMoment,
    context: HookContext<'_>,
) -> Value {
    let session = &state.session;
    let step = plan.step(moment.node).map(Step::id);
    let mut event = Map::new();
    let mut put = |key: &str, value: Value| {
        event.insert(key.to_owned(), value);
    };
    put("event", json!(moment.event));
    put("again", json!(context.again));
    put("session", json!(plan.session));
    put("run", json!(plan.run));
    put("project", json!(context.project));
    if let Some(branch) = &plan.branch {
        put("branch", json!(format!("{}/{}", branch.block, branch.name)));
    }
    put("iterations", json!(session.iterations));
    put("cost_usd", json!(session.usage.cost_usd));
    if !moment.event.is_of_session() {
        put("node", json!(step));
    }
    match moment.event {
        HookEvent::SessionStart | HookEvent::NodeStart => {}
        HookEvent::SessionEnd => {
            put("outcome", json!(context.ending.map(Ending::status)));
            put("reason", json!(context.ending.map(report::ending)));
        }
        HookEvent::NodeEnd => {
            let done = session
                .finished
                .get((moment.number as usize).saturating_sub(1));
            put(
                "outcome",
                json!(done.map(|it| HookOutcome::of_node(&it.ending))),
            );
            put("reason", json!(done.map(|it| it.ending.to_string())));
        }
        HookEvent::IterationStart => put("iteration", json!(moment.number)),
        HookEvent::IterationEnd => {
            put("iteration", json!(moment.number));
            let last = session.history.back();
            put("outcome", json!(last.map(|it| it.status.decision)));
            put("reason", json!(last.map(|it| &it.status.reason)));
            put("summary", json!(last.map(|it| &it.status.summary)));
        }
        HookEvent::Question => put("question", json!(session.question)),
        HookEvent::Wait => put("wait", json!(state.phase)),
    }
    Value::Object(event)
}
