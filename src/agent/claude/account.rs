//! Which account Claude Code uses, by the names of variables only: no login is read and no program started.
use crate::model::{Account, Env};

/// Switches to a cloud provider, which has no windows.
const CLOUDS: [&str; 3] = [
    "CLAUDE_CODE_USE_BEDROCK",
    "CLAUDE_CODE_USE_VERTEX",
    "CLAUDE_CODE_USE_FOUNDRY",
];
/// Variables with credentials, in their order of precedence, and how `claude auth status` names them.
const METHODS: [(&str, &str); 3] = [
    ("ANTHROPIC_AUTH_TOKEN", "auth_token"),
    ("ANTHROPIC_API_KEY", "api_key"),
    ("CLAUDE_CODE_OAUTH_TOKEN", "oauth_token"),
];
/// A login with `/login`.
const LOGIN: &str = "claude.ai";
/// Moves the login and the settings.
const FOLDER: &str = "CLAUDE_CONFIG_DIR";
/// Sends requests to another address.
const ADDRESS: &str = "ANTHROPIC_BASE_URL";

/// Returns the account that Claude Code uses in this environment.
pub(super) fn account(env: &Env) -> Account {
    let set = |name: &str| env.get(name).filter(|value| !value.is_empty());
    let home = || Some(format!("{}/.claude", set("HOME")?));
    let folder = set(FOLDER).cloned().or_else(home).unwrap_or_default();
    let is_on = |name: &&str| set(name).is_some_and(|value| value != "0" && value != "false");
    let cloud = CLOUDS.into_iter().find(is_on);
    let method = match cloud {
        Some(_) => "third_party",
        None => METHODS
            .into_iter()
            .find_map(|(name, method)| set(name).map(|_| method))
            .unwrap_or(LOGIN),
    };
    let no_asking = match (cloud, method) {
        (Some(name), _) => Some(format!("{name} is set")),
        (None, LOGIN) => set(ADDRESS).map(|_| format!("{ADDRESS} is set")),
        (None, method) => Some(format!("it signs in by {method}, not by /login")),
    };
    Account {
        provider: "claude".to_owned(),
        folder: folder.trim_end_matches('/').to_owned(),
        method: method.to_owned(),
        has_windows: matches!(method, LOGIN | "oauth_token"),
        no_asking,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(vars: &[(&str, &str)]) -> Account {
        let vars = vars.iter().chain(&[("HOME", "/h")]);
        account(
            &vars
                .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
                .collect(),
        )
    }

    #[test]
    fn a_login_and_a_token_have_windows_and_keys_and_clouds_have_none() {
        let login = of(&[]);
        assert_eq!(
            (login.folder.as_str(), login.method.as_str()),
            ("/h/.claude", "claude.ai")
        );
        assert!(login.has_windows && login.no_asking.is_none());
        let token = of(&[
            ("CLAUDE_CODE_OAUTH_TOKEN", "t"),
            ("CLAUDE_CONFIG_DIR", "/c/"),
        ]);
        assert!(token.has_windows && token.no_asking.is_some());
        assert_eq!(token.folder, "/c");
        for name in [
            "ANTHROPIC_API_KEY",
            "ANTHROPIC_AUTH_TOKEN",
            "CLAUDE_CODE_USE_VERTEX",
        ] {
            let account = of(&[(name, "1"), ("CLAUDE_CODE_OAUTH_TOKEN", "t")]);
            assert!(!account.has_windows, "{name}");
        }
        assert!(of(&[("CLAUDE_CODE_USE_VERTEX", "0")]).has_windows);
    }

    #[test]
    fn another_address_is_not_asked() {
        let account = of(&[("ANTHROPIC_BASE_URL", "http://127.0.0.1:1")]);
        assert_eq!(
            account.no_asking.as_deref(),
            Some("ANTHROPIC_BASE_URL is set")
        );
        assert!(account.has_windows);
    }

    #[test]
    fn no_credential_is_part_of_an_account() {
        let account = of(&[("CLAUDE_CODE_OAUTH_TOKEN", "s3cret")]);
        assert!(!format!("{account:?} {}", account.key()).contains("s3cret"));
    }
}
