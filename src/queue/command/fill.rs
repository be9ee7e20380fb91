//! Placeholders in the words of a command.

/// Fills `{name}` in, in one pass: what is filled in is never read again.
pub(super) fn fill(word: &str, values: &[(&str, &str)]) -> String {
    let (mut filled, mut rest) = (String::new(), word);
    while let Some(at) = rest.find('{') {
        filled += &rest[..at];
        rest = &rest[at..];
        let value = values.iter().find_map(|(name, value)| {
            Some((value, rest[1..].strip_prefix(name)?.strip_prefix('}')?))
        });
        match value {
            Some((value, after)) => (filled, rest) = (filled + value, after),
            None => (filled, rest) = (filled + "{", &rest[1..]),
        }
    }
    filled + rest
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn filled_placeholders_are_not_expanded_again() {
        let values = [("id", "{owner}"), ("owner", "x; rm -rf /")];
        assert_eq!(fill("a{id}b{owner}{id", &values), "a{owner}bx; rm -rf /{id");
        assert_eq!(
            fill("{\"id\": 1} {} {unknown}", &values),
            "{\"id\": 1} {} {unknown}"
        );
    }
}
