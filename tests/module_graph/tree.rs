//! Reads a crate: each file with its module path, its syntax and the names it defines.
use camino::{Utf8Path, Utf8PathBuf};
use std::collections::BTreeSet;
use std::collections::btree_map::{BTreeMap, Entry};
use syn::{Attribute, File, Item, UseTree};

/// A module path below the crate, without `crate`.
pub(crate) type ModulePath = Vec<String>;

/// What a name of a module stands for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Name {
    /// An item defined here.
    Item,
    /// A module declared here.
    Module,
    /// Imported or re-exported: the path as written, from this module.
    Use(Vec<String>),
}

/// One module: a file, or an inline `mod` in one.
pub(crate) struct Module {
    pub(crate) file: Utf8PathBuf,
    pub(crate) names: BTreeMap<String, Name>,
    /// Functions, constants and statics: they may share their name with a module or a type.
    pub(crate) values: BTreeSet<String>,
    /// `use path::*`.
    pub(crate) globs: Vec<Vec<String>>,
    pub(crate) items: Vec<Item>,
}

/// All modules that are compiled without `cfg(test)`.
pub(crate) type Crate = BTreeMap<ModulePath, Module>;

/// Reads the crates whose root files are in a folder, `lib.rs` and `lib_*.rs`, as one: each re-exports the modules of those
/// below it, so that a path means the same in all of them.
pub(crate) fn read(folder: &Utf8Path) -> Crate {
    let mut modules = Crate::new();
    let files = folder.read_dir_utf8().expect("a folder of sources");
    for file in files.map(|entry| entry.expect("an entry")) {
        if is_root(file.file_name()) {
            add_file(&mut modules, folder, file.path(), folder, Vec::new());
        }
    }
    modules
}

/// Whether a file is the root of a library.
fn is_root(file: &str) -> bool {
    file == "lib.rs" || file.starts_with("lib_") && file.ends_with(".rs")
}

fn add_file(
    modules: &mut Crate,
    source: &Utf8Path,
    file: &Utf8Path,
    children: &Utf8Path,
    path: ModulePath,
) {
    let text = fs_err::read_to_string(file).expect("a source file");
    let File { items, .. } = syn::parse_file(&text).expect("a source file parses");
    let shown = file.strip_prefix(source).unwrap_or(file).to_owned();
    add_module(modules, source, &shown, children, path, items);
}

fn add_module(
    modules: &mut Crate,
    source: &Utf8Path,
    file: &Utf8Path,
    children: &Utf8Path,
    path: ModulePath,
    items: Vec<Item>,
) {
    let items: Vec<Item> = items
        .into_iter()
        .filter(|item| !is_test(attributes(item)))
        .collect();
    let mut module = Module {
        file: file.to_owned(),
        names: BTreeMap::new(),
        values: BTreeSet::new(),
        globs: Vec::new(),
        items: Vec::new(),
    };
    for item in &items {
        name_item(&mut module, item);
    }
    for item in items {
        let Item::Mod(inner) = item else {
            module.items.push(item);
            continue;
        };
        let name = inner.ident.to_string();
        let inner_path: ModulePath = path.iter().cloned().chain([name.clone()]).collect();
        let folder = children.join(&name);
        match inner.content {
            Some((_, items)) => add_module(modules, source, file, &folder, inner_path, items),
            None => {
                let flat = children.join(format!("{name}.rs"));
                let found = if flat.exists() {
                    flat
                } else {
                    folder.join("mod.rs")
                };
                add_file(modules, source, &found, &folder, inner_path);
            }
        }
    }
    match modules.entry(path) {
        // Another root: its modules count, and not the names by which it re-exports others.
        Entry::Occupied(mut known) => {
            let names = module.names.into_iter();
            known
                .get_mut()
                .names
                .extend(names.filter(|(_, name)| *name == Name::Module));
        }
        Entry::Vacant(vacant) => {
            vacant.insert(module);
        }
    }
}

fn name_item(module: &mut Module, item: &Item) {
    let name = match item {
        Item::Const(item) => return add_value(module, &item.ident),
        Item::Fn(item) => return add_value(module, &item.sig.ident),
        Item::Static(item) => return add_value(module, &item.ident),
        Item::Enum(item) => &item.ident,
        Item::Struct(item) => &item.ident,
        Item::Trait(item) => &item.ident,
        Item::Type(item) => &item.ident,
        Item::Union(item) => &item.ident,
        Item::Mod(item) => {
            module.names.insert(item.ident.to_string(), Name::Module);
            return;
        }
        Item::Macro(item) => {
            if let Some(name) = &item.ident {
                module.names.insert(name.to_string(), Name::Item);
            }
            return;
        }
        Item::Use(item) => return add_use(module, &item.tree, &mut Vec::new()),
        _ => return,
    };
    module.names.insert(name.to_string(), Name::Item);
}

fn add_value(module: &mut Module, name: &syn::Ident) {
    module.values.insert(name.to_string());
}

fn add_use(module: &mut Module, tree: &UseTree, before: &mut Vec<String>) {
    match tree {
        UseTree::Path(path) => {
            before.push(path.ident.to_string());
            add_use(module, &path.tree, before);
            before.pop();
        }
        UseTree::Name(name) => {
            let name = name.ident.to_string();
            let mut path = before.clone();
            // `use a::b::{self}` imports `b`.
            if name != "self" {
                path.push(name);
            }
            if let Some(last) = path.last().cloned() {
                module.names.insert(last, Name::Use(path));
            }
        }
        UseTree::Rename(rename) => {
            let mut path = before.clone();
            path.push(rename.ident.to_string());
            module
                .names
                .insert(rename.rename.to_string(), Name::Use(path));
        }
        UseTree::Glob(_) => module.globs.push(before.clone()),
        UseTree::Group(group) => {
            for tree in &group.items {
                add_use(module, tree, before);
            }
        }
    }
}

fn attributes(item: &Item) -> &[Attribute] {
    match item {
        Item::Const(item) => &item.attrs,
        Item::Enum(item) => &item.attrs,
        Item::Fn(item) => &item.attrs,
        Item::Impl(item) => &item.attrs,
        Item::Macro(item) => &item.attrs,
        Item::Mod(item) => &item.attrs,
        Item::Static(item) => &item.attrs,
        Item::Struct(item) => &item.attrs,
        Item::Trait(item) => &item.attrs,
        Item::Type(item) => &item.attrs,
        Item::Use(item) => &item.attrs,
        _ => &[],
    }
}

/// Whether an item is compiled for tests only: `#[cfg(test)]`, `#[test]`.
fn is_test(attributes: &[Attribute]) -> bool {
    attributes.iter().any(|attribute| {
        attribute.path().is_ident("test")
            || attribute.path().is_ident("cfg")
                && attribute
                    .parse_args::<syn::Path>()
                    .is_ok_and(|condition| condition.is_ident("test"))
    })
}
