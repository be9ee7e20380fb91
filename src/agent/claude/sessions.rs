//! Where Claude Code writes the transcripts of its sessions.
use crate::model::Env;
use camino::{Utf8Path, Utf8PathBuf};

/// Returns the folders that may hold the transcripts of sessions in a working folder. Versions replace different
/// characters of its path.
pub(super) fn transcripts(env: &Env, cwd: &Utf8Path) -> Vec<Utf8PathBuf> {
    let set = |name: &str| env.get(name).filter(|value| !value.is_empty());
    let config = set("CLAUDE_CONFIG_DIR").map(Utf8PathBuf::from);
    let Some(config) = config.or_else(|| Some(Utf8PathBuf::from(set("HOME")?).join(".claude")))
    else {
        return Vec::new();
    };
    let replaced = |is_kept: fn(char) -> bool| -> String {
        let letters = cwd.as_str().chars();
        letters
            .map(|letter| if is_kept(letter) { letter } else { '-' })
            .collect()
    };
    let mut names = vec![
        replaced(|letter| !matches!(letter, '/' | '.')),
        replaced(|letter| letter.is_ascii_alphanumeric()),
    ];
    names.dedup();
    names
        .iter()
        .map(|name| config.join("projects").join(name))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_working_folder_has_its_transcripts_below_the_configuration() {
        let env = |vars: &[(&str, &str)]| -> Env {
            let vars = vars.iter();
            vars.map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
                .collect()
        };
        let found = |vars| transcripts(&env(vars), Utf8Path::new("/u/ann/web.app"));
        assert_eq!(
            found(&[("HOME", "/u/ann")]),
            ["/u/ann/.claude/projects/-u-ann-web-app"]
        );
        assert_eq!(
            found(&[("HOME", "/u/ann"), ("CLAUDE_CONFIG_DIR", "/c")]),
            ["/c/projects/-u-ann-web-app"]
        );
        assert!(found(&[]).is_empty());
        let both = transcripts(&env(&[("HOME", "/h")]), Utf8Path::new("/a b/c"));
        assert_eq!(
            both,
            ["/h/.claude/projects/-a b-c", "/h/.claude/projects/-a-b-c"]
        );
    }
}
