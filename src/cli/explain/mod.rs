//! `ap explain`: prints the reference: the text of the documents, and every field of the schemas.
mod code;
mod fields;
mod links;
mod page;
mod topics;

use super::context::Context;
use super::format::Format;
use crate::compile::LintCode;
use crate::error::{ExitCode, Result};
use crate::ui::style::Look;
use crate::ui::table::{Cell, Fit, Table};
use crate::ui::{self, markdown, out, pager};
use fields::Field;
use serde::Serialize;
use std::fmt::Write as _;
use topics::{TOPICS, Topic};

#[derive(Clone, Debug, clap::Args)]
#[command(mut_arg("json", |json| json.help("Print JSON (`ap schema ap-explain`); without a topic the list (`ap schema ap-explain-topics`)")))]
pub(super) struct Args {
    /// Topic, or a code of `ap lint`; the list of topics if not given
    topic: Option<String>,
    #[command(flatten)]
    format: Format,
}

/// `ap explain <topic> --json`.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
pub(super) struct Explanation {
    topic: &'static str,
    about: &'static str,
    /// Markdown.
    text: String,
    fields: Vec<Field>,
}

/// One entry of `ap explain --json`.
#[derive(Serialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
pub(super) struct ListedTopic {
    about: &'static str,
    topic: &'static str,
}

pub(super) fn run(args: &Args, context: &Context) -> Result<ExitCode> {
    match &args.topic {
        Some(name) => show(&named(name)?, args.format, context)?,
        None => list(args.format)?,
    }
    Ok(ExitCode::Done)
}

fn list(format: Format) -> Result<()> {
    let topics: Vec<ListedTopic> = TOPICS
        .iter()
        .map(|topic| ListedTopic {
            topic: topic.name,
            about: topic.about,
        })
        .collect();
    match format {
        Format::Json => ui::json::print(&topics),
        Format::Text => {
            let rows = topics
                .iter()
                .map(|topic| [Cell::new(topic.topic, Look::Name), topic.about.into()]);
            let table = Table::new([Fit::Keep, Fit::Wrap]).header(["TOPIC", "EXPLAINS"]);
            out(table.rows(rows).fit_terminal())
        }
    }
}

/// Explains a topic, or a lint code by its name or alias.
fn named(name: &str) -> Result<Explanation> {
    match (Topic::find(name), LintCode::find(name)) {
        (Ok(topic), _) => explain(topic),
        (Err(_), Some(code)) => Ok(explain_code(code)),
        (Err(error), None) => Err(error),
    }
}

fn explain_code(code: LintCode) -> Explanation {
    let docs = code.docs().unwrap_or_default();
    Explanation {
        topic: code.as_str(),
        about: docs.meaning,
        text: code::page(code, &docs),
        fields: Vec::new(),
    }
}

fn show(explanation: &Explanation, format: Format, context: &Context) -> Result<()> {
    match format {
        Format::Json => ui::json::print(explanation),
        Format::Text => {
            let text = match ui::width() {
                Some(width) => {
                    let markdown = markdown::render(&explanation.text, width);
                    markdown + &fields_text(&explanation.fields)
                }
                None => text(explanation),
            };
            let variable = |name| context.env.get(name);
            pager::page(&text, variable("PAGER"), variable("LESS"))
        }
    }
}

fn explain(topic: &Topic) -> Result<Explanation> {
    let markdown = topic.markdown()?;
    Ok(Explanation {
        topic: topic.name,
        about: topic.about,
        text: page::without_links(&markdown, |target| links::target_of(topic, target)),
        fields: fields::of_topic(topic.name)?,
    })
}

fn text(explanation: &Explanation) -> String {
    explanation.text.clone() + &fields_text(&explanation.fields)
}

/// Returns the table of a file's fields; empty for a topic that is not a file.
fn fields_text(fields: &[Field]) -> String {
    let mut text = String::new();
    if !fields.is_empty() {
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
            Table::new([Fit::Keep, Fit::Wrap, Fit::Keep, Fit::Wrap])
                .header(["FIELD", "TYPE", "ALWAYS", "MEANING"])
                .rows(fields.iter().map(row))
                .fit_terminal()
        );
    }
    text
}

#[cfg(test)]
mod tests {
    use super::links::target_of;
    use super::page::LinkTarget;
    use super::topics::TOPICS;
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

    /// A reader in a terminal may have the binary and nothing else.
    #[test]
    fn nothing_explained_needs_a_checkout() {
        let root = Utf8Path::new(env!("CARGO_MANIFEST_DIR"));
        for topic in TOPICS {
            let mut nowhere = Vec::new();
            page::without_links(&topic.markdown().unwrap(), |target| {
                let way = target_of(topic, target);
                nowhere.extend((way == LinkTarget::Nowhere).then(|| target.to_owned()));
                way
            });
            assert!(
                nowhere.is_empty(),
                "{}: links that lead nowhere: {nowhere:?}",
                topic.name
            );
            let explained = text(&explain(topic).unwrap());
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
    fn every_topic_that_a_page_names_exists() {
        let mut names = Vec::new();
        for topic in TOPICS {
            let commands = topic.page.text.split("ap explain ").skip(1);
            names.extend(commands.filter_map(|rest| rest.split(['`', ' ', '\n']).next()));
        }
        assert!(10 < names.len(), "{names:?}");
        for name in names {
            assert!(named(name).is_ok() || name.starts_with('-'), "{name}");
        }
    }

    #[test]
    fn a_link_shows_the_command_to_type() {
        let find = |name: &str| TOPICS.iter().find(|topic| topic.name == name).unwrap();
        let way = |from: &str, target: &str| match target_of(find(from), target) {
            LinkTarget::Elsewhere(way) => way,
            way => format!("{way:?}"),
        };
        assert_eq!(
            way("loop", "queues.md#keys-and-flags"),
            "`ap explain queue`"
        );
        assert_eq!(way("loop", "providers.md"), "`ap explain providers`");
        assert_eq!(
            way("lint", "queues.md#any-other-tracker"),
            "`ap explain queue`"
        );
        assert_eq!(
            way("providers", "sessions.md#safety"),
            "`ap explain safety`"
        );
        assert_eq!(
            way("context", "../schemas/context.schema.json"),
            "`ap schema context`"
        );
        assert_eq!(way("providers", "#permissions"), "Here");
        assert_eq!(way("loop", "queues.md#gone"), "Nowhere");
        assert_eq!(way("loop", "reference.md"), "Nowhere");
        assert_eq!(
            way("queue", "https://example.com/a#b"),
            "https://example.com/a#b"
        );
    }
}
