//! The claims of CONTRIBUTING.md about what a new provider, termination, queue or command needs.
use super::{Source, root, sources};

fn code(sources: &[Source], path: &str) -> String {
    let source = sources.iter().find(|source| source.path == path);
    let source = source.unwrap_or_else(|| panic!("there is no {path}"));
    let lines: Vec<&str> = source.code().into_iter().map(|(_, line)| line).collect();
    lines.join("\n")
}

/// Returns the implementations of a trait in a room, each with its file: `("src/agent/gemini.rs", "Gemini")`.
fn implementations(sources: &[Source], room: &str, trait_name: &str) -> Vec<(String, String)> {
    let start = format!("impl {trait_name} for ");
    let in_room = sources
        .iter()
        .filter(|source| source.path.starts_with(room));
    in_room
        .flat_map(|source| {
            let names = source.code().into_iter().filter_map(|(_, line)| {
                Some(line.strip_prefix(&start)?.split(' ').next()?.to_owned())
            });
            let path = source.path.clone();
            names
                .map(move |name| (path.clone(), name))
                .collect::<Vec<_>>()
        })
        .collect()
}

fn has_word(line: &str, word: &str) -> bool {
    line.split(|c: char| !c.is_alphanumeric() && c != '_')
        .any(|part| part == word)
}

#[test]
fn every_file_named_under_adding_things_exists() {
    let text = fs_err::read_to_string(root().join("CONTRIBUTING.md")).expect("it is text");
    let (_, section) = text
        .split_once("\n## Adding things\n")
        .expect("the section");
    let (section, _) = section.split_once("\n## ").expect("another section");
    let names = section.split('`').skip(1).step_by(2);
    let paths: Vec<&str> = names
        .filter(|name| name.starts_with("src/") || name.starts_with("tests/"))
        .filter(|name| !name.contains('<'))
        .collect();
    assert!(10 < paths.len(), "{paths:?}");
    for path in paths {
        assert!(root().join(path).exists(), "there is no {path}");
    }
}

#[test]
fn a_provider_is_named_only_in_its_file_and_the_registry() {
    let sources = sources("src");
    let all = implementations(&sources, "src/agent/", "Adapter");
    // Those in one file; Claude Code has a folder, and its name is that of a plugin's host too.
    let single = all.iter().filter(|(path, name)| {
        path.matches('/').count() == 2 && !["CustomProvider", "Command"].contains(&name.as_str())
    });
    let single: Vec<_> = single.collect();
    assert!(5 < single.len(), "{all:?}");
    for (path, name) in single {
        let users: Vec<&str> = sources
            .iter()
            .filter(|source| source.code().iter().any(|(_, line)| has_word(line, name)))
            .map(|source| source.path.as_str())
            .collect();
        let mut expected = vec![path.as_str(), "src/agent/registry.rs"];
        expected.sort_unstable();
        assert_eq!(users, expected, "{name}");
    }
}

#[test]
fn a_termination_is_one_line_of_the_registry_and_the_arm_that_reads_it() {
    let sources = sources("src");
    let registry = code(&sources, "src/termination/registry.rs");
    let reader = code(&sources, "src/compile/strategy.rs");
    let (_, list) = registry.split_once("\nterminations! {").expect("the list");
    let (list, _) = list.split_once("\n}").expect("its end");
    let all = implementations(&sources, "src/termination/", "Strategy");
    assert_eq!(all.len(), list.trim().lines().count(), "{list}");
    for (_, name) in all {
        let lines = list.lines().filter(|line| has_word(line, &name));
        assert_eq!(lines.count(), 1, "{name} in the registry");
        assert!(
            reader.contains(&format!("TerminationKind::{name} =>")),
            "{name}"
        );
    }
}

#[test]
fn a_queue_is_one_arm_of_the_registry() {
    let sources = sources("src");
    let registry = code(&sources, "src/queue/registry.rs");
    let spec = code(&sources, "src/plan/queue_spec.rs");
    let (_, variants) = spec
        .split_once("pub enum QueueSource {")
        .expect("the queues");
    let (variants, _) = variants.split_once("\n}").expect("their end");
    let variants: Vec<&str> = variants
        .lines()
        .filter_map(|line| line.strip_prefix("    "))
        .filter(|line| line.starts_with(char::is_uppercase))
        .filter_map(|line| line.split(|c: char| !c.is_alphanumeric()).next())
        .collect();
    assert!(3 < variants.len(), "{variants:?}");
    for name in variants {
        assert_eq!(
            registry.matches(&format!("QueueSource::{name}")).count(),
            1,
            "{name}"
        );
    }
}

#[test]
fn a_command_is_a_file_a_variant_and_an_arm() {
    let sources = sources("src");
    let command = code(&sources, "src/cli/command.rs");
    let arms = command
        .lines()
        .filter_map(|line| line.trim().strip_prefix("Command::"));
    let mut count = 0;
    for (name, call) in arms.filter_map(|arm| arm.split_once("(args) => ")) {
        let (module, rest) = call.split_once("::").expect("a call of a module");
        assert!(rest.starts_with("run("), "{name}: {call}");
        let ways = [
            format!("src/cli/{module}.rs"),
            format!("src/cli/{module}/mod.rs"),
            format!("src/cli/start/{module}.rs"),
        ];
        let exists = sources.iter().any(|source| ways.contains(&source.path));
        assert!(exists, "{name} is in none of {ways:?}");
        count += 1;
    }
    assert!(25 < count, "{count} commands");
}
