//! Parses a checklist as CommonMark: finds code blocks, comments and headings.
use pulldown_cmark::{CodeBlockKind, Event, Options, Parser, Tag, TagEnd};
use std::ops::Range;

/// What hides a box from a reader of the rendered file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Hidden {
    /// A code block or comment that ends, by itself or with its list item or quote.
    Quoted,
    /// A code block that is one only because its lines are indented.
    Indented,
    /// A code block or comment that would hide everything below, because it never ends.
    Endless(&'static str),
}

/// A part of the file that is hidden.
#[derive(Clone, Debug)]
pub(super) struct HiddenPart {
    pub(super) at: Range<usize>,
    pub(super) hidden: Hidden,
}

/// A heading outside of lists and quotes.
#[derive(Clone, Debug)]
pub(super) struct Heading<'a> {
    pub(super) at: usize,
    pub(super) level: u8,
    pub(super) text: &'a str,
}

/// The blocks of a file that matter for its tasks, each in the order of the file.
#[derive(Debug, Default)]
pub(super) struct Blocks<'a> {
    pub(super) hidden: Vec<HiddenPart>,
    pub(super) headings: Vec<Heading<'a>>,
}

/// HTML blocks whose content a browser shows unformatted or not at all, with the text that ends each.
const HTML: [(&str, &str); 5] = [
    ("<!--", "-->"),
    ("<pre", "</"),
    ("<script", "</"),
    ("<style", "</"),
    ("<textarea", "</"),
];

/// Finds the blocks of a file.
pub(super) fn blocks(text: &str) -> Blocks<'_> {
    let mut blocks = Blocks::default();
    let mut depth = 0_usize;
    let marked = text.len() - text.trim_start_matches('\u{feff}').len();
    let plain = normalized(&text[marked..]);
    for (event, at) in Parser::new_ext(&plain, Options::empty()).into_offset_iter() {
        let at = at.start + marked..at.end + marked;
        match event {
            Event::Start(Tag::List(_) | Tag::BlockQuote(_)) => depth += 1,
            Event::End(TagEnd::List(_) | TagEnd::BlockQuote(_)) => {
                depth = depth.saturating_sub(1);
            }
            Event::Start(Tag::Heading { level, .. }) if depth == 0 => {
                blocks.headings.push(Heading {
                    at: at.start,
                    level: level as u8,
                    text: text[at].trim_matches(['#', '=', '-', ' ', '\t', '\r', '\n']),
                });
            }
            Event::Start(Tag::CodeBlock(kind)) => {
                let hidden = match kind {
                    CodeBlockKind::Indented => Hidden::Indented,
                    CodeBlockKind::Fenced(_) if depth == 0 && !is_closed(&text[at.clone()]) => {
                        Hidden::Endless("code block")
                    }
                    CodeBlockKind::Fenced(_) => Hidden::Quoted,
                };
                blocks.hidden.push(HiddenPart { at, hidden });
            }
            Event::Start(Tag::HtmlBlock) => blocks.hidden.extend(html(text, at, depth)),
            _ => {}
        }
    }
    blocks
}

/// Returns the text in a form the parser understands, with every byte at its offset: the parser knows neither a lone
/// carriage return as a line end nor a tab after a closing fence.
fn normalized(text: &str) -> String {
    let mut bytes = text.as_bytes().to_vec();
    let mut is_end = true;
    for at in (0..bytes.len()).rev() {
        match bytes[at] {
            b'\n' => is_end = true,
            b'\r' => {
                let before_feed = text.as_bytes().get(at + 1) == Some(&b'\n');
                bytes[at] = if before_feed { b' ' } else { b'\n' };
                is_end = true;
            }
            b'\t' if is_end => bytes[at] = b' ',
            b' ' => {}
            _ => is_end = false,
        }
    }
    String::from_utf8(bytes).unwrap_or_else(|_| text.to_owned())
}

/// Returns the part that an HTML block hides, if it does.
fn html(text: &str, at: Range<usize>, depth: usize) -> Option<HiddenPart> {
    let block = &text[at.clone()];
    let begins = |tag: &str| {
        block
            .get(..tag.len())
            .is_some_and(|start| start.eq_ignore_ascii_case(tag))
    };
    let (tag, end) = HTML.into_iter().find(|(tag, _)| begins(tag))?;
    let hidden = if depth > 0 || block.contains(end) {
        Hidden::Quoted
    } else if tag == "<!--" {
        Hidden::Endless("comment")
    } else {
        Hidden::Endless("HTML block")
    };
    Some(HiddenPart { at, hidden })
}

/// Whether the last line of a fenced code block outside of lists and quotes is its closing fence.
fn is_closed(block: &str) -> bool {
    let mut lines = block.split(['\n', '\r']).filter(|line| !line.is_empty());
    let opening = lines.next().unwrap_or_default().trim_start();
    let Some(fence) = opening.chars().next() else {
        return false;
    };
    let length = opening.len() - opening.trim_start_matches(fence).len();
    lines.next_back().is_some_and(|last| {
        let bare = last.trim_start_matches(' ');
        let indent = last.len() - bare.len();
        let bare = bare.trim_end();
        indent < 4 && bare.len() >= length && bare.chars().all(|letter| letter == fence)
    })
}
