//! The account whose quota an agent uses.
use crate::fingerprint;
use serde::{Deserialize, Serialize};
use std::fmt;

/// The account whose quota an agent uses, as far as it shows without reading any credentials.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Account {
    pub provider: String,
    /// Where the program keeps its login.
    pub folder: String,
    /// How it signs in, in the words of `claude auth status`: `claude.ai`, `oauth_token`, `api_key`, ….
    pub method: String,
    /// Whether it has windows: a subscription has, an API key has none.
    #[serde(skip)]
    pub has_windows: bool,
    /// Why its program cannot be asked, if that is so.
    #[serde(skip)]
    pub no_asking: Option<String>,
}

/// Names an account in files, without saying whose it is.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
#[serde(transparent)]
pub struct AccountKey(String);

/// Characters of a key: enough for the accounts of one user.
const KEY_LENGTH: usize = 12;

impl Account {
    /// Returns the key: a fingerprint of provider, folder and method.
    pub fn key(&self) -> AccountKey {
        let text = format!("{}\n{}\n{}", self.provider, self.folder, self.method);
        let mut hash = fingerprint::fingerprint(text);
        hash.truncate(KEY_LENGTH);
        AccountKey(hash)
    }
}

impl fmt::Display for AccountKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_account_is_another_one_by_provider_folder_and_method() {
        let key = |provider: &str, folder: &str, method: &str| {
            let account = Account {
                provider: provider.to_owned(),
                folder: folder.to_owned(),
                method: method.to_owned(),
                has_windows: true,
                no_asking: None,
            };
            account.key()
        };
        let first = key("claude", "/h/.claude", "claude.ai");
        assert_eq!(first, key("claude", "/h/.claude", "claude.ai"));
        assert_ne!(first, key("codex", "/h/.claude", "claude.ai"));
        assert_ne!(first, key("claude", "/h/.other", "claude.ai"));
        assert_ne!(first, key("claude", "/h/.claude", "api_key"));
        assert_eq!(first.to_string().len(), KEY_LENGTH);
    }
}
