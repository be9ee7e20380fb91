//! The topics of `ap explain`, and the pages they are made from.
use super::page::{self, Page};
use crate::error::{Error, ErrorKind, Result};
use crate::plan::suggest;

/// Declares a page of `docs/`, embedded in the program.
macro_rules! page {
    ($name:ident, $path:literal) => {
        const $name: Page = Page {
            path: $path,
            text: include_str!(concat!("../../../", $path)),
        };
    };
}

page!(DEFINITIONS, "docs/definitions.md");
page!(GUARD, "docs/guard.md");
page!(HOOKS, "docs/hooks.md");
page!(JOBS, "docs/jobs.md");
page!(LINT, "docs/lint.md");
page!(PEOPLE, "docs/people.md");
page!(PLUGIN, "docs/plugin.md");
page!(PROVIDERS, "docs/providers.md");
page!(QUEUES, "docs/queues.md");
page!(NOTIFICATIONS, "docs/notifications.md");
page!(QUOTA, "docs/quota.md");
page!(REFERENCE, "docs/reference.md");
page!(SESSIONS, "docs/sessions.md");
page!(SUPERVISOR, "docs/supervisor.md");
page!(TESTING, "docs/testing.md");

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
        DEFINITIONS,
        &["### What the agent writes: status.json"],
    ),
    topic(
        "context",
        "context.json: what an agent reads",
        DEFINITIONS,
        &["### What the agent reads: context.json"],
    ),
    topic(
        "variables",
        "the variables of prompts",
        DEFINITIONS,
        &["### Variables in prompts"],
    ),
    topic(
        "loop",
        "loop.yaml, its fields, and when a loop ends",
        DEFINITIONS,
        &["### Fields of loop.yaml"],
    ),
    topic(
        "pipeline",
        "pipelines of several stages, and their fields",
        DEFINITIONS,
        &["## Pipelines of several stages"],
    ),
    topic(
        "start",
        "the flags of a start, what the agent gets, and what it costs",
        SESSIONS,
        &[
            "### Flags of a start",
            "### What the agent gets",
            "### What it costs",
            "### Refused and early ends",
        ],
    ),
    topic(
        "test",
        "ap test: fixtures and scripts",
        TESTING,
        &["# Test loops and pipelines"],
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
        REFERENCE,
        &["## Files in a project", "## The state folder"],
    ),
    topic("queue", "where tasks come from", QUEUES, QUEUE),
    topic(
        "limits",
        "limits, retries and budgets",
        SESSIONS,
        &["## Limits and budgets"],
    ),
    topic(
        "questions",
        "what sessions and agents ask you, and how to answer",
        PEOPLE,
        &["# Questions and answers"],
    ),
    topic(
        "permissions",
        "what agents may do, and how you approve what they run",
        PEOPLE,
        &["## Approve what agents run"],
    ),
    topic(
        "say",
        "how you tell an agent something while it works",
        PEOPLE,
        &["## Send a message to a working agent"],
    ),
    topic(
        "guard",
        "what agents may not do with their tools",
        GUARD,
        &["# Guardrails"],
    ),
    topic(
        "jobs",
        "what agents call from inside their session",
        JOBS,
        &["# From inside a session"],
    ),
    topic(
        "hooks",
        "what runs when something happens in a session",
        HOOKS,
        &["# Hooks"],
    ),
    topic(
        "quota",
        "the windows of a subscription, and how much of them sessions use",
        QUOTA,
        &["# Quota"],
    ),
    topic(
        "recovery",
        "the classes of failures, and what follows from each",
        SESSIONS,
        &["## Failures and recovery"],
    ),
    topic(
        "resume",
        "what to do after a crash",
        SESSIONS,
        &["## After a crash"],
    ),
    topic(
        "plugin",
        "the plugin for Claude Code, and the section for agents",
        PLUGIN,
        &["# The plugin for Claude Code"],
    ),
    topic(
        "json",
        "what commands print with --json",
        REFERENCE,
        &["## JSON"],
    ),
    topic(
        "exit-codes",
        "what each exit code means",
        REFERENCE,
        &["## Exit codes"],
    ),
    topic(
        "environment",
        "environment variables, config.yaml, and the settings of a project",
        REFERENCE,
        &[
            "## Environment variables",
            "## config.yaml",
            "## Settings of a project",
        ],
    ),
    topic(
        "safety",
        "what agents may do, and how they are contained",
        SESSIONS,
        &["## Safety", "## Containment"],
    ),
    topic(
        "notifications",
        "how you are notified, and how you answer from your phone",
        NOTIFICATIONS,
        &[
            "## On your phone in five minutes: ntfy",
            "## On your phone in five minutes: Telegram, with answers",
            "## Channels",
            "## Rules and events",
            "## Secrets",
            "## Answers from the chat",
            "## Delivery",
            "## When nothing comes",
            "## List of ended runs",
        ],
    ),
    topic(
        "supervisor",
        "how many projects are kept going, day and night",
        SUPERVISOR,
        &["# Many projects, day and night"],
    ),
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
                Error::new(
                    ErrorKind::NotFound,
                    format!("there is no topic `{}`", name.escape_debug()),
                )
                .hint(suggest::hint(name, names))
            })
    }

    /// Whether it is all of its page.
    pub(super) fn is_whole_page(&self) -> bool {
        self.headings
            .iter()
            .any(|heading| heading.starts_with("# "))
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
