//! Words that comments, messages and test names must not use.
use super::{assert_none, sources};

/// Words that hide which actor or action is meant, in two parts so that this file does not use them itself.
const UNCLEAR: &[[&str; 2]] = &[
    ["no", "body"],
    ["some", "body"],
    ["who", "ever"],
    ["an", "ew"],
    ["me", "nd"],
    ["me", "nded"],
    ["go", " on"],
    ["goes", " on"],
    ["went", " on"],
    ["lies", " in"],
];

#[test]
fn sentences_name_the_actor_and_the_action() {
    let unclear: Vec<String> = UNCLEAR.iter().map(|parts| parts.concat()).collect();
    let mut found = Vec::new();
    for folder in ["src", "tests", "benches"] {
        for source in sources(folder) {
            for (index, line) in source.text.lines().enumerate() {
                let line = line.to_lowercase();
                let words = unclear.iter().filter(|word| has_word(&line, word));
                found.extend(words.map(|word| source.at(index + 1, word)));
            }
        }
    }
    assert_none(
        &found,
        "name the runner, the agent or the user, and say what it does",
    );
}

/// Whether a text has the word, and not only as a part of another one or of a name.
fn has_word(text: &str, word: &str) -> bool {
    let is_name = |c: char| c.is_alphanumeric() || "_-*#".contains(c);
    text.match_indices(word).any(|(at, _)| {
        let before = text[..at].chars().next_back();
        let after = text[at + word.len()..].chars().next();
        !before.is_some_and(is_name) && !after.is_some_and(is_name)
    })
}

#[test]
fn a_word_is_not_found_within_another_one() {
    assert!(has_word("it ends", "ends"));
    assert!(!has_word("it descends", "ends") && !has_word("the_ends", "ends"));
}
