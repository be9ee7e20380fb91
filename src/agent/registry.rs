//! All built-in providers. A new provider is its own file and one line in [`ADAPTERS`].
use super::adapter::Adapter;
use super::amp::Amp;
use super::claude::Claude;
use super::codex::Codex;
use super::command::Command;
use super::copilot::Copilot;
use super::gemini::Gemini;
use super::opencode::Opencode;
use super::scripted::Scripted;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use std::fmt;

/// All built-in adapters, in the order in which they are listed; the first is the default.
const ADAPTERS: &[&dyn Adapter] = &[
    &Claude, &Codex, &Gemini, &Opencode, &Amp, &Copilot, &Command, &Scripted,
];

/// A provider that is built in. Plans hold its name.
#[derive(Clone, Copy)]
pub struct Provider(&'static dyn Adapter);

impl Provider {
    /// Any program: the prompt on stdin, the answer on stdout. Custom providers are of this kind.
    pub const COMMAND: Self = Self(&Command);
    /// The agent that follows a script, for demos and tests.
    pub const SCRIPTED: Self = Self(&Scripted);

    /// Returns all providers, in the order in which they are listed.
    pub fn all() -> impl Iterator<Item = Self> {
        ADAPTERS.iter().copied().map(Self)
    }

    /// Returns the names of all providers.
    pub fn names() -> Vec<&'static str> {
        Self::all().map(Self::name).collect()
    }

    /// Returns the provider of this name or alias.
    pub fn named(name: &str) -> Option<Self> {
        Self::all().find(|provider| provider.name() == name || provider.0.aliases().contains(&name))
    }

    /// Returns the name in definitions and plans.
    pub fn name(self) -> &'static str {
        self.0.name()
    }

    /// Returns everything that differs between providers.
    pub fn adapter(self) -> &'static dyn Adapter {
        self.0
    }
}

impl Default for Provider {
    fn default() -> Self {
        Self(&Claude)
    }
}

impl PartialEq for Provider {
    fn eq(&self, other: &Self) -> bool {
        self.name() == other.name()
    }
}

impl Eq for Provider {}

impl fmt::Debug for Provider {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl Serialize for Provider {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.name())
    }
}

impl<'de> Deserialize<'de> for Provider {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let name = String::deserialize(deserializer)?;
        Self::named(&name)
            .ok_or_else(|| de::Error::custom(format!("there is no provider `{name}`")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::PermissionMode;

    #[test]
    fn every_provider_is_found_by_its_name_and_aliases() {
        for provider in Provider::all() {
            let names = provider.0.aliases().iter().copied();
            for name in names.chain([provider.name()]) {
                assert_eq!(Provider::named(name), Some(provider));
            }
        }
        let found = ["openai", "anthropic", "gpt"].map(Provider::named);
        assert_eq!(
            found.map(|found| found.map(Provider::name)),
            [Some("codex"), Some("claude"), None]
        );
    }

    #[test]
    fn plans_hold_the_name_of_a_provider() {
        let text = serde_json::to_string(&Provider::SCRIPTED).unwrap();
        assert_eq!(text, r#""scripted""#);
        let read: Provider = serde_json::from_str(&text).unwrap();
        assert_eq!(read, Provider::SCRIPTED);
        assert!(serde_json::from_str::<Provider>(r#""gpt""#).is_err());
    }

    #[test]
    fn no_provider_refuses_the_default_permissions() {
        assert!(
            Provider::all().all(|provider| provider.0.refuses(PermissionMode::default()).is_none())
        );
    }
}
