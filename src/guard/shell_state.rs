//! What a shell knows while it runs a script.
use super::shell::Node;
use camino::Utf8PathBuf;
use std::collections::{BTreeMap, BTreeSet};

/// More values of a variable are as good as unknown ones.
const MAX_VALUES: usize = 16;

#[derive(Clone, Debug)]
pub(super) struct ShellState {
    /// Every value a variable may have, each of several words.
    pub variables: BTreeMap<String, Vec<Vec<String>>>,
    /// Those of the shell that started this one: an assignment replaces them.
    pub inherited: BTreeSet<String>,
    /// The values that count for the command at hand.
    pub chosen: BTreeMap<String, Vec<String>>,
    pub cwd: Utf8PathBuf,
    /// `$1` and so on, if they are known.
    pub positional: Option<Vec<String>>,
    pub functions: BTreeMap<String, Vec<Node>>,
    /// Links that the script itself makes, and where they lead.
    pub links: BTreeMap<Utf8PathBuf, Utf8PathBuf>,
    pub branch: Option<String>,
}

impl ShellState {
    pub(super) fn new(cwd: Utf8PathBuf, branch: Option<&str>) -> Self {
        Self {
            variables: BTreeMap::new(),
            inherited: BTreeSet::new(),
            chosen: BTreeMap::new(),
            cwd,
            positional: None,
            functions: BTreeMap::new(),
            links: BTreeMap::new(),
            branch: branch.map(str::to_owned),
        }
    }

    /// Returns the state of a shell that this one starts.
    pub(super) fn child(&self) -> Self {
        let mut child = self.clone();
        child.inherited = self.variables.keys().cloned().collect();
        child
    }

    pub(super) fn assign(&mut self, name: &str, value: Vec<String>) {
        if self.inherited.remove(name) {
            self.variables.remove(name);
        }
        let values = self.variables.entry(name.to_owned()).or_default();
        if values.len() < MAX_VALUES && !values.contains(&value) {
            values.push(value);
        }
    }

    /// Forgets what is known of a variable.
    pub(super) fn assign_unknown(&mut self, name: &str) {
        self.assign(name, vec![super::field::UNKNOWN_WORDS.to_string()]);
    }

    pub(super) fn value(&self, name: &str) -> Option<&Vec<String>> {
        self.chosen
            .get(name)
            .or_else(|| self.variables.get(name)?.first())
    }
}
