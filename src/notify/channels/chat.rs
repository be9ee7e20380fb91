//! Webhooks of chats: Slack and Discord.
use super::reach::{Parcel, Reach, Sent, by_status, excerpt};
use crate::notify::http::{Request, Response};
use crate::notify::policy::{Delivery, cut_to};
use crate::plan::SecretRef;
use jiff::SignedDuration;
use serde_json::{Value, json};

/// The longest message that Discord accepts, in characters.
const DISCORD_LONGEST: usize = 1_900;

pub(super) fn slack(reach: &Reach<'_>, url: &SecretRef, parcel: &Parcel<'_>) -> Sent {
    let url = reach.resolver.resolve(url)?;
    // These three are markup; everything else is text without `mrkdwn`.
    let text = parcel.wording.text();
    let text = text
        .replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;");
    let body = json!({ "text": text, "mrkdwn": false, "unfurl_links": false });
    Ok(reach.send(&Request::post_json(url, &body), slack_answer))
}

fn slack_answer(response: &Response) -> Delivery {
    if response.status == 200 && response.body.trim() != "ok" {
        return Delivery::NotNow {
            reason: "the answer is not one of Slack".to_owned(),
            after: None,
        };
    }
    by_status(response, |status| {
        let what = match status {
            400 => "Slack does not accept the message",
            403 => "Slack does not allow the webhook to write",
            404 => {
                "there is no such webhook of Slack: make a new one and put its address into secrets.yaml"
            }
            410 => "the channel of the webhook is archived",
            _ => return None,
        };
        Some(format!("{what}{}", excerpt(&response.body)))
    })
}

pub(super) fn discord(reach: &Reach<'_>, url: &SecretRef, parcel: &Parcel<'_>) -> Sent {
    let url = reach.resolver.resolve(url)?;
    let text = escape_markdown(&cut_to(&parcel.wording.text(), DISCORD_LONGEST / 2));
    // Nothing in it calls anyone.
    let body =
        json!({ "content": cut_to(&text, DISCORD_LONGEST), "allowed_mentions": { "parse": [] } });
    Ok(reach.send(&Request::post_json(url, &body), discord_answer))
}

fn discord_answer(response: &Response) -> Delivery {
    if response.status == 429 {
        let body: Value = serde_json::from_str(&response.body).unwrap_or_default();
        let seconds = body["retry_after"].as_f64();
        let said = seconds.and_then(|it| SignedDuration::try_from_secs_f64(it.max(0.0)).ok());
        return Delivery::NotNow {
            reason: "Discord limits messages".to_owned(),
            after: said.or(response.retry_after),
        };
    }
    if response.status == 200 && !response.body.trim_start().starts_with('{') {
        return Delivery::NotNow {
            reason: "the answer is not one of Discord".to_owned(),
            after: None,
        };
    }
    by_status(response, |status| {
        let what = match status {
            400 => "Discord does not accept the message",
            401 | 403 => "Discord refuses the token in the webhook's address",
            404 => {
                "there is no such webhook of Discord: make a new one and put its address into secrets.yaml"
            }
            _ => return None,
        };
        Some(what.to_owned())
    })
}

fn escape_markdown(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for letter in text.chars() {
        if "\\*_~`|>#[]".contains(letter) {
            escaped.push('\\');
        }
        escaped.push(letter);
    }
    escaped
}
