//! Classes of bytes, shared by the shapes of secrets.

/// Returns how many bytes from a position on satisfy a predicate.
pub(super) fn run(text: &[u8], at: usize, fits: impl Fn(u8) -> bool) -> usize {
    let rest = text.get(at..).unwrap_or_default();
    rest.iter()
        .position(|byte| !fits(*byte))
        .unwrap_or(rest.len())
}

/// Whether a word can begin at a position: the byte before it is no part of a word.
pub(super) fn begins_word(text: &[u8], at: usize) -> bool {
    match &text[..at] {
        [.., b'\\', b'n' | b't' | b'r' | b'b' | b'f'] => true,
        // Another control character in JSON.
        [.., b'\\', b'u', b'0', b'0', _, _] => true,
        // The end of a colour of a terminal.
        [before @ .., b'm'] => {
            let colour = before
                .iter()
                .rposition(|byte| !(byte.is_ascii_digit() || *byte == b';'));
            colour.is_some_and(|at| before[at] == b'[')
        }
        [.., last] => !last.is_ascii_alphanumeric(),
        [] => true,
    }
}

/// Whether most kinds of token may contain a byte.
pub(super) fn is_token_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-'
}

/// Whether a value is a placeholder, as in documentation: `<token>`.
pub(super) fn is_placeholder(value: &[u8]) -> bool {
    let first = value.first().copied().unwrap_or(b'$');
    let same = value.iter().all(|byte| *byte == first);
    let names_source = ["process.env", "os.environ", "getenv", "secrets.", "env."]
        .iter()
        .any(|source| {
            value
                .windows(source.len())
                .any(|part| part == source.as_bytes())
        });
    matches!(first, b'$' | b'<' | b'{' | b'%' | b'*' | b'[' | b'`') || same || names_source
}
