//! The differences between versions of `bd` that matter here.
use std::fmt;

/// Major, minor, patch.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Number([u32; 3]);

/// The oldest supported version.
const OLDEST: Number = Number([0, 24, 0]);
/// The newest known version; later ones are treated like it.
const NEWEST: Number = Number([1, 3, u32::MAX]);

/// The version of `bd`, and what it supports.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Version {
    pub(super) output: String,
    pub(super) dialect: Dialect,
    /// A warning about it, to be shown once.
    pub(super) remark: Option<String>,
}

/// What a version of `bd`, or of a compatible program, supports.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Dialect {
    /// `update --claim` exists (0.42).
    pub(super) has_claim: bool,
    /// A claim compares and sets, and refuses what is closed or assigned (0.49.4; from 1.0.4 whatever is not open).
    pub(super) claims_safely: bool,
    /// A claim has a lease that must be kept alive (1.3).
    pub(super) has_leases: bool,
}

impl Dialect {
    /// Returns the dialect of a version of `bd`; another program is assumed to support none of the features.
    fn of(version: Option<Number>) -> Self {
        let since = |least: [u32; 3]| version.is_some_and(|version| Number(least) <= version);
        Self {
            has_claim: version.is_none() || since([0, 42, 0]),
            claims_safely: since([0, 49, 4]),
            has_leases: since([1, 3, 0]),
        }
    }
}

/// Parses the output of `bd version`; the error is that the version is too old.
pub(super) fn read(output: &str) -> Result<Version, String> {
    // The version may be anywhere in the text.
    let own = output
        .lines()
        .find(|line| line.trim_start().starts_with("bd "));
    let output = crate::text::first_line(own.unwrap_or(output));
    let own_name = output
        .split_whitespace()
        .next()
        .is_some_and(|name| name != "bd");
    let (number, remark) = match number(&output) {
        _ if own_name => (None, None),
        Some(number) if number < OLDEST => {
            return Err(format!(
                "bd {number} is too old: {OLDEST} is the oldest whose answers are known"
            ));
        }
        Some(number) if NEWEST < number => (
            Some(NEWEST),
            Some(format!(
                "bd {number} is newer than any this ap knows; it is treated like 1.3"
            )),
        ),
        Some(number) => (Some(number), None),
        None => (
            Some(NEWEST),
            Some(format!(
                "bd printed no version but “{output}”; it is treated like 1.3"
            )),
        ),
    };
    Ok(Version {
        output,
        dialect: Dialect::of(number),
        remark,
    })
}

/// Finds `1.2.3` in a text.
fn number(text: &str) -> Option<Number> {
    let numbers = |word: &str| {
        let word = word.trim_start_matches('v');
        let end = word
            .find(|c: char| !c.is_ascii_digit() && c != '.')
            .unwrap_or(word.len());
        let parts: Vec<u32> = word[..end]
            .split('.')
            .map(str::parse)
            .collect::<Result<_, _>>()
            .ok()?;
        <[u32; 3]>::try_from(parts).ok().map(Number)
    };
    text.split_whitespace().find_map(numbers)
}

impl fmt::Display for Number {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [major, minor, patch] = self.0;
        write!(f, "{major}.{minor}.{patch}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_version_is_known_by_what_it_can_do() {
        let dialect = |output: &str| read(output).map(|version| version.dialect.to_string());
        for (output, features) in [
            ("bd version 0.24.4\n", ""),
            ("bd version 0.42.0", "claim"),
            ("bd version 0.47.0 (dev)", "claim"),
            ("bd version 0.49.3", "claim"),
            ("bd version 0.49.4", "claim safely"),
            ("bd version 1.0.4 (abc123: HEAD@abc)", "claim safely"),
            ("bd version 1.3.0", "claim safely leases"),
            ("br 0.7.6", "claim"),
        ] {
            assert_eq!(dialect(output).as_deref(), Ok(features), "{output}");
            assert_eq!(read(output).unwrap().remark, None, "{output}");
        }
        assert_eq!(
            dialect("bd version 0.20.1").unwrap_err(),
            "bd 0.20.1 is too old: 0.24.0 is the oldest whose answers are known"
        );
    }

    #[test]
    fn an_unknown_version_is_treated_like_the_newest_with_a_remark() {
        for (output, remark) in [
            ("bd version 2.0.0", "bd 2.0.0 is newer"),
            ("bd dev", "“bd dev”"),
            ("", "“”"),
        ] {
            let version = read(output).unwrap();
            assert_eq!(version.dialect.to_string(), "claim safely leases");
            assert!(version.remark.unwrap().contains(remark));
        }
    }

    impl fmt::Display for Dialect {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            let words = [
                (self.has_claim, "claim"),
                (self.claims_safely, "safely"),
                (self.has_leases, "leases"),
            ];
            f.write_str(
                &words
                    .iter()
                    .filter(|(is, _)| *is)
                    .map(|(_, word)| *word)
                    .collect::<Vec<_>>()
                    .join(" "),
            )
        }
    }
}
