//! The values of options whose choices are known.
use crate::model::PermissionMode;
use crate::plan::ClaimBy;
use clap::ValueEnum;
use clap::builder::PossibleValue;

/// What agents may do without asking, as the value of an option.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct PermissionChoice(pub(super) PermissionMode);

impl ValueEnum for PermissionChoice {
    fn value_variants<'a>() -> &'a [Self] {
        &[
            Self(PermissionMode::BypassPermissions),
            Self(PermissionMode::AcceptEdits),
            Self(PermissionMode::Ask),
            Self(PermissionMode::DontAsk),
            Self(PermissionMode::Default),
            Self(PermissionMode::Plan),
            Self(PermissionMode::Auto),
        ]
    }

    fn to_possible_value(&self) -> Option<PossibleValue> {
        Some(PossibleValue::new(self.0.name()))
    }

    /// Reads every spelling that definitions may use: `accept-edits`.
    fn from_str(word: &str, _: bool) -> Result<Self, String> {
        word.parse()
            .map(Self)
            .map_err(|()| format!("unknown permission mode `{word}`"))
    }
}

/// What claims a task, as the value of an option.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct ClaimChoice(pub(super) ClaimBy);

impl ValueEnum for ClaimChoice {
    fn value_variants<'a>() -> &'a [Self] {
        &[Self(ClaimBy::Agent), Self(ClaimBy::Engine)]
    }

    fn to_possible_value(&self) -> Option<PossibleValue> {
        Some(PossibleValue::new(self.0.name()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_choice_is_read_by_the_name_that_definitions_use() {
        for PermissionChoice(mode) in PermissionChoice::value_variants() {
            assert_eq!(mode.name().parse(), Ok(*mode));
        }
        for ClaimChoice(claim) in ClaimChoice::value_variants() {
            let read: ClaimBy = serde_json::from_value(claim.name().into()).unwrap();
            assert_eq!(read, *claim);
        }
    }

    #[test]
    fn other_spellings_of_a_permission_mode_are_read() {
        let read = PermissionChoice::from_str("accept-edits", false);
        assert_eq!(read, Ok(PermissionChoice(PermissionMode::AcceptEdits)));
        assert!(PermissionChoice::from_str("acceptEdit", false).is_err());
    }
}
