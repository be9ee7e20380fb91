//! Finds the files a path leads to: the one that defines its item, and those that re-export it.
use super::tree::{Crate, Module, ModulePath, Name};
use camino::Utf8Path;
use std::collections::BTreeSet;

/// Longer chains of re-exports are circles.
const DEEPEST: usize = 16;

/// Returns the files a path named in `from` leads through: re-exports on the way, then the definition.
pub(crate) fn files<'a>(
    krate: &'a Crate,
    from: &ModulePath,
    path: &[String],
) -> BTreeSet<&'a Utf8Path> {
    let mut walk = Walk {
        krate,
        found: BTreeSet::new(),
        depth: 0,
    };
    walk.follow(from, path);
    walk.found
}

struct Walk<'a> {
    krate: &'a Crate,
    found: BTreeSet<&'a Utf8Path>,
    depth: usize,
}

impl<'a> Walk<'a> {
    fn follow(&mut self, from: &ModulePath, path: &[String]) {
        if let Some((module, rest)) = start(self.krate, from, path) {
            self.descend(module, rest);
        }
    }

    fn descend(&mut self, mut path: ModulePath, rest: &[String]) {
        for (index, name) in rest.iter().enumerate() {
            let Some(module) = self.krate.get(&path) else {
                return;
            };
            if index + 1 == rest.len() && module.values.contains(name) {
                self.found.insert(&module.file);
                return;
            }
            match module.names.get(name) {
                Some(Name::Module) => path.push(name.clone()),
                Some(Name::Item) => {
                    self.found.insert(&module.file);
                    return;
                }
                Some(Name::Use(target)) => {
                    let target = [target, &rest[index + 1..]].concat();
                    return self.through(&path, module, &target);
                }
                None => {
                    for glob in &module.globs {
                        let target = [glob.as_slice(), &rest[index..]].concat();
                        self.through(&path, module, &target);
                    }
                    return;
                }
            }
        }
    }

    /// Follows a re-export, which is a use of the module that has it.
    fn through(&mut self, path: &ModulePath, module: &'a Module, target: &[String]) {
        if self.depth == DEEPEST {
            return;
        }
        let before = self.found.len();
        self.depth += 1;
        self.follow(path, target);
        self.depth -= 1;
        // A path that leaves the crate leads to no file.
        if before < self.found.len() {
            self.found.insert(&module.file);
        }
    }
}

/// Resolves the beginning of a path: `crate`, `self`, `super`, or a name of the module.
fn start<'p>(
    krate: &Crate,
    from: &ModulePath,
    path: &'p [String],
) -> Option<(ModulePath, &'p [String])> {
    let mut module = from.clone();
    let mut rest = path;
    match path.first()?.as_str() {
        "crate" => {
            module.clear();
            rest = &path[1..];
        }
        "self" => rest = &path[1..],
        "super" => {}
        first => {
            let from = krate.get(from)?;
            let is_known = from.names.contains_key(first) || from.values.contains(first);
            is_known.then_some(())?;
        }
    }
    while rest.first().is_some_and(|word| word == "super") {
        module.pop()?;
        rest = &rest[1..];
    }
    Some((module, rest))
}

/// Returns the file of the module a glob import names.
pub(crate) fn module_file<'a>(
    krate: &'a Crate,
    from: &ModulePath,
    glob: &[String],
) -> Option<&'a Utf8Path> {
    let (path, rest) = start(krate, from, glob)?;
    let path: ModulePath = path.into_iter().chain(rest.iter().cloned()).collect();
    krate.get(&path).map(|module| module.file.as_path())
}
