//! The topics of `ap explain`, and the pages they are made from.
use super::page::{self, Page};
use crate::error::{Error, Result};
use crate::plan::suggest;

pub(super) const README: Page = Page {
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

/// Something that can be explained.
pub(super) struct Topic {
    pub(super) name: &'static str,
    pub(super) about: &'static str,
    pub(super) page: Page,
    /// Its headings, with their `#`s.
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

pub(super) const TOPICS: &[Topic] = &[
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
        "the variables of prompts",
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
        &["# Lint codes"],
    ),
    topic(
        "providers",
        "which agents there are, and how each is called",
        PROVIDERS,
        &["# Providers"],
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

/// The page about queues without what needs a checkout with its examples.
const QUEUE: &[&str] = &[
    "## The kinds of queue",
    "## A checklist",
    "## prd.json",
    "## Beads",
    "## Any other tracker",
    "## How the queue ends the loop",
    "## Claims",
    "## Keys and flags",
];

impl Topic {
    /// Finds a topic by its name, or by a file's: `status.json`.
    pub(super) fn find(name: &str) -> Result<&'static Self> {
        let plain = name.trim_end_matches(".json").trim_end_matches(".yaml");
        TOPICS
            .iter()
            .find(|topic| topic.name == plain)
            .ok_or_else(|| {
                let names = TOPICS.iter().map(|topic| topic.name);
                Error::usage(format!("there is no topic `{}`", name.escape_debug()))
                    .hint(suggest::hint(name, names))
            })
    }

    /// Returns the topic's Markdown as it is in the pages.
    pub(super) fn markdown(&self) -> Result<String> {
        let sections: Vec<String> = self
            .headings
            .iter()
            .map(|heading| self.section(heading))
            .collect::<Result<_>>()?;
        Ok(sections.join("\n\n"))
    }

    fn section(&self, heading: &str) -> Result<String> {
        page::section(self.page.text, heading)
            .ok_or_else(|| Error::failed(format!("{} has no section `{heading}`", self.page.path)))
    }
}
