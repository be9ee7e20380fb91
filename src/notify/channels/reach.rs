//! What channels share: what they need to be reached, and what answers mean.
use crate::model::Env;
use crate::notify::http::{Http, NoResponse, Request, Response};
use crate::notify::message::Message;
use crate::notify::policy::{Delivery, Wording, cut_to};
use crate::notify::secret::{Resolver, Unresolved};

/// What is delivered: messages that are sent as one, in words.
#[derive(Clone, Copy, Debug)]
pub struct Parcel<'a> {
    pub messages: &'a [&'a Message],
    pub wording: &'a Wording,
}

/// What channels need to be reached.
#[derive(Debug)]
pub struct Reach<'a> {
    pub http: &'a Http,
    pub resolver: &'a Resolver<'a>,
    pub vars: &'a Env,
}

impl Reach<'_> {
    /// Sends a request, and reads the answer.
    pub(super) fn send(&self, request: &Request, read: impl Fn(&Response) -> Delivery) -> Delivery {
        match self.http.send(request) {
            Ok(response) => read(&response),
            Err(NoResponse::NotSent(reason)) => Delivery::NotNow {
                reason,
                after: None,
            },
            Err(NoResponse::Lost(reason)) => Delivery::Unanswered(reason),
        }
    }
}

/// What the status of an answer means where the server says no more.
pub(super) fn by_status(response: &Response, refused: impl Fn(u16) -> Option<String>) -> Delivery {
    let status = response.status;
    if let Some(reason) = refused(status) {
        return Delivery::Refused(reason);
    }
    match status {
        200..=299 => Delivery::Delivered(None),
        300..=399 => Delivery::NotNow {
            reason: format!("it answers with a redirect ({status}), which is not followed"),
            after: None,
        },
        408 | 425 | 429 | 500..=599 => Delivery::NotNow {
            reason: format!("it answers with status {status}"),
            after: response.retry_after,
        },
        _ => Delivery::Refused(format!("it refuses the message with status {status}")),
    }
}

/// Returns the first words of an answer, for an error.
pub(super) fn excerpt(body: &str) -> String {
    let line = crate::text::first_line(body);
    if line.is_empty() || line.starts_with('<') {
        String::new()
    } else {
        format!(": {}", cut_to(&line, 120))
    }
}

/// What became of a message, unless a secret is missing.
pub(super) type Sent = Result<Delivery, Unresolved>;

/// Returns what became of a message. A secret that is missing now may be there later: a file that is mounted, a variable
/// of another session.
pub(super) fn not_now(sent: Sent) -> Delivery {
    sent.unwrap_or_else(|error| Delivery::NotNow {
        reason: error.to_string(),
        after: None,
    })
}
