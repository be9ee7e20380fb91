//! `ap explain`: the reference in the terminal. The same text as the documents, and every field of the schemas.
mod fields;
mod page;

use crate::error::{Error, ExitCode, Result};
use crate::plan::suggest;
use crate::ui::{self, out, table};
use fields::Field;
use page::{Page, Way};
use serde::Serialize;
use serde_json::Value;
use std::fmt::Write as _;

const README: Page = Page {
    path: "README.md",
    text: include_str!("../../../README.md"),
};
const LINT: Page = Page {
    path: "docs/lint.md",
    text: include_str!("../../../docs/lint.md"),
};
const PROVIDERS: Page = Page {
    path: "docs/providers.md",
    text: include_str!("../../../docs/providers.md"),
};
const QUEUES: Page = Page {
    path: "docs/queues.md",
    text: include_str!("../../../docs/queues.md"),
};

/// Explain a file, its fields, or a part of how ap works
#[derive(Clone, Debug, clap::Args)]
pub(super) struct Args {
    /// What to explain; the list of topics if not given
    pub(super) topic: Option<String>,
    /// Print JSON: `{topic, about, text, fields: [{path, type, required, about}]}`; without a topic `[{topic, about}]`
    #[arg(long)]
    pub(super) json: bool,
}

/// Something that can be explained.
struct Topic {
    name: &'static str,
    about: &'static str,
    page: Page,
    /// Its headings, with their signs.
    headings: &'static [&'static str],
}

const fn topic(
    name: &'static str,
    about: &'static str,
    page: Page,
    headings: &'static [&'static str],
) -> Topic {
    Topic {
        name,
        about,
        page,
        headings,
    }
}

const TOPICS: &[Topic] = &[
    topic(
        "status",
        "status.json: what an agent writes",
        README,
        &["### What the agent writes: status.json"],
    ),
    topic(
        "context",
        "context.json: what an agent reads",
        README,
        &["### What the agent reads: context.json"],
    ),
    topic(
        "variables",
        "what may stand in a prompt",
        README,
        &["### Variables in prompts"],
    ),
    topic(
        "loop",
        "loop.yaml, its fields, and when a loop ends",
        README,
        &["### Fields of loop.yaml"],
    ),
    topic(
        "pipeline",
        "pipelines of several stages, and their fields",
        README,
        &["## Pipelines of several stages"],
    ),
    topic(
        "test",
        "ap test: fixtures and scripts",
        README,
        &["## Test loops and pipelines"],
    ),
    topic(
        "lint",
        "ap lint: what each code means, and old spellings",
        LINT,
        &["# What `ap lint` finds"],
    ),
    topic(
        "providers",
        "which agents there are, and how each is called",
        PROVIDERS,
        &["# Which agents there are"],
    ),
    topic(
        "state",
        "the files of a session: state.json and the others",
        README,
        &["## Files"],
    ),
    topic("queue", "where tasks come from", QUEUES, QUEUE),
    topic(
        "limits",
        "limits, retries and budgets",
        README,
        &["## Limits and budgets"],
    ),
    topic(
        "resume",
        "what to do after a crash",
        README,
        &["## After a crash"],
    ),
    topic(
        "plugin",
        "the plugin for Claude Code, and the section for agents",
        README,
        &["## From Claude Code"],
    ),
    topic(
        "json",
        "JSON and exit codes",
        README,
        &["## JSON and exit codes"],
    ),
    topic(
        "environment",
        "environment variables",
        README,
        &["## Environment variables"],
    ),
    topic("safety", "what agents may do", README, &["## Safety"]),
];

/// What the page about queues says to somebody who has no checkout with its examples.
const QUEUE: &[&str] = &[
    "## The kinds of queue",
    "## A checklist",
    "## prd.json",
    "## Beads",
    "## Any other tracker",
    "## What the queue means for the loop",
    "## Claims",
    "## Keys and flags",
];

/// Sections that only sum up what a page of their own tells.
const SUMMARIES: &[(&str, &str)] = &[
    ("the-task-queue", "queue"),
    ("agents-other-than-claude-code", "providers"),
];

/// `ap explain <topic> --json`.
#[derive(Debug, Serialize)]
struct Explained {
    topic: &'static str,
    about: &'static str,
    /// Markdown.
    text: String,
    fields: Vec<Field>,
}

/// Explains what was asked for.
pub(super) fn run(args: &Args) -> Result<ExitCode> {
    let Some(name) = &args.topic else {
        return list(args.json);
    };
    let topic = TOPICS
        .iter()
        .find(|topic| topic.name == name.trim_end_matches(".json").trim_end_matches(".yaml"))
        .ok_or_else(|| {
            let names = TOPICS.iter().map(|topic| topic.name);
            Error::usage(format!("there is no topic `{}`", name.escape_debug()))
                .hint(suggest::hint(name, names))
        })?;
    let explained = explain(topic)?;
    if args.json {
        ui::json(&explained)?;
    } else {
        out(in_words(&explained))?;
    }
    Ok(ExitCode::Done)
}

fn list(json: bool) -> Result<ExitCode> {
    if json {
        let topics: Vec<Value> = TOPICS
            .iter()
            .map(|topic| serde_json::json!({ "topic": topic.name, "about": topic.about }))
            .collect();
        ui::json(&topics)?;
    } else {
        out(table::table(
            ["TOPIC", "EXPLAINS"],
            TOPICS
                .iter()
                .map(|topic| [topic.name.to_owned(), topic.about.to_owned()]),
        ))?;
    }
    Ok(ExitCode::Done)
}

fn explain(topic: &Topic) -> Result<Explained> {
    let text = page::without_links(&written(topic)?, |target| way(topic, target));
    Ok(Explained {
        topic: topic.name,
        about: topic.about,
        text,
        fields: fields::of(topic.name)?,
    })
}

/// Returns a topic's text as it is written.
fn written(topic: &Topic) -> Result<String> {
    let section = |heading: &&str| {
        page::section(topic.page.text, heading)
            .ok_or_else(|| Error::failed(format!("{} has no section `{heading}`", topic.page.path)))
    };
    Ok(topic
        .headings
        .iter()
        .map(section)
        .collect::<Result<Vec<_>>>()?
        .join("\n\n"))
}

/// Says where a link of a topic leads, in a terminal.
fn way(from: &Topic, target: &str) -> Way {
    if target.contains("://") {
        return Way::There(target.to_owned());
    }
    let (path, anchor) = target.split_once('#').unwrap_or((target, ""));
    let folder = from
        .page
        .path
        .rsplit_once('/')
        .map_or("", |(folder, _)| folder);
    let path = match (path, path.strip_prefix("../")) {
        ("", _) => from.page.path.to_owned(),
        (_, Some(above)) => above.to_owned(),
        (path, None) if folder.is_empty() => path.to_owned(),
        (path, None) => format!("{folder}/{path}"),
    };
    if let Some(schema) = path
        .strip_prefix("schemas/")
        .and_then(|file| file.strip_suffix(".schema.json"))
    {
        return Way::There(format!("`ap schema {schema}`"));
    }
    match TOPICS.iter().find(|topic| covers(topic, &path, anchor)) {
        Some(topic) if topic.name == from.name => Way::Here,
        Some(topic) => Way::There(format!("`ap explain {}`", topic.name)),
        None => Way::Nowhere,
    }
}

/// Whether a topic tells what a link to a page and an anchor on it means.
fn covers(topic: &Topic, path: &str, anchor: &str) -> bool {
    if path == README.path && SUMMARIES.contains(&(anchor, topic.name)) {
        return true;
    }
    // A link to a whole page means the topic made from it; the README is made into many.
    let whole = anchor.is_empty() && path != README.path;
    topic.page.path == path
        && (whole || written(topic).is_ok_and(|text| page::has_anchor(&text, anchor)))
}

fn in_words(explained: &Explained) -> String {
    let mut text = explained.text.clone();
    if !explained.fields.is_empty() {
        let _ = write!(text, "\n\nEvery field:\n\n");
        let row = |field: &Field| {
            [
                field.path.clone(),
                field.kind.clone(),
                if field.required { "yes" } else { "" }.to_owned(),
                field.about.clone(),
            ]
        };
        let _ = write!(
            text,
            "{}",
            table::table(
                ["FIELD", "TYPE", "ALWAYS", "MEANING"],
                explained.fields.iter().map(row)
            )
        );
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use camino::Utf8Path;

    #[test]
    fn every_topic_has_its_section() {
        for topic in TOPICS {
            let explained = explain(topic).unwrap();
            assert!(
                3 < explained.text.lines().count(),
                "{}: {}",
                topic.name,
                explained.text
            );
            assert!(
                explained
                    .text
                    .lines()
                    .filter(|line| line.starts_with("# "))
                    .count()
                    < 3,
                "{}",
                explained.text
            );
        }
    }

    /// Whoever reads it in a terminal may have the binary and nothing else.
    #[test]
    fn nothing_explained_needs_a_checkout() {
        let root = Utf8Path::new(env!("CARGO_MANIFEST_DIR"));
        for topic in TOPICS {
            let mut nowhere = Vec::new();
            page::without_links(&written(topic).unwrap(), |target| {
                let way = way(topic, target);
                nowhere.extend((way == Way::Nowhere).then(|| target.to_owned()));
                way
            });
            assert!(
                nowhere.is_empty(),
                "{}: links that lead nowhere: {nowhere:?}",
                topic.name
            );
            let explained = in_words(&explain(topic).unwrap());
            let words = explained
                .split(|letter: char| letter.is_whitespace() || "`'\"()[],;:".contains(letter));
            let ours = |word: &&str| {
                word.contains('/')
                    && !word.starts_with(['/', '.'])
                    && root.join(word.trim_end_matches('.')).exists()
            };
            let named: Vec<&str> = words.filter(ours).collect();
            assert!(
                named.is_empty(),
                "{}: files of a checkout: {named:?}",
                topic.name
            );
        }
    }

    #[test]
    fn a_link_says_what_to_type() {
        let find = |name: &str| TOPICS.iter().find(|topic| topic.name == name).unwrap();
        let way = |from: &str, target: &str| match way(find(from), target) {
            Way::There(way) => way,
            way => format!("{way:?}"),
        };
        assert_eq!(
            way("loop", "docs/queues.md#keys-and-flags"),
            "`ap explain queue`"
        );
        assert_eq!(
            way("loop", "#agents-other-than-claude-code"),
            "`ap explain providers`"
        );
        assert_eq!(
            way("lint", "queues.md#any-other-tracker"),
            "`ap explain queue`"
        );
        assert_eq!(
            way("providers", "../README.md#safety"),
            "`ap explain safety`"
        );
        assert_eq!(
            way("context", "schemas/context.schema.json"),
            "`ap schema context`"
        );
        assert_eq!(way("providers", "#permissions"), "Here");
        assert_eq!(way("loop", "docs/queues.md#gone"), "Nowhere");
        assert_eq!(
            way("queue", "https://example.com/a#b"),
            "https://example.com/a#b"
        );
    }
}
