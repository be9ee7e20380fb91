//! Every command line the documents show is one that the program accepts.
use super::{documents, read, root};
use agent_pipelines::cli;
use std::collections::BTreeSet;

fn has_command(name: &str) -> bool {
    cli::definition().get_subcommands().any(|command| {
        command.get_name() == name || command.get_all_aliases().any(|alias| alias == name)
    })
}

/// Returns the command lines in a document that begin with a program's name: in blocks and between backticks.
pub(crate) fn lines_of(program: &str, document: &str) -> Vec<String> {
    let begins = |line: &&str| *line == program || line.starts_with(&format!("{program} "));
    let (mut found, mut inside) = (Vec::new(), false);
    for line in document.lines() {
        if line.trim_start().starts_with("```") {
            inside = !inside;
        } else if inside || line.starts_with("  ") {
            found.extend(Some(line.trim()).filter(begins));
        }
        if !inside {
            found.extend(line.split('`').skip(1).step_by(2).filter(begins));
        }
    }
    found.into_iter().map(str::to_owned).collect()
}

/// Splits a line into words as a shell would, up to a comment, a pipe or the columns of an explanation.
pub(crate) fn words(line: &str) -> Vec<String> {
    let end = ["  ", " #", " | ", " > ", " && "]
        .iter()
        .filter_map(|end| line.find(end))
        .min()
        .unwrap_or(line.len());
    let (mut words, mut quote) = (vec![String::new()], None);
    for letter in line[..end].chars() {
        match (letter, quote) {
            ('"' | '\'', None) => quote = Some(letter),
            (_, Some(open)) if open == letter => quote = None,
            (' ', None) => words.push(String::new()),
            (_, Some(_) | None) => words.last_mut().expect("there is one").push(letter),
        }
    }
    words.into_iter().map(|word| example(&word)).collect()
}

/// Returns something a placeholder such as `<session>` or `[max]` may stand for.
fn example(word: &str) -> String {
    match word {
        "[max]" | "<N>" | "<n>" => "1".to_owned(),
        "<loop>" => "work".to_owned(),
        "<shell>" => "bash".to_owned(),
        "…" => "--json".to_owned(),
        _ => word
            .trim_matches(['<', '>', '[', ']'])
            .split('|')
            .next()
            .unwrap_or_default()
            .to_owned(),
    }
}

/// Says what is wrong with a command line of `ap`, if anything.
pub(crate) fn mistake(line: &str, loops: &BTreeSet<String>) -> Option<String> {
    use clap::error::ErrorKind::{
        DisplayHelp, DisplayHelpOnMissingArgumentOrSubcommand as MissingCommand, DisplayVersion,
    };
    let words = words(line);
    let known =
        |first: &String| first.starts_with('-') || loops.contains(first) || has_command(first);
    match (
        words.get(1),
        cli::check(&words.iter().map(String::as_str).collect::<Vec<_>>()),
    ) {
        (None, _) => None,
        (Some(first), _) if !known(first) => {
            Some(format!("`{line}`: there is no command or loop `{first}`"))
        }
        (Some(_), Ok(())) => None,
        // In a sentence a command may stand without its arguments.
        (Some(_), Err(error))
            if words.len() == 2
                || [DisplayHelp, MissingCommand, DisplayVersion].contains(&error.kind()) =>
        {
            None
        }
        (Some(_), Err(error)) => Some(format!("`{line}`: {error}")),
    }
}

/// The loops in a folder of the repository.
fn loops_in(folder: &str) -> impl Iterator<Item = String> {
    root()
        .join(folder)
        .read_dir_utf8()
        .unwrap()
        .map(|entry| entry.unwrap().file_name().to_owned())
}

pub(crate) fn loops() -> BTreeSet<String> {
    // The last is the one the README and the page about loops create.
    loops_in("loops")
        .chain(loops_in("examples/queues"))
        .chain(["tidy".to_owned()])
        .collect()
}

fn help(command: &mut clap::Command, texts: &mut Vec<String>) {
    texts.push(command.render_long_help().to_string());
    for below in command.get_subcommands_mut() {
        help(below, texts);
    }
}

#[test]
fn every_command_line_that_is_shown_can_be_typed() {
    let loops = loops();
    let mut texts: Vec<String> = documents().iter().map(|file| read(file)).collect();
    for folder in ["loops", "examples/queues"] {
        texts.extend(loops_in(folder).map(|name| read(&format!("{folder}/{name}/prompt.md"))));
    }
    help(&mut cli::definition(), &mut texts);
    // What people never type begins with two underscores.
    let typed = |line: &String| !line.starts_with("ap __") && line != "ap <COMMAND>";
    let shown = texts
        .iter()
        .flat_map(|text| lines_of("ap", text))
        .filter(typed);
    let shown: Vec<String> = shown.collect();
    let wrong: Vec<String> = shown
        .iter()
        .filter_map(|line| mistake(line, &loops))
        .collect();
    assert!(60 < shown.len(), "only {} lines were found", shown.len());
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn recipes_and_scripts_that_are_shown_exist() {
    let (justfile, script) = (read("justfile"), read("run.sh"));
    for file in documents() {
        let text = read(&file);
        for line in lines_of("just", &text) {
            let recipe = words(&line).get(1).cloned().unwrap_or_default();
            let declared = |line: &str| line.split([' ', ':']).next() == Some(recipe.as_str());
            assert!(
                recipe.is_empty() || justfile.lines().any(declared),
                "{file}: there is no recipe `{recipe}`"
            );
        }
        for line in lines_of("./run.sh", &text) {
            let first = words(&line).get(1).cloned().unwrap_or_default();
            let known = first.is_empty() || script.contains(&format!("\n{first})\n"));
            let wrong = if known {
                None
            } else {
                mistake(&line.replacen("./run.sh", "ap", 1), &loops())
            };
            assert_eq!(wrong, None, "{file}");
        }
    }
}
