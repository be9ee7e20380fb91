//! Pages of the manual, as a terminal shows them: links cannot be followed there.
use std::fmt::Write as _;

/// A page of the manual.
#[derive(Clone, Copy)]
pub(super) struct Page {
    /// From the top of the repository.
    pub(super) path: &'static str,
    pub(super) text: &'static str,
}

/// Where a link leads.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum LinkTarget {
    /// To the same topic.
    Here,
    /// To an address, or to what a command prints.
    Elsewhere(String),
    Nowhere,
}

/// Returns the section of a Markdown document under a heading, with its subsections and without comments for the tests.
pub(super) fn section(document: &str, heading: &str) -> Option<String> {
    let (mut text, mut inside, mut fenced) = (String::new(), false, false);
    for line in document.lines() {
        fenced ^= is_fence(line);
        if !fenced && let Some(level) = level(line) {
            if inside && Some(level) <= self::level(heading) {
                break;
            }
            inside |= line == heading;
        }
        if inside && !line.starts_with("<!--") {
            let _ = writeln!(text, "{line}");
        }
    }
    inside.then(|| text.trim_end().to_owned())
}

/// Whether a link to an anchor leads to one of the headings of a document.
pub(super) fn has_anchor(document: &str, anchor: &str) -> bool {
    let mut fenced = false;
    document.lines().any(|line| {
        fenced ^= is_fence(line);
        !fenced && level(line).is_some_and(|level| slug(&line[level..]) == anchor)
    })
}

/// Returns the text with words, commands and addresses instead of links.
pub(super) fn without_links(text: &str, mut leads: impl FnMut(&str) -> LinkTarget) -> String {
    let (mut plain, mut fenced) = (String::new(), false);
    for line in text.lines() {
        fenced ^= is_fence(line);
        let mut rest = line;
        while !fenced && let Some(link) = link(rest) {
            plain += link.before;
            plain += &match (leads(link.target), link.words.contains(['/', '.'])) {
                (LinkTarget::Here | LinkTarget::Nowhere, _) => link.words.to_owned(),
                (LinkTarget::Elsewhere(way), true) => way,
                (LinkTarget::Elsewhere(way), false) => format!("{} ({way})", link.words),
            };
            rest = link.after;
        }
        let _ = writeln!(plain, "{rest}");
    }
    plain.trim_end().to_owned()
}

struct Link<'a> {
    before: &'a str,
    words: &'a str,
    target: &'a str,
    after: &'a str,
}

/// Returns the first link of a line.
fn link(line: &str) -> Option<Link<'_>> {
    let (before, target) = line.split_once("](")?;
    let (before, words) = before.rsplit_once('[')?;
    let (target, after) = target.split_once(')')?;
    Some(Link {
        before,
        words,
        target,
        after,
    })
}

fn is_fence(line: &str) -> bool {
    line.trim_start().starts_with("```")
}

/// Returns how deep a heading is.
fn level(line: &str) -> Option<usize> {
    let level = line.bytes().take_while(|byte| *byte == b'#').count();
    (0 < level && line[level..].starts_with(' ')).then_some(level)
}

/// Returns a heading's anchor, as links to it use.
fn slug(words: &str) -> String {
    let kept = words
        .trim()
        .chars()
        .filter(|letter| letter.is_alphanumeric() || matches!(letter, ' ' | '-' | '_'));
    kept.map(|letter| if letter == ' ' { '-' } else { letter })
        .collect::<String>()
        .to_lowercase()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_section_ends_where_the_next_begins() {
        let document =
            "# A\n## B\n<!-- not run: x -->\n```sh\n# no heading\n```\n### C\nc\n## D\nd\n";
        assert_eq!(
            section(document, "## B").unwrap(),
            "## B\n```sh\n# no heading\n```\n### C\nc"
        );
        assert_eq!(section(document, "## E"), None);
    }

    #[test]
    fn an_anchor_is_a_heading_in_small_letters() {
        let document = "## What the agent writes: status.json\n```\n# no-heading\n```\n";
        assert!(has_anchor(document, "what-the-agent-writes-statusjson"));
        assert!(!has_anchor(document, "no-heading") && !has_anchor(document, "what"));
    }

    #[test]
    fn links_become_what_can_be_typed() {
        let leads = |target: &str| match target {
            "#here" => LinkTarget::Here,
            "gone.md" => LinkTarget::Nowhere,
            target => LinkTarget::Elsewhere(format!("`ap explain {target}`")),
        };
        let text = "See [its keys](queue), [docs/lint.md](lint), [this](#here) and [that](gone.md).\n```yaml\nfrom: [a](b)\n```\n";
        insta::assert_snapshot!(without_links(text, leads), @r"
        See its keys (`ap explain queue`), `ap explain lint`, this and that.
        ```yaml
        from: [a](b)
        ```
        ");
    }
}
