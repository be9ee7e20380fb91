//! The priority in a title: `[P0]` to `[P9]`.

/// The priority of a task that has none.
pub(super) const DEFAULT: u32 = 3;

/// Returns the priority that a title names in brackets, outside of code and links.
pub(super) fn priority(title: &str) -> Option<u32> {
    title.match_indices('[').find_map(|(at, _)| {
        let rest = &title[at + 1..];
        let digit = rest
            .strip_prefix(['P', 'p'])?
            .chars()
            .next()?
            .to_digit(10)?;
        let after = rest[2..].strip_prefix(']')?;
        let is_code = title[..at].matches('`').count() % 2 == 1;
        (!is_code && !after.starts_with('(')).then_some(digit)
    })
}
