//! Any address that takes JSON.
use super::reach::{Parcel, Reach, Sent, by_status, not_now};
use crate::notify::http::{LIMIT, Request};
use crate::notify::policy::Delivery;
use crate::plan::SecretRef;
use serde_json::{Value, json};
use std::time::Duration;

pub(super) fn deliver(
    reach: &Reach<'_>,
    url: &SecretRef,
    token: Option<&SecretRef>,
    parcel: &Parcel<'_>,
) -> Sent {
    post(reach, (url, token), &body(parcel), LIMIT)
}

impl Reach<'_> {
    /// Posts JSON to an address that is none of a channel.
    pub fn post(&self, url: &SecretRef, body: &Value, limit: Duration) -> Delivery {
        not_now(post(self, (url, None), body, limit))
    }
}

fn post(
    reach: &Reach<'_>,
    (url, token): (&SecretRef, Option<&SecretRef>),
    body: &Value,
    limit: Duration,
) -> Sent {
    let url = reach.resolver.resolve(url)?;
    let mut request = Request {
        limit: limit.min(LIMIT),
        ..Request::post_json(url, body)
    };
    if let Some(token) = token {
        let token = reach.resolver.resolve(token)?;
        request
            .headers
            .push(("authorization", format!("Bearer {token}")));
    }
    Ok(reach.send(&request, |response| {
        by_status(response, |status| match status {
            401 | 403 => Some(format!("it refuses the token with status {status}")),
            404 | 410 => Some(format!(
                "there is nothing at this address (status {status})"
            )),
            _ => None,
        })
    }))
}

/// Returns what webhooks and commands get: the words, and each notice as data.
pub(super) fn body(parcel: &Parcel<'_>) -> Value {
    let notices = parcel.messages.iter().map(|message| {
        let mut notice = serde_json::to_value(&message.notice).unwrap_or_default();
        notice["severity"] = json!(message.notice.kind.severity());
        notice["key"] = json!(message.id);
        notice["again"] = json!(0 < message.unanswered);
        notice
    });
    json!({
        "title": parcel.wording.title,
        "text": parcel.wording.body,
        "notices": notices.collect::<Vec<_>>(),
    })
}
