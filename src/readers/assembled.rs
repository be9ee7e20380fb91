//! Bytes that are put together from a corpus and damaged, as a recipe says.

/// Returns the bytes that a recipe of steps makes of the pieces of a corpus. A step is two bytes: what is done, and with
/// what. The same recipe always makes the same bytes, and a part of a recipe is a recipe, so both property tests and
/// fuzzers can shrink it.
pub fn assembled(recipe: &[u8], pieces: &[Vec<u8>]) -> Vec<u8> {
    let mut made = Vec::new();
    let mut next = 0;
    for step in recipe.chunks(2) {
        let what = step[0] % 8;
        let with = step.get(1).copied().unwrap_or_default();
        let length = made.len();
        match what {
            // Most steps take the next piece, so that the beginning is what it should be.
            0..=2 => {
                made.extend(pieces.get(next).into_iter().flatten());
                next += 1;
            }
            3 => made.extend(
                pieces
                    .get(usize::from(with) % pieces.len().max(1))
                    .into_iter()
                    .flatten(),
            ),
            4 => made.push(with),
            5 => made.truncate(length.saturating_sub(usize::from(with))),
            6 if 0 < length => made[length - 1 - usize::from(with) % length] ^= 1 << (with % 8),
            _ => made.extend_from_within(length - usize::from(with).min(length)..),
        }
    }
    made
}
