//! The words of a message, the same for every channel.
use crate::notify::message::Message;
use crate::text::{count, plain};
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};

/// The longest last words of an agent, in characters.
pub const LAST_WORDS: usize = 3_000;
/// Titles that a message lists of those that are sent as one.
const LISTED: usize = 10;
/// A message that comes later than this says when its event was.
const LATE: SignedDuration = SignedDuration::from_mins(2);

/// A message in words, without markup.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wording {
    /// One line: what happened.
    pub title: String,
    /// Where and when, what to do about it, and the last words.
    pub body: String,
}

impl Wording {
    /// Returns both as one text.
    pub fn text(&self) -> String {
        if self.body.is_empty() {
            self.title.clone()
        } else {
            format!("{}\n{}", self.title, self.body)
        }
    }
}

/// Words messages that are sent as one.
pub fn wording(messages: &[&Message], now: Timestamp, zone: &TimeZone) -> Wording {
    match messages {
        [] => Wording {
            title: String::new(),
            body: String::new(),
        },
        [message] => single(message, now, zone),
        [first, ..] => {
            let kind = first.notice.kind.as_str().replace('_', " ");
            let title = format!("{} ({kind})", count(messages.len(), "notice"));
            let mut lines: Vec<String> = messages
                .iter()
                .take(LISTED)
                .map(|message| {
                    let notice = &message.notice;
                    format!(
                        "{} {}{}",
                        time(notice.at, zone),
                        plain(&notice.title),
                        place(message)
                    )
                })
                .collect();
            if LISTED < messages.len() {
                lines.push(format!("and {} more", messages.len() - LISTED));
            }
            lines.push("ap list --all".to_owned());
            Wording {
                title,
                body: lines.join("\n"),
            }
        }
    }
}

fn single(message: &Message, now: Timestamp, zone: &TimeZone) -> Wording {
    let notice = &message.notice;
    let mut title = plain(&notice.title);
    if 0 < message.unanswered {
        title += " (sent again)";
    }
    if 0 < message.repeats {
        title += " (still open)";
    }
    let mut lines = Vec::new();
    let project = notice
        .project
        .as_ref()
        .and_then(|project| project.file_name());
    let detail = plain(&notice.detail);
    match project {
        Some(project) if detail.is_empty() => lines.push(plain(project)),
        Some(project) => lines.push(format!("{}: {detail}", plain(project))),
        None if detail.is_empty() => {}
        None => lines.push(detail),
    }
    if LATE < now.duration_since(notice.at) {
        lines.push(format!("at {}", time(notice.at, zone)));
    }
    if let Some(question) = &notice.question {
        let choices = question.choices.iter().enumerate();
        lines.extend(choices.map(|(index, choice)| format!("{}. {}", index + 1, plain(choice))));
    }
    lines.extend(notice.commands.iter().cloned());
    if !notice.last_words.is_empty() {
        lines.push(String::new());
        lines.push(cut(&notice.last_words, LAST_WORDS));
    }
    if 0 < notice.removed {
        lines.push(format!("({} removed)", count(notice.removed, "secret")));
    }
    Wording {
        title,
        body: lines.join("\n"),
    }
}

/// Returns at most so many characters, and says that there were more.
pub fn cut(text: &str, most: usize) -> String {
    match text.char_indices().nth(most) {
        None => text.to_owned(),
        Some((end, _)) => format!("{}…", &text[..end]),
    }
}

/// Returns the beginning of a text in at most so many UTF-16 units, in which Telegram counts, and says that there was more.
pub fn cut_utf16(text: &str, most: usize) -> String {
    if text.encode_utf16().count() <= most {
        return text.to_owned();
    }
    let mut units = 0;
    let letters = text.chars().take_while(|letter| {
        units += letter.len_utf16();
        units < most
    });
    letters.chain(['…']).collect()
}

fn place(message: &Message) -> String {
    let notice = &message.notice;
    let project = notice
        .project
        .as_ref()
        .and_then(|project| project.file_name());
    project.map_or_else(String::new, |project| format!(" ({})", plain(project)))
}

fn time(at: Timestamp, zone: &TimeZone) -> String {
    at.to_zoned(zone.clone()).strftime("%a %H:%M").to_string()
}
