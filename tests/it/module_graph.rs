//! Modules use each other in one direction. `cargo run --example module-graph` draws the same graph.
#[path = "../module_graph/graph.rs"]
mod graph;
#[path = "../module_graph/names.rs"]
mod names;
#[path = "../module_graph/paths.rs"]
mod paths;
#[path = "../module_graph/tree.rs"]
mod tree;

use camino::Utf8Path;
use graph::Graph;

fn crate_at(root: &str) -> Graph {
    let root = Utf8Path::new(env!("CARGO_MANIFEST_DIR")).join(root);
    Graph::of_files(&tree::read(&root.join("lib.rs")))
}

#[test]
fn cycles_are_found_in_every_spelling() {
    let cycles = crate_at("tests/data/module_cycles/src").cycles();
    let expected = [
        "attribute",
        "expression",
        "glob",
        "in_macro",
        "inline",
        "re_export",
        "renamed",
        "super_path",
        "types",
        "use_group",
    ];
    let files = |name: &&str| match *name {
        "re_export" => ["a.rs", "b.rs", "mod.rs"]
            .iter()
            .map(|file| format!("{name}/{file}"))
            .collect::<Vec<_>>(),
        _ => ["a.rs", "b.rs"]
            .iter()
            .map(|file| format!("{name}/{file}"))
            .collect(),
    };
    assert_eq!(cycles, expected.iter().map(files).collect::<Vec<_>>());
}

#[test]
fn graph_is_drawn_as_text_and_for_graphviz() {
    let files = crate_at("tests/data/module_cycles/src");
    let text = files.rooms().text();
    assert!(text.contains("\nuse_group: plain\n"), "{text}");
    let dot = files.room("glob").dot();
    assert!(dot.contains("\"glob/a.rs\" -> \"glob/b.rs\";"), "{dot}");
}
