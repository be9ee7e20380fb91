//! What the documents say is true: commands run as written, command lines parse, names exist.
#![expect(clippy::unwrap_used, reason = "a test stops at the first surprise")]
mod command_lines;
mod names;
mod reliability;

use crate::examples::has_taskwarrior;
use crate::newcomer::Newcomer;
use agent_pipelines::agent::Provider;
use camino::Utf8Path;
pub(crate) use command_lines::{lines_of, loops, mistake, words};
use fs_err as fs;
use std::process::Command;

fn root() -> &'static Utf8Path {
    Utf8Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn read(file: &str) -> String {
    fs::read_to_string(root().join(file)).expect("a file of the repository")
}

/// The README, and every page of docs/.
fn pages() -> Vec<String> {
    let folder = root().join("docs").read_dir_utf8().unwrap();
    let names = folder.map(|entry| entry.unwrap().file_name().to_owned());
    let mut pages: Vec<String> = names
        .filter(|name| name.ends_with(".md") && name != "SUMMARY.md")
        .map(|name| format!("docs/{name}"))
        .collect();
    pages.push("README.md".to_owned());
    pages.sort();
    pages
}

/// The pages, and the documents for contributors.
fn documents() -> Vec<String> {
    let others = ["ARCHITECTURE.md", "CHANGELOG.md", "CONTRIBUTING.md"];
    let others = others.into_iter().map(str::to_owned);
    pages().into_iter().chain(others).collect()
}

/// Commands in a document, between fences marked `sh`.
struct Block {
    line: usize,
    text: String,
    /// Why it cannot be run in a test, from the comment `<!-- not run: … -->` before it.
    not_run: Option<String>,
    /// A program without which it is not run, from the comment `<!-- needs: … -->`.
    needs: Option<String>,
}

fn blocks(document: &str) -> Vec<Block> {
    let (mut found, mut not_run, mut needs) = (Vec::new(), None, None);
    let mut lines = document.lines().enumerate();
    while let Some((index, line)) = lines.next() {
        if let Some(reason) = line.strip_prefix("<!-- not run: ") {
            not_run = Some(reason.trim_end_matches(" -->").to_owned());
        } else if let Some(program) = line.strip_prefix("<!-- needs: ") {
            needs = Some(program.trim_end_matches(" -->").to_owned());
        } else if line.starts_with("```") {
            let text = lines
                .by_ref()
                .map(|(_, line)| line)
                .take_while(|line| *line != "```")
                .map(|line| format!("{line}\n"))
                .collect();
            let (not_run, needs) = (not_run.take(), needs.take());
            if line == "```sh" {
                found.push(Block {
                    line: index + 2,
                    text,
                    not_run,
                    needs,
                });
            }
        }
    }
    found
}

/// Leaves out lines for programs that are not here; they are parsed all the same.
fn runnable_lines(text: &str) -> String {
    let has_jq = Command::new("jq").arg("--version").output().is_ok();
    let runs = |line: &&str| has_jq || !line.contains("jq ");
    text.lines()
        .filter(runs)
        .map(|line| format!("{line}\n"))
        .collect()
}

/// Returns the commands that a page needs to have been run, from the comment `<!-- setup: … -->`.
fn setup(text: &str) -> Option<&str> {
    let line = text
        .lines()
        .find_map(|line| line.strip_prefix("<!-- setup: "))?;
    line.strip_suffix(" -->")
}

/// Runs the commands of a text as written, in a new repository, and returns the number of blocks that were run.
fn run(file: &str, text: &str) -> usize {
    let newcomer = Newcomer::new();
    let has_bd = newcomer.has_bd();
    newcomer.bash(setup(text).unwrap_or("true"));
    let has = |program: Option<&str>| match program {
        Some("bd") => has_bd,
        Some("task") => has_taskwarrior(),
        Some(other) => panic!("{file}: unknown program `{other}`"),
        None => true,
    };
    let blocks = blocks(text)
        .into_iter()
        .filter(|block| block.not_run.is_none() && has(block.needs.as_deref()));
    let run = blocks.map(|block| newcomer.bash(&runnable_lines(&block.text)));
    let run = run.count();
    // A reader who copies an example must not be warned about it.
    newcomer.bash("ap lint --strict");
    run
}

#[test]
fn every_command_of_the_readme_works() {
    assert!(6 <= run("README.md", &read("README.md")));
}

#[test]
fn every_command_of_the_page_about_sessions_works() {
    assert!(9 <= run("docs/sessions.md", &read("docs/sessions.md")));
}

#[test]
fn every_command_of_the_page_about_loops_works() {
    assert!(5 <= run("docs/definitions.md", &read("docs/definitions.md")));
}

/// Each section begins with a repository of its own.
#[test]
fn every_command_of_the_page_about_queues_works() {
    let page = read("docs/queues.md");
    let sections = page.split("\n## ");
    let run: usize = sections.map(|text| run("docs/queues.md", text)).sum();
    assert!(5 <= run, "only {run} blocks were run");
}

#[test]
fn every_command_of_the_other_pages_works() {
    let own = [
        "README.md",
        "docs/sessions.md",
        "docs/definitions.md",
        "docs/queues.md",
    ];
    let others = pages()
        .into_iter()
        .filter(|page| !own.contains(&page.as_str()));
    let run: usize = others.map(|page| run(&page, &read(&page))).sum();
    assert!(6 <= run, "only {run} blocks were run");
}

/// Returns everything the README shows that can be run without an account, as one script.
pub(crate) fn readme_script() -> String {
    let blocks = blocks(&read("README.md")).into_iter();
    let runnable = blocks.filter(|block| block.not_run.is_none());
    runnable.map(|block| runnable_lines(&block.text)).collect()
}

#[test]
fn the_readme_is_short() {
    let lines = read("README.md").lines().count();
    assert!(lines <= 300, "README.md has {lines} lines");
}

/// The index of docs/ and the contents of the book list every page.
#[test]
fn every_page_is_in_the_index_and_in_the_book() {
    let (index, contents) = (read("docs/README.md"), read("docs/SUMMARY.md"));
    for page in pages() {
        let Some(name) = page.strip_prefix("docs/") else {
            continue;
        };
        let link = format!("]({name})");
        assert!(contents.contains(&link), "docs/SUMMARY.md: {name}");
        assert!(
            name == "README.md" || index.contains(&link),
            "docs/README.md: {name}"
        );
    }
    assert!(read("book.toml").contains("\nsrc = \"docs\"\n"));
}

#[test]
fn every_key_of_a_queue_is_in_the_page_about_queues() {
    let (page, definition) = (
        read("docs/queues.md"),
        read("src/compile/definition/queue_def.rs"),
    );
    let (_, keys) = definition.split_once("pub struct QueueDef {").unwrap();
    let (keys, _) = keys.split_once("\n}").unwrap();
    let keys: Vec<&str> = keys
        .lines()
        .filter_map(|line| Some(line.trim().strip_prefix("pub ")?.split_once(':')?.0))
        .collect();
    let missing: Vec<&&str> = keys
        .iter()
        .filter(|key| !page.contains(&format!("\n| `{key}` | ")))
        .collect();
    assert!(
        8 < keys.len() && missing.is_empty(),
        "not in docs/queues.md: {missing:?}"
    );
}

#[test]
fn every_key_of_a_declared_provider_is_in_the_page_about_providers() {
    let (page, definition) = (read("docs/providers.md"), read("src/agent/custom.rs"));
    let (_, keys) = definition.split_once("pub struct ProviderDef {").unwrap();
    let (keys, _) = keys.split_once("\n}").unwrap();
    let keys: Vec<&str> = keys
        .lines()
        .filter_map(|line| Some(line.trim().strip_prefix("pub ")?.split_once(':')?.0))
        .collect();
    let missing: Vec<&&str> = keys
        .iter()
        .filter(|key| !page.contains(&format!("\n| `{key}` | ")))
        .collect();
    assert!(
        6 < keys.len() && missing.is_empty(),
        "not in docs/providers.md: {missing:?}"
    );
    let unknown: Vec<_> = Provider::all()
        .filter(|provider| !page.contains(&format!("\n| `{}` | ", provider.name())))
        .collect();
    assert!(unknown.is_empty(), "not in docs/providers.md: {unknown:?}");
}

#[test]
fn commands_that_are_not_run_are_at_least_commands() {
    for file in documents() {
        for block in blocks(&read(&file)) {
            let output = Command::new("bash")
                .args(["-n", "-c", &block.text])
                .output()
                .unwrap();
            assert!(
                output.status.success(),
                "{file}:{}: {}",
                block.line,
                String::from_utf8_lossy(&output.stderr)
            );
            assert!(
                block.not_run.is_none_or(|reason| !reason.is_empty()),
                "{file}:{}: say why it is not run",
                block.line
            );
        }
    }
}
