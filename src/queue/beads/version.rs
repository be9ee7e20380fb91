//! What differs between versions of `bd`, as far as we must know.
use std::fmt;

/// A version of `bd`: major, minor, patch.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Version(pub(super) [u32; 3]);

/// The oldest whose answers we know.
pub(super) const OLDEST: Version = Version([0, 24, 0]);
/// The newest whose answers we know; later ones are treated like it.
const NEWEST: Version = Version([1, 3, u32::MAX]);

/// How a tracker that speaks like `bd` is to be treated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Dialect {
    /// `update --claim` exists (0.42).
    pub(super) has_claim: bool,
    /// A claim compares and sets, and refuses closed issues (0.49.4).
    pub(super) claims_safely: bool,
    /// A claim has a lease that must be kept alive (1.3).
    pub(super) has_leases: bool,
}

impl Dialect {
    /// Of the version of `bd`; of another program, of which we assume the least.
    pub(super) fn of(version: Option<Version>) -> Self {
        let since = |least: [u32; 3]| version.is_some_and(|version| Version(least) <= version);
        Self { has_claim: version.is_none() || since([0, 42, 0]), claims_safely: since([0, 49, 4]), has_leases: since([1, 3, 0]) }
    }
}

/// What `bd version` means, and what a person should know about it.
///
/// Returns no version for a program that calls itself something else. An error says that it is too old.
pub(super) fn read(said: &str) -> Result<(Option<Version>, Option<String>), String> {
    // There may be something else around it.
    let own = said.lines().find(|line| line.trim_start().starts_with("bd "));
    let words = crate::text::first_line(own.unwrap_or(said));
    let own_name = words.split_whitespace().next().is_some_and(|name| name != "bd");
    match number(&words) {
        _ if own_name => Ok((None, None)),
        Some(version) if version < OLDEST => Err(format!("bd {version} is too old: {OLDEST} is the oldest whose answers are known")),
        Some(version) if NEWEST < version => {
            Ok((Some(NEWEST), Some(format!("bd {version} is newer than any this ap knows; it is treated like 1.3"))))
        }
        Some(version) => Ok((Some(version), None)),
        None => Ok((Some(NEWEST), Some(format!("bd does not say its version but “{words}”; it is treated like 1.3")))),
    }
}

/// Finds `1.2.3` in a text.
fn number(text: &str) -> Option<Version> {
    let numbers = |word: &str| {
        let word = word.trim_start_matches('v');
        let end = word.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(word.len());
        let parts: Vec<u32> = word[..end].split('.').map(str::parse).collect::<Result<_, _>>().ok()?;
        <[u32; 3]>::try_from(parts).ok().map(Version)
    };
    text.split_whitespace().find_map(numbers)
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [major, minor, patch] = self.0;
        write!(f, "{major}.{minor}.{patch}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_found_in_what_bd_says() {
        assert_eq!(read("bd version 0.47.0 (dev)\n"), Ok((Some(Version([0, 47, 0])), None)));
        assert_eq!(read("bd version 1.0.4 (abc123: HEAD@abc)"), Ok((Some(Version([1, 0, 4])), None)));
        assert_eq!(read("br 0.7.6"), Ok((None, None)));
        assert_eq!(read("bd version 0.20.1").unwrap_err(), "bd 0.20.1 is too old: 0.24.0 is the oldest whose answers are known");
        for (said, told) in [("bd version 2.0.0", "bd 2.0.0 is newer"), ("bd dev", "“bd dev”"), ("", "“”")] {
            let (version, remark) = read(said).unwrap();
            assert_eq!(version, Some(NEWEST));
            assert!(remark.unwrap().contains(told));
        }
    }

    #[test]
    fn dialects_change_where_the_versions_did() {
        let of = |version| Dialect::of(version).to_string();
        let told: Vec<String> = [[0, 24, 4], [0, 42, 0], [0, 49, 3], [0, 49, 4], [1, 2, 2], [1, 3, 0]].map(|v| of(Some(Version(v)))).into();
        assert_eq!(told, ["", "claim", "claim", "claim safely", "claim safely", "claim safely leases"]);
        assert_eq!(of(None), "claim", "another program");
    }

    impl fmt::Display for Dialect {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            let words = [(self.has_claim, "claim"), (self.claims_safely, "safely"), (self.has_leases, "leases")];
            f.write_str(&words.iter().filter(|(is, _)| *is).map(|(_, word)| *word).collect::<Vec<_>>().join(" "))
        }
    }
}
