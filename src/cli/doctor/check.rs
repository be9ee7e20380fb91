//! The result of one check.
use crate::ui::style::Look;
use crate::ui::table::Cell;
use serde::Serialize;

/// The severity of a check's result, from good to bad.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub(super) enum Verdict {
    Ok,
    /// Needed for one feature only; sessions run without it.
    Optional,
    /// Sessions run, but may behave unexpectedly.
    Warning,
    /// Sessions cannot run, or not safely.
    Problem,
}

impl Verdict {
    /// Returns its label in its style.
    pub(super) fn label(self) -> Cell {
        match self {
            Self::Ok => Cell::new("ok", Look::Good),
            Self::Optional => Cell::new("–", Look::Faint),
            Self::Warning => Cell::new("warning", Look::Odd),
            Self::Problem => Cell::new("problem", Look::Bad),
        }
    }
}

/// The result of one check.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
pub(super) struct Check {
    pub(super) name: &'static str,
    pub(super) verdict: Verdict,
    pub(super) found: String,
    /// What to do about it.
    pub(super) advice: Option<String>,
}

impl Check {
    pub(super) fn ok(name: &'static str, found: impl Into<String>) -> Self {
        Self::new(Verdict::Ok, name, found, None)
    }

    pub(super) fn optional(name: &'static str, found: impl Into<String>) -> Self {
        Self {
            verdict: Verdict::Optional,
            ..Self::ok(name, found)
        }
    }

    pub(super) fn warning(
        name: &'static str,
        found: impl Into<String>,
        advice: impl Into<String>,
    ) -> Self {
        Self::new(Verdict::Warning, name, found, Some(advice.into()))
    }

    pub(super) fn problem(
        name: &'static str,
        found: impl Into<String>,
        advice: impl Into<String>,
    ) -> Self {
        Self::new(Verdict::Problem, name, found, Some(advice.into()))
    }

    fn new(
        verdict: Verdict,
        name: &'static str,
        found: impl Into<String>,
        advice: Option<String>,
    ) -> Self {
        Self {
            name,
            verdict,
            found: found.into(),
            advice,
        }
    }
}
