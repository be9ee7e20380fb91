//! Checks the version of Claude Code.
use super::check::Check;
use crate::text::first_line;
use camino::Utf8Path;

/// The oldest version of Claude Code that prints the events `ap` reads.
const OLDEST_CLAUDE: Version = Version(2, 1, 115);
/// The newest version that was tested.
const TESTED_CLAUDE: Version = Version(2, 1, 332);

/// A version of three numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Version(u32, u32, u32);

impl Version {
    /// Reads the version at the beginning of a text: `2.1.329 (Claude Code)`.
    fn read(text: &str) -> Option<Self> {
        let word = text.split_whitespace().next()?;
        let mut numbers = word.split('.').map(|number| number.parse().ok());
        Some(Self(numbers.next()??, numbers.next()??, numbers.next()??))
    }
}

impl std::fmt::Display for Version {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}.{}.{}", self.0, self.1, self.2)
    }
}

/// Checks the version that `claude --version` printed.
pub(super) fn check(printed: &str, path: &Utf8Path) -> Check {
    const NAME: &str = "claude";
    let found = format!("{} ({path})", first_line(printed));
    let advice = "update it: `claude update`, or `npm install -g @anthropic-ai/claude-code`";
    match Version::read(printed) {
        Some(version) if version < OLDEST_CLAUDE => Check::problem(
            NAME,
            format!(
                "{found} is too old: {OLDEST_CLAUDE} is the oldest that works, {TESTED_CLAUDE} the newest tested"
            ),
            advice,
        ),
        Some(version) if version <= TESTED_CLAUDE => Check::ok(NAME, found),
        Some(_) => Check::ok(
            NAME,
            format!("{found}, newer than the newest tested, {TESTED_CLAUDE}"),
        ),
        None => Check::warning(NAME, format!("{found}: no version that is known"), advice),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::doctor::check::Verdict;

    #[test]
    fn an_old_claude_is_a_problem_and_a_new_one_is_named_as_untested() {
        let verdict = |version: &str| check(version, "/bin/claude".into());
        for (version, expected) in [
            ("1.0.3 (Claude Code)", Verdict::Problem),
            ("2.1.114 (Claude Code)", Verdict::Problem),
            ("2.1.115 (Claude Code)", Verdict::Ok),
            ("2.1.332 (Claude Code)", Verdict::Ok),
            ("2.2.0 (Claude Code)", Verdict::Ok),
            ("3.0.0", Verdict::Ok),
            ("Claude Code", Verdict::Warning),
        ] {
            assert_eq!(verdict(version).verdict, expected, "{version}");
        }
        assert!(verdict("1.0.3").found.contains("2.1.115 is the oldest"));
        assert!(
            verdict("2.2.0")
                .found
                .contains("newer than the newest tested")
        );
    }
}
