//! Command lines that people copy. Nothing of ours ever runs through a shell.

/// Returns a word as a shell takes it: quoted only where it must be.
pub fn word(word: &str) -> String {
    let plain = |c: char| c.is_alphanumeric() || "-_./:=@%+,~".contains(c);
    // At the beginning `~` is a home and, in zsh, `=` a program.
    if !word.is_empty() && !word.starts_with(['~', '=']) && word.chars().all(plain) {
        word.to_owned()
    } else {
        format!("'{}'", word.replace('\'', "'\\''"))
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn only_what_needs_quotes_gets_them() {
        let words = [
            "auth", "/a/b.c", "a b", "it's", "$HOME", "", "~/x", "a~", "=ls", "a=b",
        ]
        .map(super::word);
        assert_eq!(
            words,
            [
                "auth",
                "/a/b.c",
                "'a b'",
                "'it'\\''s'",
                "'$HOME'",
                "''",
                "'~/x'",
                "a~",
                "'=ls'",
                "a=b"
            ]
        );
    }
}
