//! How the value of an override is merged, written to a plan and read back.
use camino::Utf8PathBuf;
use std::collections::BTreeMap;
use std::str::FromStr;

pub(super) trait OverrideValue {
    /// Returns this value, or the weaker one where it is not set.
    fn or_weaker(self, weaker: Self) -> Self;
    /// Returns the entries of the value: none where it is not set, several where it has several parts.
    fn entries(&self, name: &str) -> Vec<(String, String)>;
    /// Reads one entry; `key` is what follows the name. An invalid value is ignored: a later version wrote it.
    fn read_entry(&mut self, key: &str, value: &str);
}

impl<T: FromStr + ToString> OverrideValue for Option<T> {
    fn or_weaker(self, weaker: Self) -> Self {
        self.or(weaker)
    }

    fn entries(&self, name: &str) -> Vec<(String, String)> {
        let entry = |value: &T| (name.to_owned(), value.to_string());
        self.iter().map(entry).collect()
    }

    fn read_entry(&mut self, _key: &str, value: &str) {
        *self = value.parse().ok();
    }
}

impl OverrideValue for Vec<Utf8PathBuf> {
    fn or_weaker(self, weaker: Self) -> Self {
        if self.is_empty() { weaker } else { self }
    }

    fn entries(&self, name: &str) -> Vec<(String, String)> {
        let entry = |path: &Utf8PathBuf| (name.to_owned(), path.to_string());
        self.iter().map(entry).collect()
    }

    fn read_entry(&mut self, _key: &str, value: &str) {
        self.push(value.into());
    }
}

impl OverrideValue for BTreeMap<String, String> {
    fn or_weaker(self, mut weaker: Self) -> Self {
        weaker.extend(self);
        weaker
    }

    fn entries(&self, name: &str) -> Vec<(String, String)> {
        let entry = |(key, value): (&String, &String)| (format!("{name}.{key}"), value.clone());
        self.iter().map(entry).collect()
    }

    fn read_entry(&mut self, key: &str, value: &str) {
        self.insert(key.to_owned(), value.to_owned());
    }
}
