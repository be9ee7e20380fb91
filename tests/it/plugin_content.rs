//! What Claude reads in skills, commands, sub-agents and prompts is true: every name, link, command line and JSON field.
#![expect(clippy::unwrap_used, reason = "a test stops at the first surprise")]
mod json_fields;
mod prompts;

use crate::project::Project;
use crate::readme::{lines_of, loops, mistake, words};
use camino::{Utf8Path, Utf8PathBuf};
use fs_err as fs;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// A page of the plugin.
struct Page {
    /// From the repository's root.
    path: Utf8PathBuf,
    text: String,
}

impl Page {
    /// The lines between the two `---` at the top, as YAML.
    fn frontmatter(&self) -> Value {
        let (yaml, _) = self
            .text
            .strip_prefix("---\n")
            .and_then(|text| text.split_once("\n---\n"))
            .expect("frontmatter");
        serde_yaml::from_str(yaml).unwrap_or_else(|error| panic!("{}: {error}", self.path))
    }

    fn in_folder(&self, folder: &str) -> bool {
        self.path.starts_with(folder)
    }

    fn is_skill(&self) -> bool {
        self.path.file_name() == Some("SKILL.md")
    }
}

fn root() -> &'static Utf8Path {
    Utf8Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn gather(folder: &Utf8Path, pages: &mut Vec<Page>) {
    for entry in folder.read_dir_utf8().unwrap().map(Result::unwrap) {
        if entry.path().is_dir() {
            gather(entry.path(), pages);
        } else {
            let text = fs::read_to_string(entry.path()).unwrap();
            pages.push(Page {
                path: entry.path().strip_prefix(root()).unwrap().to_owned(),
                text,
            });
        }
    }
}

fn pages() -> Vec<Page> {
    let mut pages = Vec::new();
    ["commands", "skills", "agents"]
        .iter()
        .for_each(|folder| gather(&root().join(folder), &mut pages));
    pages.sort_by(|a, b| a.path.cmp(&b.path));
    assert!(30 < pages.len());
    pages
}

/// What the seed's users type, and what Claude picks from.
const COMMANDS: [&str; 8] = [
    "ideate", "loop", "monitor", "pipeline", "refine", "sessions", "start", "work",
];
const SKILLS: [&str; 6] = [
    "create-prd",
    "create-tasks",
    "monitor",
    "pipeline-builder",
    "plan-refinery",
    "sessions",
];

#[test]
fn every_page_has_what_claude_code_wants_of_it() {
    let pages = pages();
    let mut names: BTreeMap<&str, BTreeSet<String>> = BTreeMap::new();
    for page in &pages {
        assert!(
            page.text.ends_with('\n') && !page.text.contains('\t'),
            "{}: a last line, and no tabs",
            page.path
        );
        let kind = page.path.components().next().unwrap().as_str();
        if kind == "skills" && !page.is_skill() {
            assert!(
                page.text.starts_with("# "),
                "{}: begins with a title",
                page.path
            );
            continue;
        }
        let front = page.frontmatter();
        let (name, description) = (
            front["name"].as_str().expect("a name"),
            front["description"].as_str().expect("a description"),
        );
        let file = if page.is_skill() {
            page.path.parent().unwrap().file_name()
        } else {
            page.path.file_stem()
        };
        assert_eq!(
            Some(name),
            file,
            "{}: `/{name}` and its file have the same name",
            page.path
        );
        assert!(
            (40..1024).contains(&description.len()),
            "{}: a description of {} bytes",
            page.path,
            description.len()
        );
        assert!(
            page.text.contains("\ndescription: \""),
            "{}: some versions read an unquoted `: ` as a mistake",
            page.path
        );
        assert!(
            page.text.lines().count() < 200,
            "{}: too long to be read",
            page.path
        );
        names.entry(kind).or_default().insert(name.to_owned());
    }
    assert_eq!(names["commands"], COMMANDS.map(String::from).into());
    assert_eq!(names["skills"], SKILLS.map(String::from).into());
    assert_eq!(
        names["agents"],
        ["architect", "assembler", "stage-creator"]
            .map(String::from)
            .into()
    );
}

#[test]
fn a_command_that_shares_a_skills_name_is_not_for_claude() {
    for page in pages().iter().filter(|page| page.in_folder("commands")) {
        // The Skill tool finds a command before a skill of its name: it would send Claude round in circles.
        assert_eq!(
            page.frontmatter()["disable-model-invocation"],
            true,
            "{}",
            page.path
        );
        assert!(
            page.text.contains("$ARGUMENTS"),
            "{}: what was typed is not passed on",
            page.path
        );
        let numbered = page
            .text
            .match_indices('$')
            .any(|(at, _)| page.text[at + 1..].starts_with(|c: char| c.is_ascii_digit()));
        assert!(!numbered, "{}: `$` and a digit is an argument", page.path);
    }
}

#[test]
fn skills_describe_in_plain_words_when_to_use_them() {
    let pages = pages();
    let wishes = [
        ("keep working on the auth epic overnight", "sessions"),
        ("is anything still running?", "sessions"),
        ("make this plan better", "plan-refinery"),
        ("how is auth doing?", "monitor"),
        ("write a PRD", "create-prd"),
        ("break this down", "create-tasks"),
        ("build a pipeline that", "pipeline-builder"),
    ];
    for (wish, skill) in wishes {
        let meant = |page: &&Page| {
            page.is_skill()
                && page.frontmatter()["description"]
                    .as_str()
                    .unwrap()
                    .contains(wish)
        };
        let found: Vec<_> = pages
            .iter()
            .filter(meant)
            .map(|page| page.frontmatter()["name"].clone())
            .collect();
        assert_eq!(found, [skill], "{wish}");
    }
}

#[test]
fn links_lead_somewhere_and_every_page_is_linked() {
    let pages = pages();
    let mut reached = BTreeSet::new();
    for page in &pages {
        for link in page
            .text
            .split("](")
            .skip(1)
            .filter_map(|rest| rest.split(')').next())
        {
            let target = root().join(page.path.parent().unwrap()).join(link);
            assert!(target.is_file(), "{}: there is no {link}", page.path);
            reached.insert(target.canonicalize_utf8().unwrap());
        }
    }
    for page in pages
        .iter()
        .filter(|page| page.in_folder("skills") && !page.is_skill())
    {
        assert!(
            reached.contains(&root().join(&page.path).canonicalize_utf8().unwrap()),
            "{}: nothing leads here",
            page.path
        );
    }
}

#[test]
fn names_of_skills_agents_loops_and_pipelines_resolve() {
    let project = Project::new();
    let overview: Value = serde_json::from_str(&project.ap(&["--json"]).expect(0).stdout).unwrap();
    let names = |kind: &str| -> BTreeSet<String> {
        overview[kind]
            .as_array()
            .unwrap()
            .iter()
            .map(|line| line["name"].as_str().unwrap().to_owned())
            .collect()
    };
    let (loops, pipelines) = (names("loops"), names("pipelines"));
    // What a person is shown how to make.
    let made = ["tidy", "loop", "pipeline"];
    let ours: Vec<String> = pages()
        .iter()
        .filter(|page| !page.in_folder("skills") || page.is_skill())
        .map(|page| page.frontmatter()["name"].as_str().unwrap().to_owned())
        .collect();
    for page in pages() {
        for name in page.text.split("agent-pipelines:").skip(1) {
            let name: String = name
                .chars()
                .take_while(|c| c.is_ascii_lowercase() || *c == '-')
                .collect();
            assert!(
                ours.contains(&name),
                "{}: there is no agent-pipelines:{name}",
                page.path
            );
        }
        for line in lines_of("ap", &page.text) {
            let words = words(&line);
            let word = |n: usize| words.get(n).map(String::as_str).unwrap_or_default();
            let (known, name) = match (word(1), word(2)) {
                ("dry-run" | "lint", kind) => {
                    (if kind == "loop" { &loops } else { &pipelines }, word(3))
                }
                ("loop", name) => (&loops, name),
                ("pipeline", name) => (&pipelines, name),
                _ => continue,
            };
            assert!(
                name.is_empty()
                    || name.starts_with('-')
                    || made.contains(&name)
                    || known.contains(name),
                "{}: `{line}`: no `{name}`",
                page.path
            );
        }
    }
}

/// Command lines in fences for text stand behind a word such as `watch`.
fn shown(page: &Page) -> Vec<String> {
    let behind = page
        .text
        .lines()
        .filter_map(|line| line.split_once("  ap "))
        .map(|(_, rest)| format!("ap {}", rest.split("  ").next().unwrap()));
    lines_of("ap", &page.text)
        .into_iter()
        .chain(behind)
        .collect()
}

#[test]
fn every_command_line_can_be_typed() {
    let (loops, mut count) = (loops(), 0);
    let mut wrong = Vec::new();
    for page in pages()
        .into_iter()
        .chain(prompts::prompts())
        .chain(documents())
    {
        let lines = shown(&page);
        count += lines.len();
        wrong.extend(
            lines
                .iter()
                .filter_map(|line| mistake(line, &loops))
                .map(|mistake| format!("{}: {mistake}", page.path)),
        );
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(190 < count, "only {count} lines were found");
}

/// Returns further documents that show command lines for agents.
fn documents() -> Vec<Page> {
    let read = |path: &str| Page {
        path: path.into(),
        text: fs::read_to_string(root().join(path)).unwrap(),
    };
    ["src/cli/init/agents_section.md", "docs/prompts.md"]
        .map(read)
        .into()
}

#[test]
fn every_topic_can_be_explained() {
    let project = Project::new();
    let lines: BTreeSet<String> = pages()
        .iter()
        .flat_map(shown)
        .filter(|line| line.starts_with("ap explain "))
        .collect();
    assert!(3 < lines.len());
    for line in lines {
        let words = words(&line);
        project
            .ap(&words[1..].iter().map(String::as_str).collect::<Vec<_>>())
            .expect(0);
    }
}

#[test]
fn plugin_pages_name_no_paths_of_a_checkout_and_repeat_nothing() {
    let mut said: BTreeMap<String, Utf8PathBuf> = BTreeMap::new();
    for page in pages() {
        for place in [
            "run.sh",
            "scripts/",
            "CLAUDE_PLUGIN_ROOT",
            "target/",
            " jq ",
        ] {
            assert!(
                !page.text.contains(place),
                "{}: everything goes through `ap`, not {place}",
                page.path
            );
        }
        for paragraph in page
            .text
            .split("\n\n")
            .filter(|paragraph| 120 < paragraph.len() && !paragraph.starts_with("```"))
        {
            if let Some(before) = said.insert(paragraph.to_owned(), page.path.clone()) {
                panic!("{} and {before} say the same:\n{paragraph}", page.path);
            }
        }
    }
}
