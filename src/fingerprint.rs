//! Tells contents from others by a SHA-256, the one fingerprint of plans, definitions, gate files and working trees.
//!
//! SHA-256 since any machine can compute it again (`sha256sum plan.json`), and since it cannot be forged: an agent
//! that could make another gate file with the same fingerprint would choose its own judge.
use sha2::{Digest as _, Sha256};
use std::fmt::Write as _;

/// Returns the SHA-256 of `bytes` in hexadecimal.
pub fn fingerprint(bytes: impl AsRef<[u8]>) -> String {
    hex(&Sha256::digest(bytes.as_ref()))
}

/// Returns one fingerprint of several contents in their order: the SHA-256 of their SHA-256 hashes, so that
/// `["ab", "c"]` and `["a", "bc"]` differ.
pub fn fingerprint_all(parts: impl IntoIterator<Item = impl AsRef<[u8]>>) -> String {
    let mut all = Sha256::new();
    for part in parts {
        all.update(Sha256::digest(part.as_ref()));
    }
    hex(&all.finalize())
}

/// Returns a checksum of `bytes` and of all that `before` is the checksum of.
pub fn chained(before: u64, bytes: &[u8]) -> u64 {
    let mut all = Sha256::new();
    all.update(before.to_be_bytes());
    all.update(bytes);
    let hash = all.finalize();
    hash.iter()
        .take(8)
        .fold(0, |sum, byte| sum << 8 | u64::from(*byte))
}

fn hex(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(2 * bytes.len());
    for byte in bytes {
        // Writing to a string cannot fail.
        let _ = write!(text, "{byte:02x}");
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_what_sha256sum_prints() {
        assert_eq!(
            fingerprint("abc"),
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
        );
    }

    #[test]
    fn bytes_that_are_not_utf8_count() {
        assert_ne!(fingerprint(b"\xff"), fingerprint(b"\xfe"));
        assert_ne!(fingerprint_all([b"\xff"]), fingerprint_all([b"\xfe"]));
    }

    #[test]
    fn where_one_part_ends_counts() {
        assert_ne!(fingerprint_all(["ab", "c"]), fingerprint_all(["a", "bc"]));
    }
}
