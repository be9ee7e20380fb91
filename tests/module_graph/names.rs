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
    let mut found = BTreeSet::new();
    follow(
        krate,
        from,
        path,
        Seen {
            files: &mut found,
            depth: 0,
        },
    );
    found
}

struct Seen<'s, 'a> {
    files: &'s mut BTreeSet<&'a Utf8Path>,
    depth: usize,
}

fn follow<'a>(krate: &'a Crate, from: &ModulePath, path: &[String], seen: Seen<'_, 'a>) {
    let Some((module, rest)) = start(krate, from, path) else {
        return;
    };
    descend(krate, module, rest, seen);
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
            krate.get(from)?.names.get(first)?;
        }
    }
    while rest.first().is_some_and(|word| word == "super") {
        module.pop()?;
        rest = &rest[1..];
    }
    Some((module, rest))
}

fn descend<'a>(krate: &'a Crate, mut path: ModulePath, rest: &[String], seen: Seen<'_, 'a>) {
    for (index, name) in rest.iter().enumerate() {
        let Some(module) = krate.get(&path) else {
            return;
        };
        if index + 1 == rest.len() && module.values.contains(name) {
            seen.files.insert(&module.file);
            return;
        }
        match module.names.get(name) {
            Some(Name::Module) => path.push(name.clone()),
            Some(Name::Item) => {
                seen.files.insert(&module.file);
                return;
            }
            Some(Name::Use(target)) => {
                return through(
                    krate,
                    &path,
                    module,
                    [target, &rest[index + 1..]].concat(),
                    seen,
                );
            }
            None => return from_globs(krate, &path, module, &rest[index..], seen),
        }
    }
}

/// Follows a re-export, which is a use of the module that has it.
fn through<'a>(
    krate: &'a Crate,
    path: &ModulePath,
    module: &'a Module,
    target: Vec<String>,
    seen: Seen<'_, 'a>,
) {
    if seen.depth == DEEPEST {
        return;
    }
    let before = seen.files.len();
    follow(
        krate,
        path,
        &target,
        Seen {
            files: &mut *seen.files,
            depth: seen.depth + 1,
        },
    );
    // What leads out of the crate is nobody's file.
    if before < seen.files.len() {
        seen.files.insert(&module.file);
    }
}

fn from_globs<'a>(
    krate: &'a Crate,
    path: &ModulePath,
    module: &'a Module,
    rest: &[String],
    seen: Seen<'_, 'a>,
) {
    for glob in &module.globs {
        let target = [glob.as_slice(), rest].concat();
        through(
            krate,
            path,
            module,
            target,
            Seen {
                files: &mut *seen.files,
                depth: seen.depth,
            },
        );
    }
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
