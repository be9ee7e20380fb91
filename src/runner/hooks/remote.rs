//! Hooks that run no program: requests, and messages to you.
use super::hook_result::HookResult;
use crate::clock;
use crate::model::{HookExit, HookRun, NoticeKind};
use crate::notify::channels::Reach;
use crate::notify::policy::Delivery;
use crate::notify::{Notice, Resolver, SenderEnv, post, wake_sender};
use crate::plan::SecretRef;
use crate::redact::Redactor;
use crate::text::{clean, shell_quote};
use jiff::SignedDuration;
use serde_json::Value;
use std::time::Duration;

/// Posts an event to an address.
pub(super) fn webhook(
    env: &SenderEnv,
    redactor: &Redactor,
    url: &SecretRef,
    event: Value,
    limit: Duration,
) -> HookResult {
    let configuration = match env.configuration() {
        Ok(configuration) => configuration,
        Err(error) => return HookResult::failed(error.to_string()),
    };
    let resolver = Resolver {
        secrets: &configuration.secrets,
        vars: &env.vars,
    };
    let reach = Reach {
        http: &configuration.http,
        resolver: &resolver,
        vars: &env.vars,
    };
    let event = redactor.redact_value(event).kept;
    match reach.post(url, &event, limit) {
        Delivery::Delivered(_) => HookResult::succeeded(),
        Delivery::Refused(reason) | Delivery::Unanswered(reason) => HookResult::failed(reason),
        Delivery::NotNow { reason, after } => HookResult {
            exit: HookExit::cancelled(clean(&reason)),
            after: after.map(SignedDuration::unsigned_abs),
        },
    }
}

/// Puts a message into the outbox. One that an earlier run of the same hook at the same moment put there is not repeated.
pub(super) fn message(
    env: &SenderEnv,
    redactor: &Redactor,
    text: &str,
    event: &Value,
    run: HookRun,
) -> HookResult {
    let policy = match env.policy() {
        Ok(policy) => policy,
        Err(error) => return HookResult::failed(error.to_string()),
    };
    let notice = redactor.redact_data(notice(text, event, run), &["source", "project", "session"]);
    let notice = Notice {
        removed: notice.removed,
        ..notice.kept
    };
    match post(env, &policy, &notice) {
        Err(error) => HookResult::failed(format!("the message is not stored: {error}")),
        Ok(posted) if !posted.is_routed => {
            HookResult::failed("no rule of `notify:` in config.yaml names `message`")
        }
        Ok(posted) => {
            if posted.is_new {
                wake_sender(env);
            }
            HookResult::succeeded()
        }
    }
}

/// Words the notice of a hook. Its key is made of the run, the hook and the moment.
fn notice(text: &str, event: &Value, run: HookRun) -> Notice {
    let said = |key: &str| clean(event[key].as_str().unwrap_or_default());
    let (session, project) = (said("session"), said("project"));
    let outcome = match said("outcome") {
        outcome if outcome.is_empty() => outcome,
        outcome => format!(": {outcome}"),
    };
    Notice {
        source: format!(
            "{}.hook-{}-{}",
            event["run"].as_str().unwrap_or_default(),
            run.hook,
            run.moment.event.as_str().replace('_', "-"),
        ),
        number: u64::from(run.moment.number),
        kind: NoticeKind::Message,
        at: clock::now(),
        session: session.parse().ok(),
        title: clean(text),
        detail: format!("session {session} at {}{outcome}", run.moment.event),
        commands: vec![format!("ap status {session} -C {}", shell_quote(&project))],
        project: Some(project.into()),
        last_words: said("summary"),
        question: None,
        removed: 0,
    }
}
