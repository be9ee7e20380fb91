//! The id that a line names: `title (#id)`, or `[P1] [tag] id — text`.

/// Splits a title from the id it names. An id at the end is not part of the title; one before a dash is.
pub(super) fn split_id(title: &str) -> (&str, Option<&str>) {
    match at_end(title) {
        Some((title, id)) => (title, Some(id)),
        None => (title, before_dash(title)),
    }
}

fn at_end(title: &str) -> Option<(&str, &str)> {
    let (before, id) = title.strip_suffix(')')?.rsplit_once("(#")?;
    (is_id(id) && !before.trim().is_empty()).then(|| (before.trim_end(), id))
}

/// Returns the word before the first dash with spaces around it. Without tags in front of it, it must look like an id: a
/// word of prose is none.
fn before_dash(title: &str) -> Option<&str> {
    let bare = after_tags(title);
    let (id, rest) = bare.split_once(char::is_whitespace)?;
    let text = rest.trim_start().strip_prefix(['—', '–', '-'])?;
    let is_text = text.starts_with(char::is_whitespace) && !text.trim().is_empty();
    let is_tagged = bare.len() < title.len();
    let looks_like_id = id.contains(|c: char| c.is_ascii_digit() || c == '_');
    (is_text && is_id(id) && (is_tagged || looks_like_id)).then_some(id)
}

/// Skips `[P1] [research] ` at the start of a title.
fn after_tags(title: &str) -> &str {
    let mut rest = title;
    while let Some((tag, after)) = rest.strip_prefix('[').and_then(|tag| tag.split_once(']'))
        && is_id(tag)
        && after.starts_with(char::is_whitespace)
    {
        rest = after.trim_start();
    }
    rest
}

fn is_id(word: &str) -> bool {
    word.starts_with(|c: char| c.is_ascii_alphanumeric())
        && word.len() <= 64
        && word
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || "._-".contains(c))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_is_the_word_before_a_dash_or_in_brackets_at_the_end() {
        for (title, id) in [
            ("[P1] [research] HYPO_7 — text", Some("HYPO_7")),
            ("[P0] login - text", Some("login")),
            ("fix_2 – text", Some("fix_2")),
            ("[implement] fix-bug: do it — now", None),
            ("Backend - text", None),
            ("T1 text — more", None),
            ("T1 — ", None),
            ("T1 -flag", None),
            ("[a](http://x) b — c", None),
            ("[P1] T1 — text (#named)", Some("named")),
            ("[P1] 0.9 → 1.0 — text", None),
            ("", None),
        ] {
            assert_eq!(split_id(title).1, id, "{title}");
        }
        let title = "[P1] T1 — text";
        assert_eq!(split_id(title), (title, Some("T1")));
        assert_eq!(split_id("text (#a)"), ("text", Some("a")));
    }
}
