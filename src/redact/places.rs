//! Removal of the project's path and home folders from recordings.
use super::redactor::Redactor;
use serde_json::Value;

/// Folders that hold home folders, without the slash before them.
const HOMES: [&str; 2] = ["home", "Users"];

/// Removes secrets and machine-specific paths from text that others will read.
#[derive(Clone, Debug)]
pub struct Places {
    redactor: Redactor,
    /// Paths and their replacements, the longest first.
    paths: Vec<(String, &'static str)>,
}

impl Places {
    /// `home` is the user's own folder.
    pub fn new(redactor: Redactor, project: &str, home: Option<&str>) -> Self {
        let mut paths = vec![(project.to_owned(), ".")];
        let home = home.filter(|home| 1 < home.len());
        paths.extend(home.map(|home| (home.to_owned(), "~")));
        paths.sort_by_key(|(path, _)| std::cmp::Reverse(path.len()));
        Self { redactor, paths }
    }

    /// Returns the text without secrets and paths of this machine.
    pub fn hide(&self, text: &str) -> String {
        let text = self.redactor.hide(text);
        let text = self
            .paths
            .iter()
            .fold(text, |text, (path, instead)| text.replace(path, instead));
        homes(&text)
    }

    /// Removes both from every string in a value.
    pub fn hide_in(&self, value: Value) -> Value {
        match value {
            Value::String(text) => self.hide(&text).into(),
            Value::Array(items) => items.into_iter().map(|item| self.hide_in(item)).collect(),
            Value::Object(fields) => fields
                .into_iter()
                .map(|(key, value)| (self.hide(&key), self.hide_in(value)))
                .collect(),
            Value::Null | Value::Bool(_) | Value::Number(_) => value,
        }
    }
}

/// Hides the user's name in paths of a home folder.
fn homes(text: &str) -> String {
    let mut text = text.to_owned();
    for folder in HOMES.map(|home| format!("/{home}/")) {
        let mut kept = String::new();
        let mut rest = text.as_str();
        while let Some((before, after)) = rest.split_once(&folder) {
            let whose = after
                .find(|c: char| !(c.is_alphanumeric() || "._-".contains(c)))
                .unwrap_or(after.len());
            let inside =
                before.ends_with(|c: char| c.is_alphanumeric() || "._-~".contains(c)) || whose == 0;
            kept += before;
            kept += if inside { &folder } else { "~" };
            rest = if inside { after } else { &after[whose..] };
        }
        text = kept + rest;
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeMap;

    #[test]
    fn secrets_and_folders_are_hidden_and_everything_else_stays() {
        let env: BTreeMap<String, String> = [
            ("MY_API_KEY", "hunter2-hunter2"),
            ("SHORT_TOKEN", "1"),
            ("EDITOR", "vi-improved"),
        ]
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .into();
        let places = Places::new(
            Redactor::of_env(&env, []),
            "/top/ann/shop",
            Some("/top/ann"),
        );
        let user = ["/ho", "me/bob/x"].concat();
        for (text, kept) in [
            ("the key is hunter2-hunter2.", "the key is [secret]."),
            ("1 vi-improved", "1 vi-improved"),
            (
                "see /top/ann/shop/a.rs and /top/ann/.bashrc",
                "see ./a.rs and ~/.bashrc",
            ),
            ("x=sk-ant-abcdefghijklmnop;", "x=[secret];"),
            (
                "sk-1 is short, task-abcdefghijklmnop is a word",
                "sk-1 is short, task-abcdefghijklmnop is a word",
            ),
            (
                "Authorization: Bearer abc.def then more",
                "Authorization: Bearer [secret] then more",
            ),
            ("DB_PASSWORD=swordfish next", "DB_PASSWORD=[secret] next"),
            ("DB_PASSWORD=\"swordfish\"", "DB_PASSWORD=\"[secret]\""),
            ("max_tokens=100, KEY: none", "max_tokens=100, KEY: none"),
            ("é ghp_abcdefghijklmnop é", "é [secret] é"),
            (user.as_str(), "~/x"),
        ] {
            assert_eq!(places.hide(text), kept);
        }
    }
}
