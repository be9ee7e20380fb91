//! An environment, which may hold keys: its values are never printed.
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, btree_map};
use std::fmt;
use std::ops::{Deref, DerefMut};

/// Names and values of a process's environment.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Env(BTreeMap<String, String>);

impl fmt::Debug for Env {
    /// Names only: a value that is a key must not reach a log by way of `{:?}`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.0.keys()).finish()
    }
}

impl Deref for Env {
    type Target = BTreeMap<String, String>;
    fn deref(&self) -> &Self::Target {
        &self.0
    }
}

impl DerefMut for Env {
    fn deref_mut(&mut self) -> &mut Self::Target {
        &mut self.0
    }
}

impl FromIterator<(String, String)> for Env {
    fn from_iter<I: IntoIterator<Item = (String, String)>>(entries: I) -> Self {
        Self(entries.into_iter().collect())
    }
}

impl<'a> IntoIterator for &'a Env {
    type Item = (&'a String, &'a String);
    type IntoIter = btree_map::Iter<'a, String, String>;
    fn into_iter(self) -> Self::IntoIter {
        self.0.iter()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_never_printed() {
        let env: Env = [("KEY".to_owned(), "secret".to_owned())]
            .into_iter()
            .collect();
        assert_eq!(format!("{env:?}"), r#"{"KEY"}"#);
    }
}
