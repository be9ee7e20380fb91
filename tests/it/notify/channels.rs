//! Every channel against every failure.
use super::{Desk, Failure, Server};
use agent_pipelines::model::NoticeKind;
use agent_pipelines::notify::outbox::Folder;
use fs_err as fs;
use std::time::Duration;

/// Channels, and the paths at which they are accepted.
const CHANNELS: [(&str, &str); 5] = [
    ("me", "/sendMessage"),
    ("team", "/services/T0/B0/x"),
    ("guild", "/api/webhooks/1/x"),
    ("phone", "/"),
    ("hook", "/hook"),
];

#[test]
fn every_channel_gets_a_message_once_and_in_order() {
    for (channel, path) in CHANNELS {
        let mut desk = Desk::new(channel);
        for (kind, title) in [
            (NoticeKind::Failed, "first"),
            (NoticeKind::Complete, "second"),
            (NoticeKind::Stopped, "third"),
        ] {
            desk.raise(kind, title);
        }
        let done = desk.send();
        assert_eq!(
            (done.sent, done.failed, done.waiting),
            (3, 0, 0),
            "{channel}"
        );
        let accepted = desk.server.accepted(path);
        let texts: Vec<String> = accepted.iter().map(ToString::to_string).collect();
        assert_eq!(texts.len(), 3, "{channel}");
        for (text, title) in texts.iter().zip(["first", "second", "third"]) {
            assert!(text.contains(title), "{channel}: {text}");
        }
        assert_eq!(desk.send().sent, 0, "nothing is sent twice");
    }
}

#[test]
fn what_passes_is_tried_again_and_arrives_once() {
    let failures = || {
        [
            Failure::Status(500, "down".to_owned()),
            Failure::Status(503, "<html>".to_owned()),
            Failure::RetryAfter(429, 3),
            Failure::Redirect,
        ]
    };
    for (channel, path) in CHANNELS {
        let mut desk = Desk::new(channel);
        desk.server.fail(failures());
        desk.raise(NoticeKind::Failed, "first");
        for failure in failures() {
            let done = desk.send();
            assert_eq!((done.sent, done.waiting), (0, 1), "{channel}: {failure:?}");
            assert!(done.next.is_some());
        }
        assert_eq!(desk.send().sent, 1, "{channel}");
        assert_eq!(desk.server.accepted(path).len(), 1, "{channel}");
    }
}

#[test]
fn a_page_instead_of_an_answer_is_no_delivery() {
    // A webhook of yours may answer anything.
    for (channel, _) in &CHANNELS[..4] {
        let mut desk = Desk::new(channel);
        desk.server.fail([Failure::Html]);
        desk.raise(NoticeKind::Failed, "first");
        assert_eq!(desk.send().waiting, 1, "{channel}");
        assert!(desk.errors(Folder::Waiting)[0].contains("the answer is not one of"));
        assert_eq!(desk.send().sent, 1, "{channel}");
    }
}

#[test]
fn a_server_that_hangs_is_left_and_gets_the_message_once_more() {
    for (channel, path) in CHANNELS {
        let mut desk = Desk::new(channel);
        desk.server.fail([Failure::Hang]);
        desk.raise(NoticeKind::Failed, "first");
        let done = desk.send_within(Duration::from_millis(300));
        assert_eq!((done.sent, done.waiting), (0, 1), "{channel}");
        let error = desk.errors(Folder::Waiting).remove(0);
        assert!(error.starts_with("no "), "{channel}: {error}");
        assert_eq!(desk.send().sent, 1, "{channel}");
        assert_eq!(desk.server.accepted(path).len(), 1, "{channel}");
    }
}

#[test]
fn a_redirect_to_another_host_is_not_followed() {
    let elsewhere = Server::start();
    for (channel, path) in CHANNELS {
        let mut desk = Desk::new(channel);
        let address = format!("{}{path}", elsewhere.address);
        desk.server.fail([Failure::RedirectTo(address)]);
        desk.raise(NoticeKind::Failed, "first");
        assert_eq!(desk.send().waiting, 1, "{channel}");
        let error = desk.errors(Folder::Waiting).remove(0);
        assert!(error.contains("a redirect (307)"), "{channel}: {error}");
        assert_eq!(desk.send().sent, 1, "{channel}");
    }
    assert_eq!(elsewhere.received().len(), 0, "nothing arrived there");
}

#[test]
fn an_answer_that_was_lost_makes_it_twice_at_most_and_the_second_says_so() {
    for (channel, path) in CHANNELS {
        let mut desk = Desk::new(channel);
        desk.server.fail([Failure::LoseAnswer]);
        desk.raise(NoticeKind::Failed, "first");
        assert_eq!(desk.send().waiting, 1, "{channel}");
        assert_eq!(desk.send().sent, 1, "{channel}");
        let accepted = desk.server.accepted(path);
        assert_eq!(accepted.len(), 2, "{channel}");
        assert!(
            accepted[1].to_string().contains("(sent again)"),
            "{channel}"
        );
        desk.server.fail([Failure::LoseAnswer, Failure::LoseAnswer]);
        desk.raise(NoticeKind::Failed, "second");
        assert_eq!(desk.send().waiting, 1);
        assert_eq!(desk.send().failed, 1);
        assert_eq!(
            desk.server.accepted(path).len(),
            4,
            "{channel}: not a third time"
        );
    }
}

#[test]
fn refusals_are_final_and_say_what_is_wrong() {
    let telegram = |code: u16, description: &str| {
        let body = format!(r#"{{"ok":false,"error_code":{code},"description":"{description}"}}"#);
        Failure::Status(code, body)
    };
    let plain = |code: u16, body: &str| Failure::Status(code, body.to_owned());
    for (channel, failure, words) in [
        (
            "me",
            telegram(401, "Unauthorized"),
            "Telegram does not know the token (Unauthorized)",
        ),
        (
            "me",
            telegram(403, "Forbidden: bot was blocked by the user"),
            "press Start",
        ),
        (
            "me",
            telegram(400, "Bad Request: chat not found"),
            "there is no such chat",
        ),
        (
            "me",
            telegram(404, "Not Found"),
            "Telegram does not know the token",
        ),
        (
            "team",
            plain(400, "invalid_payload"),
            "Slack does not accept the message: invalid_payload",
        ),
        (
            "team",
            plain(403, "action_prohibited"),
            "Slack does not allow",
        ),
        (
            "team",
            plain(404, "no_service"),
            "there is no such webhook of Slack",
        ),
        ("team", plain(410, "channel_is_archived"), "archived"),
        ("guild", plain(401, "{}"), "Discord refuses the token"),
        (
            "guild",
            plain(404, "{}"),
            "there is no such webhook of Discord",
        ),
        ("phone", plain(401, "{}"), "check its token"),
        ("phone", plain(403, "{}"), "check its token"),
        ("phone", plain(404, "{}"), "there is no ntfy"),
        (
            "hook",
            plain(401, ""),
            "it refuses the token with status 401",
        ),
        ("hook", plain(404, ""), "there is nothing at this address"),
    ] {
        let mut desk = Desk::new(channel);
        desk.server.fail([failure]);
        desk.raise(NoticeKind::Failed, "first");
        assert_eq!(desk.send().failed, 1, "{channel} {words}");
        let error = desk.errors(Folder::Failed).remove(0);
        assert!(error.contains(words), "{error}");
        assert!(
            !error.contains("127.0.0.1") && !error.contains(super::TOKEN),
            "{error}"
        );
    }
}

#[test]
fn texts_with_markup_and_escapes_reach_every_channel_as_text() {
    let nasty = "<b>&amp; *x* _y_ `z` @everyone <!channel> \u{1b}[31m \u{202e} \" \\ {{}}";
    for (channel, path) in CHANNELS {
        let mut desk = Desk::new(channel);
        desk.raise(NoticeKind::Failed, &nasty.repeat(80));
        assert_eq!(desk.send().sent, 1, "{channel}");
        let body = desk.server.accepted(path).remove(0);
        // A program that takes JSON gets the notices as they are beside the words.
        let text = match (&body["title"], &body["text"]) {
            (title, words) if body["notices"].is_array() => format!("{title} {words}"),
            _ => body.to_string(),
        };
        assert!(
            !text.contains("\\u001b") && !text.contains('\u{202e}'),
            "{channel}: {text}"
        );
        if channel == "team" {
            assert!(!text.contains("<!channel>"), "{text}");
        }
    }
}

#[test]
fn a_program_gets_the_message_as_json_and_nothing_of_it_is_run() {
    let mut desk = Desk::new("own");
    let home = desk.env.home().expect("a home").to_owned();
    let config = desk.env.dirs.config.join("config.yaml");
    let text = "notify:\n  channels:\n    own: {type: command, command: [/bin/sh, -c, 'cat > \"$HOME/got\"']}\n  rules:\n    - {events: [failed], to: [own]}\n";
    agent_pipelines::store::atomic::replace(&config, text.as_bytes()).expect("config.yaml");
    desk.raise(NoticeKind::Failed, "$(touch gone); `touch gone`");
    assert_eq!(desk.send().sent, 1);
    let got = fs::read_to_string(home.join("got")).expect("what it got");
    let got: serde_json::Value = serde_json::from_str(&got).expect("JSON");
    assert_eq!(got["title"], "$(touch gone); `touch gone`");
    assert_eq!(got["notices"][0]["event"], "failed");
    assert_eq!(got["notices"][0]["severity"], "urgent");
    for (command, words) in [
        (
            "[/bin/sh, -c, 'echo no >&2; exit 3']",
            "`/bin/sh` failed: no",
        ),
        ("[no-such-program]", "`no-such-program` is not found"),
    ] {
        let other = text.replace("[/bin/sh, -c, 'cat > \"$HOME/got\"']", command);
        agent_pipelines::store::atomic::replace(&config, other.as_bytes()).expect("config.yaml");
        desk.raise(NoticeKind::Failed, "second");
        desk.send();
        let errors = desk.errors(Folder::Waiting);
        assert!(
            errors.iter().any(|error| error.contains(words)),
            "{errors:?}"
        );
        agent_pipelines::store::atomic::replace(&config, text.as_bytes()).expect("config.yaml");
        desk.send();
    }
}

#[test]
fn a_channel_that_is_gone_from_the_configuration_is_named() {
    let mut desk = Desk::new("hook");
    desk.raise(NoticeKind::Failed, "first");
    agent_pipelines::store::atomic::replace(&desk.env.dirs.config.join("config.yaml"), b"")
        .expect("config.yaml");
    assert_eq!(desk.send().failed, 1);
    assert_eq!(
        desk.errors(Folder::Failed),
        ["config.yaml has no channel `hook` any more"]
    );
}

#[test]
fn ten_thousand_events_at_once_come_as_the_few_messages_of_an_hour() {
    let mut desk = Desk::new("hook");
    let first = desk.raise(NoticeKind::Failed, "first").remove(0);
    // Written as the outbox writes them, without waiting for the disk each time.
    for number in 2..=10_000_u64 {
        let mut notice = first.notice.clone();
        notice.number = number;
        let message = agent_pipelines::notify::Message::new(notice, "hook");
        let path = desk
            .outbox
            .root()
            .join("waiting")
            .join(format!("{}.json", message.id));
        let text = serde_json::to_vec(&message).expect("JSON");
        agent_pipelines::store::atomic::replace(&path, &text).expect("a file");
    }
    let done = desk.send();
    assert_eq!((done.sent, done.waiting), (4_000, 6_000));
    assert_eq!(desk.server.accepted("/hook").len(), 20, "twenty in an hour");
    assert!(done.next.is_some(), "it looks again when the hour is over");
    assert_eq!(desk.send().sent, 0);
    let last = desk.server.accepted("/hook").remove(19);
    assert_eq!(last["title"], "200 notices (failed)");
    // An hour later.
    fs::remove_file(desk.outbox.root().join("recent.json")).expect("it is there");
    let done = desk.send();
    assert_eq!((done.sent, done.waiting), (4_000, 2_000));
}
