//! What the documents say is true: commands run as written, command lines parse, names exist.
#![expect(clippy::unwrap_used, reason = "a test stops at the first surprise")]
use crate::examples::has_taskwarrior;
use crate::newcomer::Newcomer;
use agent_pipelines::agent::Provider;
use agent_pipelines::{cli, compile, plan};
use camino::Utf8Path;
use fs_err as fs;
use std::collections::BTreeSet;
use std::process::Command;

fn root() -> &'static Utf8Path {
    Utf8Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn read(file: &str) -> String {
    fs::read_to_string(root().join(file)).expect("a file of the repository")
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

fn has_command(name: &str) -> bool {
    cli::definition().get_subcommands().any(|command| {
        command.get_name() == name || command.get_all_aliases().any(|alias| alias == name)
    })
}

/// Leaves out lines for programs that are not here; they are parsed all the same.
fn runnable(text: &str) -> String {
    let has_jq = Command::new("jq").arg("--version").output().is_ok();
    let runs = |line: &&str| has_jq || !line.contains("jq ");
    text.lines()
        .filter(runs)
        .map(|line| format!("{line}\n"))
        .collect()
}

#[test]
fn every_command_of_the_readme_works() {
    let newcomer = Newcomer::new();
    for block in blocks(&read("README.md"))
        .into_iter()
        .filter(|block| block.not_run.is_none())
    {
        newcomer.bash(&runnable(&block.text));
    }
}

#[test]
fn every_command_of_the_page_about_lint_works() {
    let newcomer = Newcomer::new();
    for block in blocks(&read("docs/lint.md")) {
        newcomer.bash(&runnable(&block.text));
    }
}

/// Each section begins with a repository of its own.
#[test]
fn every_command_of_the_page_about_queues_works() {
    let mut run = 0;
    for section in read("docs/queues.md").split("\n## ") {
        let newcomer = Newcomer::new();
        let has_bd = newcomer.has_bd();
        for block in blocks(section)
            .into_iter()
            .filter(|block| block.not_run.is_none())
        {
            let has = match block.needs.as_deref() {
                Some("bd") => has_bd,
                Some("task") => has_taskwarrior(),
                Some(other) => panic!("docs/queues.md: nobody knows whether `{other}` is here"),
                None => true,
            };
            if has {
                newcomer.bash(&runnable(&block.text));
                run += 1;
            }
        }
    }
    assert!(5 <= run, "only {run} blocks were found");
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
    let (page, definition) = (read("docs/providers.md"), read("src/compile/settings.rs"));
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
    for file in [
        "README.md",
        "CONTRIBUTING.md",
        "docs/queues.md",
        "docs/lint.md",
        "docs/providers.md",
    ] {
        for block in blocks(&read(file)) {
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
    // The last is the one the README writes.
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
    let mut texts: Vec<String> = [
        "README.md",
        "CONTRIBUTING.md",
        "ARCHITECTURE.md",
        "CHANGELOG.md",
        "docs/queues.md",
        "docs/lint.md",
        "docs/providers.md",
    ]
    .map(read)
    .into();
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
    for file in [
        "README.md",
        "CONTRIBUTING.md",
        "ARCHITECTURE.md",
        "docs/queues.md",
        "docs/providers.md",
    ] {
        let text = read(file);
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

/// Returns the sources as one text.
fn sources(folder: &Utf8Path, text: &mut String) {
    for entry in folder.read_dir_utf8().unwrap().map(Result::unwrap) {
        match entry.path() {
            folder if folder.is_dir() => sources(folder, text),
            file if file.extension() == Some("rs") => {
                text.push_str(&fs::read_to_string(file).unwrap());
            }
            _ => (),
        }
    }
}

fn source() -> String {
    let mut text = String::new();
    sources(&root().join("src"), &mut text);
    text
}

fn names(text: &str) -> BTreeSet<&str> {
    text.split(|c: char| !(c.is_alphanumeric() || c == '_'))
        .collect()
}

fn snake_case(name: &str) -> String {
    let letter = |c: char| {
        if c.is_ascii_uppercase() {
            format!("_{}", c.to_ascii_lowercase())
        } else {
            c.to_string()
        }
    };
    name.chars()
        .map(letter)
        .collect::<String>()
        .trim_start_matches('_')
        .to_owned()
}

/// What stands between backticks, outside of blocks.
fn spans(document: &str) -> Vec<&str> {
    let mut inside = false;
    let prose = document.lines().filter(move |line| {
        inside ^= line.starts_with("```");
        !inside
    });
    prose
        .flat_map(|line| line.split('`').skip(1).step_by(2))
        .collect()
}

#[test]
fn every_name_in_the_readme_is_in_the_source() {
    let (readme, source) = (read("README.md"), source());
    let mut known = names(&source);
    // Events are written in snake case.
    let events: Vec<String> = known.iter().map(|name| snake_case(name)).collect();
    known.extend(events.iter().map(String::as_str));
    let is_name = |span: &&str| {
        span.contains('_') && span.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
    };
    let all: Vec<&str> = spans(&readme)
        .into_iter()
        .map(|span| span.split('=').next().unwrap_or(span))
        .filter(is_name)
        .collect();
    let unknown: Vec<&&str> = all.iter().filter(|name| !known.contains(*name)).collect();
    assert!(
        60 < all.len() && unknown.is_empty(),
        "not in the source: {unknown:?}"
    );
}

#[test]
fn every_name_that_users_need_is_in_the_readme() {
    let (readme, source) = (read("README.md"), source());
    let written = names(&readme);
    // Those of the crash tests are for nobody else.
    let literals = source
        .split('"')
        .filter(|text| !text.starts_with("AP_CRASH_"));
    let literals =
        literals.filter(|text| text.starts_with("AP_") || text.starts_with("CLAUDE_PIPELINE_"));
    let variables = literals.filter(|name| {
        !name.ends_with('_') && name.chars().all(|c| c.is_ascii_uppercase() || c == '_')
    });
    let definition = read("src/compile/definition/loop_def.rs");
    let (_, loops) = definition
        .split_once("pub struct LoopDef")
        .expect("the loop's fields");
    let (loops, _) = loops.split_once("\n}").expect("their end");
    // Accepted from older versions, and not for new loops.
    let old = [
        "completion",
        "min_iterations",
        "iterations",
        "max",
        "output_parse",
        "items",
    ];
    let fields = loops
        .lines()
        .filter_map(|line| line.trim().strip_prefix("pub ")?.split_once(": "))
        .map(|(name, _)| name);
    let prompt = plan::template::VARIABLES;
    let former = compile::legacy_variables(&|_| Some("set".to_owned()))
        .into_iter()
        .map(|former| former.name);
    let needed = variables
        .chain(fields.filter(|name| !old.contains(name)))
        .chain(prompt)
        .chain(former);
    let missing: BTreeSet<&str> = needed.filter(|name| !written.contains(name)).collect();
    assert!(missing.is_empty(), "not in README.md: {missing:?}");
}

#[test]
fn the_architecture_names_files_and_tests_that_exist() {
    let text = read("ARCHITECTURE.md");
    let mut code = source();
    sources(&root().join("tests"), &mut code);
    for span in spans(&text) {
        if span.starts_with("src/") || span.starts_with("tests/") {
            assert!(root().join(span).exists(), "there is no {span}");
        }
        let Some((_, test)) = span
            .split_once("::")
            .filter(|(module, _)| module.chars().all(|c| c.is_ascii_lowercase() || c == '_'))
        else {
            continue;
        };
        assert!(
            code.contains(&format!("fn {test}(")),
            "there is no test {span}"
        );
    }
    let (_, section) = text
        .split_once("\n## What always holds\n")
        .expect("the invariants");
    let invariants = section
        .lines()
        .take_while(|line| !line.starts_with("## "))
        .filter(|line| line.starts_with("- **"))
        .count();
    assert!(12 <= invariants, "{invariants} invariants");
}

#[test]
fn links_lead_somewhere() {
    let slug = |line: &str| {
        line.trim_start_matches('#')
            .trim()
            .to_lowercase()
            .replace(' ', "-")
            .replace([',', '.', ':', '(', ')', '`'], "")
    };
    let has = |file: &Utf8Path, heading: &str| {
        fs::read_to_string(file)
            .unwrap()
            .lines()
            .filter(|line| line.starts_with('#'))
            .any(|line| slug(line) == heading)
    };
    for file in [
        "README.md",
        "ARCHITECTURE.md",
        "CONTRIBUTING.md",
        "CHANGELOG.md",
        "docs/queues.md",
        "docs/lint.md",
    ]
    .map(|file| root().join(file))
    {
        let text = fs::read_to_string(&file).unwrap();
        for link in text
            .split("](")
            .skip(1)
            .filter_map(|rest| rest.split(')').next())
        {
            let (path, heading) = link
                .split_once('#')
                .map_or((link, None), |(path, heading)| (path, Some(heading)));
            let target = if path.is_empty() {
                file.clone()
            } else {
                file.parent().unwrap().join(path)
            };
            let fine = link.starts_with("https://")
                || target.exists() && heading.is_none_or(|heading| has(&target, heading));
            assert!(fine, "{file}: {link}");
        }
    }
}
