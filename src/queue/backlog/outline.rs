//! The headings and plain list items a line is under.
use super::blocks::Heading;
use super::lines::{Line, NESTED};

/// The heading level of a line that is bold as a whole, which many people use as a heading.
const BOLD: u8 = 7;

/// Where in the outline of a file the current line is.
pub(super) struct Outline<'h, 'a> {
    /// Headings below the current line.
    ahead: &'h [Heading<'a>],
    headings: Vec<(u8, &'a str)>,
    /// Plain list items with their indents.
    items: Vec<(usize, &'a str)>,
}

impl<'h, 'a> Outline<'h, 'a> {
    pub(super) fn new(headings: &'h [Heading<'a>]) -> Self {
        Self {
            ahead: headings,
            headings: Vec::new(),
            items: Vec::new(),
        }
    }

    /// Moves to a line: leaves the items it is not inside of, and enters the heading it is.
    pub(super) fn enter(&mut self, line: &Line<'a>, blank: bool) {
        while let Some((indent, _)) = self.items.last()
            && !blank
            && line.indent < indent + NESTED
        {
            self.items.pop();
        }
        while let Some((heading, ahead)) = self.ahead.split_first()
            && heading.at <= line.start + line.text.len()
        {
            self.ahead = ahead;
            self.open(heading.level, heading.text);
        }
    }

    /// Records a line that may have tasks below it: a plain list item, or a bold line.
    pub(super) fn note(&mut self, line: &Line<'a>) {
        let text = line.text.trim();
        let digits = text.trim_start_matches(|c: char| c.is_ascii_digit());
        let is_item = if digits.len() < text.len() {
            digits.starts_with(". ") || digits.starts_with(") ")
        } else {
            ["- ", "* ", "+ "]
                .iter()
                .any(|bullet| text.starts_with(bullet))
        };
        if is_item {
            self.items.push((line.indent, text));
        } else if let Some(bold) = bold(text) {
            self.open(BOLD, bold);
        }
    }

    /// Returns the headings and list items the current line is under, outermost first.
    pub(super) fn path(&self) -> Vec<&'a str> {
        let headings = self.headings.iter().map(|(_, text)| *text);
        headings
            .chain(self.items.iter().map(|(_, text)| *text))
            .collect()
    }

    fn open(&mut self, level: u8, text: &'a str) {
        self.headings.retain(|(above, _)| *above < level);
        self.headings.push((level, text));
        self.items.clear();
    }
}

/// Returns the text of a line that is bold as a whole.
fn bold(text: &str) -> Option<&str> {
    let text = text
        .trim_end_matches(':')
        .strip_prefix("**")?
        .strip_suffix("**")?;
    (!text.is_empty() && !text.contains("**")).then_some(text)
}
