//! Random days of messages: nothing is lost, nothing is doubled, and nothing comes when it must not.
use super::*;
use crate::model::NoticeKind;
use crate::notify::message::{AskedQuestion, Message, Notice};
use crate::plan::{NotifyPolicy, Quiet, Rule};
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use proptest::prelude::*;
use std::collections::BTreeMap;

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(1_800_000_000 + second).unwrap()
}

#[test]
fn a_text_for_telegram_is_cut_by_utf16_units() {
    let emoji = "🦀".repeat(2_049);
    for text in ["a".repeat(4_097), emoji, "é".repeat(5_000)] {
        let cut = cut_utf16(&text, 4_096);
        let units = cut.encode_utf16().count();
        assert!((4_095..=4_096).contains(&units), "{units}");
        assert!(cut.ends_with('…') && text.starts_with(cut.trim_end_matches('…')));
    }
    for text in ["a".repeat(4_096), "🦀".repeat(2_048)] {
        assert_eq!(cut_utf16(&text, 4_096), text);
    }
}

fn notice(number: u64, kind: NoticeKind, second: i64) -> Notice {
    let question = (kind == NoticeKind::Question).then(|| AskedQuestion {
        id: "q1".parse().unwrap(),
        branch: None,
        choices: vec!["yes".to_owned()],
        takes_text: true,
    });
    Notice {
        source: "r1".to_owned(),
        number,
        kind,
        at: at(second),
        project: Some("/top/shop".into()),
        session: Some("auth".parse().unwrap()),
        title: format!("{kind} {number}"),
        detail: "2 iterations".to_owned(),
        commands: vec!["ap status auth".to_owned()],
        last_words: String::new(),
        question,
        removed: 0,
    }
}

fn policy(quiet: Option<&str>) -> NotifyPolicy {
    let rule = |events: Vec<NoticeKind>, to: &[&str], quiet: Option<&str>| Rule {
        events,
        to: to.iter().map(|name| (*name).to_owned()).collect(),
        repeat_s: Some(3600),
        quiet: quiet.map(|quiet| Quiet::parse(quiet).unwrap()),
    };
    NotifyPolicy {
        rules: vec![
            rule(
                vec![NoticeKind::Question, NoticeKind::Failed],
                &["me", "desk"],
                None,
            ),
            rule(NoticeKind::ALL.to_vec(), &["me", "me"], quiet),
        ],
        ..NotifyPolicy::default()
    }
}

#[test]
fn the_first_rule_that_names_an_event_counts() {
    let policy = policy(None);
    let channels = |kind| -> Vec<String> {
        let messages = route(&policy, &notice(1, kind, 0), &TimeZone::UTC);
        messages
            .into_iter()
            .map(|message| message.channel)
            .collect()
    };
    assert_eq!(channels(NoticeKind::Failed), ["me", "desk"]);
    assert_eq!(channels(NoticeKind::Complete), ["me"], "each channel once");
    let none = NotifyPolicy {
        rules: Vec::new(),
        ..policy
    };
    assert!(route(&none, &notice(1, NoticeKind::Failed, 0), &TimeZone::UTC).is_empty());
}

#[test]
fn only_questions_repeat_and_outages_have_patience() {
    let policy = policy(None);
    let first = |kind| route(&policy, &notice(1, kind, 0), &TimeZone::UTC).remove(0);
    assert_eq!(first(NoticeKind::Question).repeat_s, Some(3600));
    assert_eq!(first(NoticeKind::Failed).repeat_s, None);
    assert_eq!(first(NoticeKind::Outage).due, at(900));
    assert_eq!(first(NoticeKind::Failed).due, at(0));
    let repeated = first(NoticeKind::Question).repetition(at(3600));
    let again = repeated.repetition(at(7200));
    assert!(
        again.id.ends_with("-me-again-2") && again.repeats == 2,
        "{}",
        again.id
    );
}

#[test]
fn retries_wait_longer_and_longer_and_differ() {
    let minutes = |tries, id: &str| retry_delay(tries, id).as_secs();
    for (tries, least) in [(1, 60), (2, 120), (3, 300), (4, 900), (5, 3600), (99, 3600)] {
        let delay = minutes(tries, "a");
        assert!((least..=least * 6 / 5).contains(&delay), "{tries}: {delay}");
    }
    let delays: std::collections::BTreeSet<i64> =
        (0..50).map(|id| minutes(5, &id.to_string())).collect();
    assert!(20 < delays.len());
}

#[test]
fn a_message_is_given_up_after_three_days() {
    let mut message = Message::new(notice(1, NoticeKind::Failed, 0), "me");
    let down = Delivery::NotNow {
        reason: "the host is not found".to_owned(),
        after: None,
    };
    let (mut now, mut tries) = (at(0), 0);
    loop {
        match after(&mut message, &down, now) {
            Disposition::Retry(until) => now = until,
            Disposition::Failed(reason) => {
                assert_eq!(reason, "the host is not found; given up after 3 days");
                break;
            }
            Disposition::Sent => unreachable!("nothing was delivered"),
        }
        tries += 1;
    }
    let took = now.duration_since(at(0));
    assert!(
        GIVES_UP_AFTER <= took && took < SignedDuration::from_hours(75),
        "{took:#}"
    );
    assert!((60..80).contains(&tries), "{tries}");
}

#[test]
fn a_server_that_says_when_is_obeyed() {
    for (seconds, waits) in [(7, 7), (0, 1), (999_999_999, 86_400)] {
        let mut message = Message::new(notice(1, NoticeKind::Failed, 0), "me");
        let delivery = Delivery::NotNow {
            reason: "limited".to_owned(),
            after: Some(SignedDuration::from_secs(seconds)),
        };
        assert_eq!(
            after(&mut message, &delivery, at(0)),
            Disposition::Retry(at(waits))
        );
    }
}

#[test]
fn what_was_never_answered_is_sent_twice_and_no_more() {
    let mut message = Message::new(notice(1, NoticeKind::Failed, 0), "me");
    let lost = Delivery::Unanswered("no answer in time".to_owned());
    assert!(matches!(
        after(&mut message, &lost, at(0)),
        Disposition::Retry(_)
    ));
    let text = wording(&[&message], at(1), &TimeZone::UTC);
    assert_eq!(text.title, "failed 1 (sent again)");
    assert!(matches!(
        after(&mut message, &lost, at(90)),
        Disposition::Failed(_)
    ));
}

#[test]
fn what_piles_up_is_sent_as_one_and_questions_alone() {
    let mut waiting: Vec<Message> = (0..10_000)
        .map(|number| Message::new(notice(number, NoticeKind::Failed, 0), "me"))
        .collect();
    waiting.insert(
        0,
        Message::new(notice(99_999, NoticeKind::Question, 0), "me"),
    );
    let selection = select(&waiting, &SendTimes::new(), 20, at(1));
    assert_eq!(selection.groups, [vec![0]]);
    waiting.remove(0);
    let groups = select(&waiting, &SendTimes::new(), 20, at(1)).groups;
    assert_eq!(groups.len(), 1);
    assert_eq!(groups[0].len(), 200);
    let group: Vec<&Message> = groups[0].iter().map(|index| &waiting[*index]).collect();
    let text = wording(&group, at(1), &TimeZone::UTC);
    assert_eq!(text.title, "200 notices (failed)");
    assert!(text.body.contains("and 190 more"), "{}", text.body);
}

#[test]
fn words_say_what_where_when_and_what_to_do() {
    let mut asked = notice(1, NoticeKind::Question, 0);
    asked.last_words = "é".repeat(5_000);
    asked.removed = 2;
    let mut message = Message::new(asked, "me");
    message.repeats = 1;
    let text = wording(&[&message], at(600), &TimeZone::UTC).text();
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!(
        lines[..5],
        [
            "question 1 (still open)",
            "shop: 2 iterations",
            "at Fri 08:00",
            "1. yes",
            "ap status auth"
        ]
    );
    assert_eq!(lines[6].chars().count(), LAST_WORDS + 1);
    assert_eq!(lines[7], "(2 secrets removed)");
}

/// How a channel answers, and how long until the next message.
#[derive(Clone, Debug)]
enum Step {
    Raise(NoticeKind),
    Wait(i64),
    Answer(u8),
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let kinds = proptest::sample::select(NoticeKind::ALL);
    let step = prop_oneof![
        3 => kinds.prop_map(Step::Raise),
        2 => (1..20_000_i64).prop_map(Step::Wait),
        3 => (0..10_u8).prop_map(Step::Answer),
    ];
    proptest::collection::vec(step, 1..60)
}

fn delivery(answer: u8) -> Delivery {
    match answer {
        0 => Delivery::Refused("no".to_owned()),
        1 => Delivery::Unanswered("lost".to_owned()),
        2 | 3 => Delivery::NotNow {
            reason: "down".to_owned(),
            after: (answer == 3).then(|| SignedDuration::from_secs(30)),
        },
        _ => Delivery::Delivered(None),
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 4_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn random_days_lose_and_double_nothing(steps in steps(), per_hour in 1..6_u32) {
        let policy = policy(Some("23:00-07:00"));
        let mut now = at(0);
        let (mut waiting, mut sent, mut number) = (Vec::<Message>::new(), SendTimes::new(), 0);
        let mut fates: BTreeMap<String, (u32, bool)> = BTreeMap::new();
        for step in steps {
            match step {
                Step::Wait(seconds) => now += SignedDuration::from_secs(seconds),
                Step::Raise(kind) => {
                    number += 1;
                    let second = now.as_second() - at(0).as_second();
                    let messages = route(&policy, &notice(number, kind, second), &TimeZone::UTC);
                    for message in &messages {
                        fates.insert(message.id.clone(), (0, false));
                    }
                    waiting.extend(messages);
                }
                Step::Answer(answer) => {
                    let groups = select(&waiting, &sent, per_hour, now).groups;
                    let mut gone = Vec::new();
                    for group in groups {
                        let channel = waiting[group[0]].channel.clone();
                        let delivery = delivery(answer);
                        let times = sent.entry(channel.clone()).or_default();
                        if matches!(delivery, Delivery::Delivered(_)) {
                            times.push(now);
                            let hour = times.iter().filter(|at| now.duration_since(**at).as_secs() < 3600);
                            prop_assert!(hour.count() <= per_hour as usize);
                        }
                        for index in group {
                            let message = &mut waiting[index];
                            prop_assert!(message.due <= now, "held back until it is due");
                            let fate = fates.get_mut(&message.id).unwrap();
                            prop_assert!(!fate.1, "nothing is sent after its end");
                            if !matches!(delivery, Delivery::NotNow { .. }) {
                                fate.0 += 1;
                            }
                            prop_assert!(fate.0 <= 2, "at most twice");
                            match after(message, &delivery, now) {
                                Disposition::Retry(until) => prop_assert!(now < until),
                                Disposition::Sent | Disposition::Failed(_) => {
                                    fate.1 = true;
                                    gone.push(message.id.clone());
                                }
                            }
                        }
                    }
                    waiting.retain(|message| !gone.contains(&message.id));
                }
            }
        }
        let ended = fates.values().filter(|fate| fate.1).count();
        prop_assert_eq!(ended + waiting.len(), fates.len(), "each waits or has ended");
        let selection = select(&waiting, &sent, per_hour, now);
        prop_assert!(waiting.is_empty() || !selection.groups.is_empty() || selection.next.is_some());
    }
}
