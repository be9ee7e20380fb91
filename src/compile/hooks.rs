//! Compiles `hooks:` of loops, nodes, pipelines and the user's settings.
use super::definition::{HookDef, HooksDef, NodeDef};
use super::diagnostics::{LintCode, Location};
use super::hook_action;
use super::loaded_loop::LoadedLoop;
use crate::model::HookEvent;
use crate::plan::{Hook, HookSource, HookWhen, OnHookFailure};

/// Returns the hooks of a node: its loop's, then its own.
pub(super) fn of_node(
    location: &Location<'_>,
    def: &NodeDef,
    loaded: Option<&LoadedLoop>,
) -> Vec<Hook> {
    let of_loop = loaded.map(|loaded| {
        let location = Location::top(&loaded.document);
        checked(&location, &loaded.def.hooks, HookSource::Loop)
    });
    let own = checked(location, &def.hooks, HookSource::Node);
    [of_loop.unwrap_or_default(), own].concat()
}

/// Returns the hooks of a definition, and reports those that can do nothing or not what they say.
pub(super) fn checked(location: &Location<'_>, def: &HooksDef, of: HookSource) -> Vec<Hook> {
    let (hooks, mut all) = (location.to("hooks"), Vec::new());
    for (event, written) in def.by_event() {
        if of == HookSource::Node && event.is_of_session() && !written.is_empty() {
            let message = format!("`{event}` of a node has no effect: it is the session's");
            let problem = hooks.at_key(event.as_str(), LintCode::NoEffect, message);
            hooks.report(problem.hint("set it in the pipeline's own `hooks`"));
        }
        let items = written.iter().enumerate();
        all.extend(items.filter_map(|(index, hook)| {
            let location = hooks.to(event.as_str()).item(index);
            check(&location, event, hook);
            read(&location, event, hook, of)
        }));
    }
    all
}

/// Returns a hook, unless it does nothing.
fn read(location: &Location<'_>, event: HookEvent, def: &HookDef, of: HookSource) -> Option<Hook> {
    Some(Hook {
        event,
        action: hook_action::read(location, def)?,
        when: HookWhen {
            outcome: def.when.outcome.clone(),
            class: def.when.class.clone(),
            every: def.when.every.unwrap_or(0),
        },
        timeout_s: def
            .timeout
            .map_or(Hook::TIMEOUT_S, |it| it.seconds().max(1)),
        on_failure: def.on_failure.unwrap_or_default(),
        awaited: def.is_awaited(event),
        of,
    })
}

fn check(location: &Location<'_>, event: HookEvent, hook: &HookDef) {
    let decides = matches!(
        hook.on_failure,
        Some(OnHookFailure::Hold | OnHookFailure::Fail)
    );
    if decides && !hook.is_awaited(event) {
        let message = format!(
            "`on_failure` can hold or fail a session only if it waits for the hook, and it does not wait for those of `{event}`"
        );
        let problem = location.at("on_failure", LintCode::BadValue, message);
        location.report(problem.hint("add `await: true`, or use `on_failure: note` or `retry`"));
    }
    if event.is_always_awaited() && hook.awaited == Some(false) {
        let message = format!("`await: false` has no effect: a session waits for `{event}`");
        location.report(location.at("await", LintCode::NoEffect, message));
    }
    let when = location.to("when");
    if hook.when.every == Some(0) {
        when.report(when.at("every", LintCode::BadValue, "`every` must be 1 or more"));
    }
    let other = hook
        .when
        .outcome
        .iter()
        .find(|outcome| !outcome.is_of(event));
    if other.is_some() {
        let message = format!("`{event}` never has that outcome, so the hook may never run");
        when.report(
            when.at("outcome", LintCode::BadValue, message)
                .hint(outcomes(event)),
        );
    }
}

/// Returns a hint that names the outcomes of an event.
fn outcomes(event: HookEvent) -> &'static str {
    match event {
        HookEvent::IterationEnd => "use `continue`, `stop`, `error` or `ask`",
        HookEvent::NodeEnd => "use `complete` or `limit_reached`",
        HookEvent::SessionEnd => {
            "use `complete`, `failed`, `limit_reached`, `stopped` or `interrupted`"
        }
        HookEvent::SessionStart
        | HookEvent::NodeStart
        | HookEvent::IterationStart
        | HookEvent::Question
        | HookEvent::Wait => "remove `outcome`: only what ended has one",
    }
}
