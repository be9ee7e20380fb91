//! Decides what becomes of a message after a delivery: sent, failed or retried.
use super::retry::{GIVES_UP_AFTER, retry_delay};
use crate::notify::message::{Message, Receipt};
use jiff::{SignedDuration, Timestamp};

/// What became of a message that was sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Delivery {
    /// It was accepted.
    Delivered(Option<Receipt>),
    /// It was refused, and will be as long as the configuration stays; says what is wrong.
    Refused(String),
    /// It was not accepted now; perhaps the server says when to try again.
    NotNow {
        reason: String,
        after: Option<SignedDuration>,
    },
    /// It was sent and nothing came back, so it may have arrived.
    Unanswered(String),
}

/// What becomes of a message after a delivery.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Disposition {
    /// It goes to `sent/`.
    Sent,
    /// It goes to `failed/`.
    Failed(String),
    /// It stays in `waiting/` and is sent again at this time.
    Retry(Timestamp),
}

/// How often a message may be sent that was never answered: a second time, and then no more.
const SENDS_UNANSWERED: u32 = 2;
/// The longest wait that a server may ask for.
const LONGEST_WAIT: SignedDuration = SignedDuration::from_hours(24);

/// Records a delivery in its message, and returns what becomes of it.
pub fn after(message: &mut Message, delivery: &Delivery, now: Timestamp) -> Disposition {
    let (reason, wait) = match delivery {
        Delivery::Delivered(receipt) => {
            message.sent_at = Some(now);
            message.error = None;
            message.receipt.clone_from(receipt);
            return Disposition::Sent;
        }
        Delivery::Refused(reason) => {
            message.error = Some(reason.clone());
            return Disposition::Failed(reason.clone());
        }
        Delivery::NotNow { reason, after } => (reason, *after),
        Delivery::Unanswered(reason) => {
            message.unanswered += 1;
            if SENDS_UNANSWERED <= message.unanswered {
                let reason = format!("{reason}; it was sent twice and may have arrived");
                message.error = Some(reason.clone());
                return Disposition::Failed(reason);
            }
            (reason, None)
        }
    };
    message.tries += 1;
    message.error = Some(reason.clone());
    let first = *message.first_try.get_or_insert(now);
    if GIVES_UP_AFTER <= now.duration_since(first) {
        return Disposition::Failed(format!("{reason}; given up after 3 days"));
    }
    let wait = wait
        .map(|wait| wait.clamp(SignedDuration::from_secs(1), LONGEST_WAIT))
        .unwrap_or_else(|| retry_delay(message.tries, &message.id));
    let due = now.saturating_add(wait).unwrap_or(now);
    message.due = due;
    Disposition::Retry(due)
}
