//! `notify:` in `config.yaml`: what it comes to, and its mistakes with their places.
use crate::compile::{Settings, SourceText};
use crate::model::NoticeKind;
use crate::plan::{ChannelKind, NotifyPolicy, SecretRef, Target};

fn read(text: &str) -> Result<NotifyPolicy, String> {
    let source = SourceText {
        file: "config.yaml".to_owned(),
        text: text.to_owned(),
    };
    let lines = |problem: &crate::compile::Problem| {
        let hint = problem.hint.as_ref().map(|hint| format!(" ({hint})"));
        format!("{problem}{}", hint.unwrap_or_default())
    };
    Settings::read(&source)
        .map(|settings| settings.notify_policy)
        .map_err(|problems| problems.iter().map(lines).collect::<Vec<_>>().join("\n"))
}

const WHOLE: &str = r#"
notify:
  channels:
    me: {type: telegram, token: {secret: tg_token}, chat: -100123}
    desk: {type: desktop}
    team: {type: slack, url: {env: SLACK_HOOK}}
    games: {type: discord, url: {file: ~/.discord}}
    phone: {type: ntfy, topic: {secret: topic}, priority: 4, answer_url: https://example.com/answer}
    hook: {type: webhook, url: http://127.0.0.1:9/x}
    own: {type: command, command: [notify-me, --now]}
  rules:
    - {events: [question, failed, tampering], to: [me, desk], repeat: 4h}
    - {events: [complete, limit_reached], to: [desk], quiet: "23:00-07:00"}
  limits: {per_hour: 5}
  heartbeat: {url: {command: [pass, beat]}}
"#;

#[test]
fn every_channel_and_rule_is_read() {
    let policy = read(WHOLE).unwrap();
    let kinds: Vec<ChannelKind> = policy
        .channels
        .iter()
        .map(|channel| channel.target.kind())
        .collect();
    assert_eq!(kinds.len(), 7);
    let rule = policy.rule(NoticeKind::Tampering).unwrap();
    assert_eq!((rule.to.len(), rule.repeat_s), (2, Some(14_400)));
    assert!(policy.rule(NoticeKind::Complete).unwrap().quiet.is_some());
    assert!(policy.rule(NoticeKind::Stopped).is_none());
    assert_eq!(policy.per_hour, 5);
    assert!(!policy.is_default && policy.reaches_outside());
    let Target::Ntfy { url, .. } = &policy.channel("phone").unwrap().target else {
        panic!("a channel of ntfy");
    };
    assert_eq!(*url, SecretRef::Plain("https://ntfy.sh".to_owned()));
    let beat = policy.heartbeat.unwrap();
    assert_eq!(
        (beat.every_s, beat.url.to_string().as_str()),
        (300, "the command `pass`")
    );
}

#[test]
fn without_rules_the_desktop_shows_how_sessions_end() {
    let default = NotifyPolicy::default();
    assert_eq!(read("").unwrap(), default);
    assert_eq!(read("keep_window: true\n").unwrap(), default);
    assert!(!default.reaches_outside());
    let off = read("notify: {desktop: false}\n").unwrap();
    assert!(off.rules.is_empty());
    let more = read("notify: {channels: {own: {type: command, command: [x]}}}\n").unwrap();
    assert_eq!(more.rules, default.rules);
    assert_eq!(more.channels.len(), 2);
}

#[test]
fn mistakes_are_shown_at_their_places() {
    for (text, expected) in [
        (
            "notify:\n  channels:\n    desk: {type: desktop}\n  rules:\n    - {events: [failed], to: [dekc]}\n",
            "config.yaml:5:31: there is no channel `dekc` (did you mean `desk`?)",
        ),
        (
            "notify:\n  rules:\n    - {events: [failed], to: [me]}\n",
            "config.yaml:3:31: there is no channel `me` (name your channels under `channels`)",
        ),
        (
            "notify:\n  channels:\n    me: {type: telegram, chat: 1}\n",
            "config.yaml:3:5: channel `me` needs a `token`",
        ),
        (
            "notify:\n  channels:\n    desk: {type: desktop, chat: 1}\n",
            "config.yaml:3:27: a channel of type `desktop` has no `chat`",
        ),
        (
            "notify:\n  channels:\n    me: {type: telegram, token: swordfish, chat: 1}\n",
            "config.yaml:3:33: `token` is a secret, which does not belong into config.yaml (put it into secrets.yaml under a name, and write `token: {secret: NAME}`)",
        ),
        (
            "notify:\n  channels:\n    me: {type: slack, url: {secret: a, env: B}}\n",
            "config.yaml:3:28: `url` must name one of `secret`, `env`, `file` and `command`",
        ),
        (
            "notify:\n  channels:\n    me: {type: ntfy, topic: t, priority: 9}\n",
            "config.yaml:3:42: `priority` must be from 1 to 5",
        ),
        (
            "notify:\n  limits: {per_hour: 0}\n",
            "config.yaml:2:22: `per_hour: 0` would send nothing, ever (remove the `rules` that you do not want)",
        ),
        (
            "notify:\n  channels:\n    'a b': {type: desktop}\n",
            "config.yaml:3:5: `a b` cannot be the name of a channel (letters, digits, `-` and `_`)",
        ),
    ] {
        assert_eq!(read(text).unwrap_err(), expected);
    }
}

#[test]
fn typing_mistakes_have_suggestions() {
    for (text, place, hint) in [
        (
            "notify:\n  chanels: {}\n",
            "config.yaml:2:3: unknown key `chanels`",
            "`channels`",
        ),
        (
            "notify:\n  rules:\n    - {events: [failde], to: []}\n",
            "config.yaml:3:17:",
            "failde",
        ),
        (
            "notify:\n  rules:\n    - {events: [failed], to: [], quiet: \"23-7\"}\n",
            "config.yaml:3:",
            "quiet hours like",
        ),
        (
            "notify:\n  channels:\n    a: {type: telegramm}\n",
            "config.yaml:3:",
            "telegramm",
        ),
        (
            "notify:\n  channels:\n    a: {type: slack, url: {secrt: x}}\n",
            "config.yaml:3:",
            "`secret`",
        ),
    ] {
        let error = read(text).unwrap_err();
        assert!(error.starts_with(place) && error.contains(hint), "{error}");
    }
}
