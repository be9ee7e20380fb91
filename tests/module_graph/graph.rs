//! The graph of files and of rooms, its cycles, and how it is drawn.
use super::tree::{Crate, Name};
use super::{names, paths};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

/// Which file or room uses which; none uses itself.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Graph {
    pub(crate) edges: BTreeMap<String, BTreeSet<String>>,
}

impl Graph {
    /// Draws an edge between two files where a path in one leads to, or through, the other.
    pub(crate) fn of_files(krate: &Crate) -> Self {
        let mut graph = Self::default();
        for (path, module) in krate {
            graph.edges.entry(module.file.to_string()).or_default();
            let imported = module.names.values().filter_map(|name| match name {
                Name::Use(path) => Some(path.clone()),
                Name::Item | Name::Module => None,
            });
            for named in imported.chain(paths::named(&module.items)) {
                for file in names::files(krate, path, &named) {
                    graph.add(module.file.as_str(), file.as_str());
                }
            }
            for glob in &module.globs {
                if let Some(file) = names::module_file(krate, path, glob) {
                    graph.add(module.file.as_str(), file.as_str());
                }
            }
        }
        graph
    }

    fn add(&mut self, from: &str, to: &str) {
        let uses = self.edges.entry(from.to_owned()).or_default();
        if from != to {
            uses.insert(to.to_owned());
        }
    }

    /// The same between the modules at the top of the crate; roots of crates are none.
    pub(crate) fn rooms(&self) -> Self {
        let mut graph = Self::default();
        for (from, uses) in &self.edges {
            for to in uses.iter().chain([from]) {
                if let (Some(from), Some(to)) = (room(from), room(to)) {
                    graph.add(from, to);
                }
            }
        }
        graph
    }

    /// The files of one room among themselves.
    pub(crate) fn room(&self, name: &str) -> Self {
        let within = |file: &String| room(file) == Some(name);
        let edges = self.edges.iter().filter(|(file, _)| within(file));
        let inner =
            |uses: &BTreeSet<String>| uses.iter().filter(|file| within(file)).cloned().collect();
        Self {
            edges: edges
                .map(|(file, uses)| (file.clone(), inner(uses)))
                .collect(),
        }
    }

    /// The groups of two or more that use each other in a circle, each sorted.
    pub(crate) fn cycles(&self) -> Vec<Vec<String>> {
        let reach: BTreeMap<&str, BTreeSet<&str>> = self
            .edges
            .keys()
            .map(|from| (from.as_str(), self.reachable(from)))
            .collect();
        let mutual = |a: &str, b: &str| {
            reach[a].contains(b) && reach.get(b).is_some_and(|uses| uses.contains(a))
        };
        let mut cycles: Vec<Vec<String>> = Vec::new();
        for from in self.edges.keys() {
            if cycles.iter().any(|cycle| cycle.contains(from)) {
                continue;
            }
            let group: Vec<String> = self
                .edges
                .keys()
                .filter(|to| mutual(from, to))
                .cloned()
                .collect();
            if 1 < group.len() {
                cycles.push(group);
            }
        }
        cycles
    }

    fn reachable(&self, from: &str) -> BTreeSet<&str> {
        let mut found = BTreeSet::new();
        let mut open: Vec<&str> = vec![from];
        while let Some(next) = open.pop() {
            for to in self.edges.get(next).into_iter().flatten() {
                if found.insert(to.as_str()) {
                    open.push(to);
                }
            }
        }
        found
    }

    /// One line for each: `engine: model, plan, termination`.
    pub(crate) fn text(&self) -> String {
        let mut text = String::new();
        for (from, uses) in &self.edges {
            let uses: Vec<&str> = uses.iter().map(String::as_str).collect();
            let _ = writeln!(text, "{from}: {}", uses.join(", "));
        }
        for cycle in self.cycles() {
            let _ = writeln!(text, "cycle: {}", cycle.join(" ~ "));
        }
        text
    }

    /// A graph for Graphviz.
    pub(crate) fn dot(&self) -> String {
        let mut text = "digraph modules {\n  rankdir = BT;\n  node [shape = box];\n".to_owned();
        for (from, uses) in &self.edges {
            let _ = writeln!(text, "  \"{from}\";");
            for to in uses {
                let _ = writeln!(text, "  \"{from}\" -> \"{to}\";");
            }
        }
        text + "}\n"
    }
}

/// The module at the top of the crate that a file belongs to.
fn room(file: &str) -> Option<&str> {
    let top = file.split('/').next()?.trim_end_matches(".rs");
    (top != "lib" && !top.starts_with("lib_") && top != "main").then_some(top)
}
