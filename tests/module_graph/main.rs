//! Prints the module graph of this crate: which room uses which, and the cycles, if there are any.
//!
//! `cargo run --example module-graph` prints text, `-- --dot` a graph for Graphviz, `-- --dot ROOM`
//! the files of one room.
mod graph;
mod names;
mod paths;
mod tree;

use camino::Utf8Path;
use graph::Graph;
use std::io::{self, Write as _};

fn main() -> io::Result<()> {
    let root = Utf8Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let files = Graph::of_files(&tree::read(&root));
    let words: Vec<String> = std::env::args().skip(1).collect();
    let text = match words.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        [] => files.rooms().text(),
        ["--dot"] => files.rooms().dot(),
        ["--dot", room] => files.room(room).dot(),
        _ => return Err(io::Error::other("usage: module-graph [--dot [ROOM]]")),
    };
    write!(io::stdout().lock(), "{text}")
}
