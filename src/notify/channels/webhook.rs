//! Any address that takes JSON.
use super::reach::{Parcel, Reach, Sent, by_status};
use crate::notify::http::Request;
use crate::plan::SecretRef;
use serde_json::{Value, json};

pub(super) fn deliver(
    reach: &Reach<'_>,
    url: &SecretRef,
    token: Option<&SecretRef>,
    parcel: &Parcel<'_>,
) -> Sent {
    let url = reach.resolver.resolve(url)?;
    let mut request = Request::post_json(url, &body(parcel));
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
