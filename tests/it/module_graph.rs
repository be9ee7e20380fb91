//! Rooms and files use each other in one direction. `cargo run --example module-graph` draws the same graph.
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

/// From low to high: a room uses its own layer and those before it. Every room is here, and nothing else.
const LAYERS: &[&[&str]] = &[
    &["clock", "fingerprint", "redact", "text"],
    &["model"],
    &["agent", "guard", "termination"],
    &["plan"],
    &["autopilot", "compile", "engine", "fleet"],
    &["error"],
    &["store"],
    &["exec"],
    &["workspace", "queue", "notify"],
    &["ui", "scripted", "plugin"],
    &["log"],
    &["overview", "runner"],
    &["fixture", "supervisor"],
    &["cli"],
    &["readers"],
];

/// Recursion that the code needs: cycles of files.
const RECURSION: &[&[&str]] = &[
    // A pipeline within a pipeline.
    &["compile/steps.rs", "compile/subpipeline.rs"],
    // A command that runs a command, whose rules judge what it would run.
    &[
        "guard/call.rs",
        "guard/code.rs",
        "guard/expand.rs",
        "guard/rules/content.rs",
        "guard/rules/destruction.rs",
        "guard/rules/git.rs",
        "guard/rules/mod.rs",
        "guard/rules/named.rs",
        "guard/rules/protected.rs",
        "guard/rules/secrets.rs",
        "guard/walk.rs",
        "guard/wrappers/files.rs",
        "guard/wrappers/mod.rs",
        "guard/wrappers/prefix.rs",
    ],
    // A word in a substitution in a word.
    &["guard/shell/substitution.rs", "guard/shell/words.rs"],
];

fn crate_at(root: &str) -> Graph {
    let root = Utf8Path::new(env!("CARGO_MANIFEST_DIR")).join(root);
    Graph::of_files(&tree::read(&root))
}

#[test]
fn rooms_use_only_their_own_layer_and_lower_ones() {
    let rooms = crate_at("src").rooms();
    let layer = |room: &str| LAYERS.iter().position(|layer| layer.contains(&room));
    let mut wrong = Vec::new();
    for (room, uses) in &rooms.edges {
        let own = layer(room);
        let above = uses.iter().filter(|used| own < layer(used));
        wrong.extend(above.map(|used| format!("{room} uses {used}, which is above it")));
    }
    assert_eq!(wrong, [""; 0]);
    let mut known: Vec<&str> = LAYERS.concat();
    known.sort_unstable();
    assert_eq!(known, rooms.edges.keys().collect::<Vec<_>>());
}

#[test]
fn rooms_use_each_other_in_one_direction() {
    let rooms = crate_at("src").rooms();
    assert_eq!(rooms.cycles(), [[""; 0]; 0], "{}", rooms.text());
}

#[test]
fn files_use_each_other_in_one_direction() {
    assert_eq!(crate_at("src").cycles(), RECURSION);
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
