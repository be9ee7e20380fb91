//! Where a text is that may be a secret: in the file itself, or elsewhere.
use super::definition::{SecretRefDef, SourceDef};
use super::diagnostics::{LintCode, Location};
use crate::plan::SecretRef;

/// Returns where a text is; nothing if it names no place, or several.
pub(super) fn read(at: &Location<'_>, key: &str, def: &SecretRefDef) -> Option<SecretRef> {
    let SourceDef {
        secret,
        env,
        file,
        command,
    } = match def {
        SecretRefDef::Plain(text) => return Some(SecretRef::Plain(text.clone())),
        SecretRefDef::Elsewhere(source) => source.clone(),
    };
    let mut named = [
        secret.map(SecretRef::Secret),
        env.map(SecretRef::Env),
        file.map(SecretRef::File),
        command
            .filter(|argv| !argv.is_empty())
            .map(SecretRef::Command),
    ]
    .into_iter()
    .flatten();
    match (named.next(), named.next()) {
        (Some(only), None) => Some(only),
        _ => {
            let message = format!("`{key}` must name one of `secret`, `env`, `file` and `command`");
            at.report(at.at(key, LintCode::BadValue, message));
            None
        }
    }
}
