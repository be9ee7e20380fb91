//! Topics of ntfy.
use super::reach::{Parcel, Reach, Sent, by_status, excerpt};
use crate::model::NoticeSeverity;
use crate::notify::http::{Request, Response};
use crate::notify::policy::{Delivery, cut_to};
use crate::plan::SecretRef;
use serde_json::{Value, json};

/// The longest message that ntfy shows as one, in characters: 4,096 bytes.
const LONGEST: usize = 1_300;

/// A topic, and how messages to it look.
pub(super) struct Address<'a> {
    pub(super) url: &'a SecretRef,
    pub(super) topic: &'a SecretRef,
    pub(super) token: Option<&'a SecretRef>,
    pub(super) priority: Option<u8>,
    pub(super) answer_url: Option<&'a str>,
}

pub(super) fn deliver(reach: &Reach<'_>, address: &Address<'_>, parcel: &Parcel<'_>) -> Sent {
    let url = reach.resolver.resolve(address.url)?;
    let topic = reach.resolver.resolve(address.topic)?;
    let body = body(&topic, address, parcel);
    let mut request = Request::post_json(url, &body);
    if let Some(token) = address.token {
        let token = reach.resolver.resolve(token)?;
        request
            .headers
            .push(("authorization", format!("Bearer {token}")));
    }
    Ok(reach.send(&request, answer))
}

/// Returns the message as JSON, which unlike headers can carry any text.
fn body(topic: &str, address: &Address<'_>, parcel: &Parcel<'_>) -> Value {
    let severity = parcel
        .messages
        .iter()
        .map(|message| message.notice.kind.severity())
        .max()
        .unwrap_or(NoticeSeverity::Info);
    let priority = address.priority.unwrap_or(match severity {
        NoticeSeverity::Info => 3,
        NoticeSeverity::Warning => 4,
        NoticeSeverity::Urgent => 5,
    });
    let mut body = json!({
        "topic": topic,
        "title": cut_to(&parcel.wording.title, 200),
        "message": cut_to(&parcel.wording.body, LONGEST),
        "priority": priority,
    });
    let [message] = parcel.messages else {
        return body;
    };
    let (Some(page), Some(question)) = (address.answer_url, &message.notice.question) else {
        return body;
    };
    // At most three buttons, as ntfy shows them.
    let buttons: Vec<Value> = if question.choices.is_empty() {
        vec![json!({ "action": "view", "label": "Answer", "url": page })]
    } else {
        let choices = question.choices.iter().enumerate().take(3);
        choices
            .map(|(index, choice)| {
                let body = json!({
                    "session": message.notice.session,
                    "project": message.notice.project,
                    "branch": question.branch,
                    "id": question.id,
                    "choice": index + 1,
                });
                json!({
                    "action": "http",
                    "label": cut_to(choice, 30),
                    "url": page,
                    "method": "POST",
                    "body": body.to_string(),
                    "clear": true,
                })
            })
            .collect()
    };
    body["actions"] = buttons.into();
    body
}

fn answer(response: &Response) -> Delivery {
    let is_json =
        serde_json::from_str::<Value>(&response.body).is_ok_and(|it| it["id"].is_string());
    if (200..300).contains(&response.status) && !is_json {
        return Delivery::NotNow {
            reason: "the answer is not one of ntfy".to_owned(),
            after: None,
        };
    }
    by_status(response, |status| {
        let what = match status {
            400 => "ntfy does not accept the message",
            401 | 403 => "ntfy does not allow you to write to the topic: check its token",
            404 => "there is no ntfy at this address",
            413 => "the message is too long for this server",
            _ => return None,
        };
        Some(format!("{what}{}", excerpt(&response.body)))
    })
}
