//! The values of options whose choices are known.
use crate::model::PermissionMode;
use crate::plan::ClaimBy;
use clap::ValueEnum;
use clap::builder::PossibleValue;

impl ValueEnum for PermissionMode {
    fn value_variants<'a>() -> &'a [Self] {
        &[
            Self::BypassPermissions,
            Self::AcceptEdits,
            Self::Ask,
            Self::DontAsk,
            Self::Default,
            Self::Plan,
            Self::Auto,
        ]
    }

    fn to_possible_value(&self) -> Option<PossibleValue> {
        Some(PossibleValue::new(self.name()))
    }

    /// Reads every spelling that definitions may use: `accept-edits`.
    fn from_str(word: &str, _: bool) -> Result<Self, String> {
        word.parse()
            .map_err(|()| format!("unknown permission mode `{word}`"))
    }
}

impl ValueEnum for ClaimBy {
    fn value_variants<'a>() -> &'a [Self] {
        &[Self::Agent, Self::Engine]
    }

    fn to_possible_value(&self) -> Option<PossibleValue> {
        Some(PossibleValue::new(self.name()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_choice_is_read_by_the_name_that_definitions_use() {
        for mode in PermissionMode::value_variants() {
            assert_eq!(mode.name().parse(), Ok(*mode));
        }
        for claim in ClaimBy::value_variants() {
            let read: ClaimBy = serde_json::from_value(claim.name().into()).unwrap();
            assert_eq!(read, *claim);
        }
    }

    #[test]
    fn other_spellings_of_a_permission_mode_are_read() {
        let read = <PermissionMode as ValueEnum>::from_str("accept-edits", false);
        assert_eq!(read, Ok(PermissionMode::AcceptEdits));
        assert!(<PermissionMode as ValueEnum>::from_str("acceptEdit", false).is_err());
    }
}
