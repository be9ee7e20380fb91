mod corpus;

use super::*;
use corpus::{Chance, SHAPES, look_alike, secret, within};
use std::collections::BTreeMap;

#[test]
fn no_secret_of_any_shape_is_kept() {
    let redactor = Redactor::default();
    let mut chance = Chance::new(7);
    for number in 0..300 {
        let (secret, text) = secret(number % SHAPES, &mut chance);
        let text = within(number / SHAPES, &text);
        let redacted = redactor.redact(&text);
        assert!(
            !redacted.kept.contains(&secret) && 0 < redacted.removed,
            "shape {}: {}",
            number % SHAPES,
            redacted.kept
        );
        assert!(redactor.is_clean(&redacted.kept), "{}", redacted.kept);
    }
}

#[test]
fn a_token_behind_a_control_character_is_found_in_data() {
    let token = ["gh", "p_", "Zx8vQ2mN4kLp7RtY1wSd9f"].concat();
    let kept = Redactor::default().redact_data(format!("\u{7}{token}"), &[]);
    assert_eq!((kept.kept.as_str(), kept.removed), ("\u{7}[secret]", 1));
}

#[test]
fn at_most_three_of_three_hundred_look_alikes_are_touched() {
    let redactor = Redactor::default();
    let mut chance = Chance::new(11);
    let texts = (0..300).map(|number| within(number / 30, &look_alike(number, &mut chance)));
    let touched: Vec<String> = texts.filter(|text| !redactor.is_clean(text)).collect();
    assert!(touched.len() <= 3, "{touched:#?}");
}

#[test]
fn values_of_named_variables_are_removed_however_they_are_written() {
    let env: BTreeMap<String, String> = [
        ("SHOP_TOKEN", "tiger \"and\" lion"),
        ("CERT_KEY", "first line of the key\nsecond line of the key"),
        ("MAX_OUTPUT_TOKENS", "128000"),
        ("SHORT_KEY", "abc"),
        ("PIN_TOKEN", "12345678"),
        ("EDITOR", "vi-improved"),
    ]
    .map(|(name, value)| (name.to_owned(), value.to_owned()))
    .into();
    let redactor = Redactor::of_env(&env, ["4711-0815".to_owned()]);
    let hidden = |text: &str| redactor.hide(text);
    assert_eq!(hidden("a tiger \"and\" lion b"), "a [secret] b");
    let json = serde_json::json!({ "text": "tiger \"and\" lion" }).to_string();
    assert_eq!(hidden(&json), "{\"text\":\"[secret]\"}");
    assert_eq!(hidden("> second line of the key"), "> [secret]");
    assert_eq!(hidden("chat 4711-0815."), "chat [secret].");
    for kept in ["128000 abc 12345678", "vi-improved"] {
        assert_eq!(hidden(kept), kept);
    }
}

#[test]
fn a_secret_is_found_in_a_stream_wherever_it_is_cut() {
    let redactor = Redactor::default();
    let mut chance = Chance::new(3);
    let mut text = String::new();
    let mut secrets = Vec::new();
    for number in 0..400 {
        let (secret, written) = secret(number % SHAPES, &mut chance);
        secrets.push(secret);
        text += &within(number, &written);
        text += &chance.text(corpus::HEX, 6_000);
        // Some secrets are in lines that are longer than a chunk.
        text += if number % 100 == 0 { "\n" } else { " " };
    }
    let mut kept = Vec::new();
    let removed = redactor.copy(&mut text.as_bytes(), &mut kept).unwrap();
    let kept = String::from_utf8(kept).unwrap();
    assert!(secrets.iter().all(|secret| !kept.contains(secret)));
    assert_eq!(removed, redactor.redact(&text).removed);
    assert_eq!(kept, redactor.hide(&text));
}

#[test]
fn secrets_are_found_without_the_search_that_could_not_be_built() {
    let known = Redactor::new(["swordfish".to_owned()]);
    let slow = known.clone().without_anchors();
    let mut chance = Chance::new(7);
    for number in 0..10 * SHAPES {
        let (secret, written) = secret(number % SHAPES, &mut chance);
        let text = within(number, &written) + " swordfish " + &look_alike(number, &mut chance);
        let kept = slow.hide(&text);
        assert!(
            !kept.contains(&secret) && !kept.contains("swordfish"),
            "{kept}"
        );
        assert_eq!(kept, known.hide(&text));
    }
}

#[test]
fn words_of_data_stay_where_a_secret_is_the_same() {
    #[derive(Debug, PartialEq, serde::Serialize, serde::Deserialize)]
    #[serde(rename_all = "snake_case")]
    enum Decision {
        Continue,
    }
    let redactor = Redactor::new(["continue".to_owned(), "Tiger-lily".to_owned()]);
    let data = (Decision::Continue, "ask Tiger-lily".to_owned());
    let redacted = redactor.redact_data(data, &[]);
    let expected = (Decision::Continue, "ask [secret]".to_owned());
    assert_eq!(redacted.kept, expected);
    assert_eq!(redacted.removed, 1);
}

#[test]
fn any_bytes_can_be_redacted() {
    let redactor = Redactor::new(["swordfish".to_owned()]);
    let mut chance = Chance::new(5);
    let pieces = [
        "sk-",
        "eyJ",
        ".",
        "://",
        ":",
        "@",
        "-----BEGIN ",
        "PRIVATE KEY-----",
        "=",
        "TOKEN",
        "Bearer ",
        ":AA",
        "swordfish",
        "\\n",
        "é",
        "\"",
    ];
    for _ in 0..2_000 {
        let picks = chance.text("abcdefghijklmnop", 24);
        let text: String = picks
            .bytes()
            .map(|letter| pieces[usize::from(letter - b'a')])
            .collect();
        let redacted = redactor.redact(&text);
        assert!(!redacted.kept.contains("swordfish"), "{text}");
    }
}
