//! Renders Markdown for a terminal.
use super::style::Look;
use super::table::{Cell, Fit, Table};
use super::wrap::wrap;
use pulldown_cmark::{Event, Options, Parser, Tag, TagEnd};

/// The narrowest width text is laid out for.
const MIN_WIDTH: usize = 20;
/// Wider lines are hard to read.
const MAX_WIDTH: usize = 100;

/// Returns Markdown as text for a terminal this wide.
pub fn render(markdown: &str, width: usize) -> String {
    let mut page = Page {
        width: width.max(MIN_WIDTH),
        ..Page::default()
    };
    for event in Parser::new_ext(markdown, Options::ENABLE_TABLES) {
        page.add(event);
    }
    page.text.trim_end().to_owned()
}

/// A page, laid out up to an event of the parser.
#[derive(Default)]
struct Page {
    text: String,
    width: usize,
    /// The words of the current block, styled.
    words: String,
    look: Look,
    is_code: bool,
    /// What each line begins with, for each list and quotation around it.
    indents: Vec<String>,
    /// What the next line begins with, where it is the first of an item.
    marker: Option<String>,
    /// The number of the next item, for each list; none for one with bullets.
    numbers: Vec<Option<u64>>,
    /// The rows of the current table.
    rows: Vec<Vec<String>>,
}

impl Page {
    fn add(&mut self, event: Event<'_>) {
        match event {
            Event::Start(tag) => self.start(&tag),
            Event::End(tag) => self.end(tag),
            Event::Text(text) => self.push(&text, self.look),
            // Code keeps its backticks, which say the same without a style.
            Event::Code(code) => self.push(&format!("`{code}`"), Look::Name),
            Event::Html(text) | Event::InlineHtml(text) if !text.starts_with("<!--") => {
                self.push(&text, self.look);
            }
            Event::SoftBreak | Event::HardBreak => self.words.push(' '),
            _ => {}
        }
    }

    fn start(&mut self, tag: &Tag<'_>) {
        match tag {
            Tag::Paragraph | Tag::Table(_) => self.begin_block(true),
            Tag::Heading { .. } => {
                self.begin_block(true);
                self.look = Look::Heading;
            }
            Tag::CodeBlock(_) => {
                self.begin_block(true);
                self.is_code = true;
            }
            Tag::List(first) => {
                self.begin_block(self.numbers.is_empty());
                self.numbers.push(*first);
            }
            Tag::Item => self.begin_item(),
            Tag::BlockQuote(_) => self.indents.push("│ ".to_owned()),
            Tag::TableHead | Tag::TableRow => self.rows.push(Vec::new()),
            Tag::Strong => self.look = Look::Heading,
            _ => {}
        }
    }

    fn end(&mut self, tag: TagEnd) {
        match tag {
            TagEnd::Paragraph | TagEnd::HtmlBlock => self.end_block(),
            TagEnd::Heading(_) => {
                self.end_block();
                self.look = Look::Plain;
            }
            TagEnd::CodeBlock => self.end_code(),
            TagEnd::List(_) => drop(self.numbers.pop()),
            TagEnd::Item => {
                self.end_block();
                self.indents.pop();
            }
            TagEnd::BlockQuote(_) => drop(self.indents.pop()),
            TagEnd::TableCell => {
                let cell = std::mem::take(&mut self.words);
                if let Some(row) = self.rows.last_mut() {
                    row.push(cell);
                }
            }
            TagEnd::Table => self.end_table(),
            TagEnd::Strong => self.look = Look::Plain,
            _ => {}
        }
    }

    /// Adds words to the current block. Each has its style for itself, so that lines can be broken between them.
    fn push(&mut self, text: &str, look: Look) {
        if self.is_code || !self.rows.is_empty() {
            self.words += text;
            return;
        }
        for (number, word) in text.split(' ').enumerate() {
            self.words += if number == 0 { "" } else { " " };
            if !word.is_empty() {
                self.words += &look.apply(word).to_string();
            }
        }
    }

    /// Ends what comes before a block, and separates it by a blank line unless it is the first of an item.
    fn begin_block(&mut self, is_separate: bool) {
        self.end_block();
        if is_separate && self.marker.is_none() && !self.text.is_empty() {
            self.text.push('\n');
        }
    }

    fn begin_item(&mut self) {
        let marker = match self.numbers.last_mut() {
            Some(Some(number)) => {
                *number += 1;
                format!("{}. ", *number - 1)
            }
            Some(None) | None => "• ".to_owned(),
        };
        self.marker = Some(self.indents.concat() + &marker);
        self.indents.push(" ".repeat(marker.chars().count()));
    }

    fn end_block(&mut self) {
        let words = std::mem::take(&mut self.words);
        if words.trim().is_empty() {
            return;
        }
        let indent = self.indents.concat();
        let mut before = self.marker.take().unwrap_or_else(|| indent.clone());
        let width = self.width.min(MAX_WIDTH);
        let room = width.saturating_sub(indent.chars().count()).max(MIN_WIDTH);
        for line in wrap(words.trim(), room) {
            self.text += &format!("{before}{line}\n");
            before.clone_from(&indent);
        }
    }

    fn end_code(&mut self) {
        let indent = self.indents.concat() + "    ";
        let room = self.width.saturating_sub(indent.chars().count());
        let code = std::mem::take(&mut self.words);
        for line in code.lines().flat_map(|line| with_comment_below(line, room)) {
            let line = format!("{indent}{}", Look::Name.apply(line));
            self.text += &format!("{}\n", line.trim_end());
        }
        self.is_code = false;
    }

    fn end_table(&mut self) {
        let rows = std::mem::take(&mut self.rows);
        let columns = rows.first().map_or(0, Vec::len);
        let mut table = Table::new(vec![Fit::Wrap; columns]);
        for (number, row) in rows.into_iter().enumerate() {
            let look = [Look::Heading, Look::Plain][number.min(1)];
            table = table.row(row.into_iter().map(|cell| Cell::new(cell, look)).collect());
        }
        self.text += &format!("{}\n", table.fit(Some(self.width)).trim_end());
    }
}

/// Breaks the text in the last column of a line of code that is too long: a comment, or what a file is for. Anything else
/// may be there to be copied.
fn with_comment_below(line: &str, room: usize) -> Vec<String> {
    let column = line.rfind("  ").map_or(0, |gap| gap + 2);
    let (code, text) = line.split_at(column);
    let mark = if text.starts_with("# ") { "# " } else { "" };
    let taken = code.chars().count() + mark.len();
    if line.chars().count() <= room || code.trim().is_empty() || room < taken + MIN_WIDTH {
        return vec![line.to_owned()];
    }
    let lines = wrap(&text[mark.len()..], room - taken);
    let blank = " ".repeat(code.chars().count());
    let before = std::iter::once(code).chain(std::iter::repeat(blank.as_str()));
    let lines = lines.iter().zip(before);
    lines
        .map(|(text, before)| format!("{before}{mark}{text}"))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use insta::assert_snapshot;

    const PAGE: &str = "\
# A title

A paragraph with `code` and **bold words**, which is
longer than the terminal is wide.
<!-- not shown -->
- an item that is long enough to be broken into two lines
- another
  1. a numbered one

```sh
ap work auth 25    # never broken, however long the line is
```

| Key | Meaning |
|---|---|
| `a` | What **it** means, in more words than fit on a line |
| `b\\|c` | short |
";

    #[test]
    fn a_page_is_laid_out_for_the_terminal() {
        console::set_colors_enabled(false);
        assert_snapshot!(render(PAGE, 40), @r"
        A title

        A paragraph with `code` and bold words,
        which is longer than the terminal is
        wide.

        • an item that is long enough to be
          broken into two lines
        • another
          1. a numbered one

            ap work auth 25    # never broken, however long the line is

        Key    Meaning
        `a`    What it means, in more words than
               fit on a line
        `b|c`  short
        ");
    }

    #[test]
    fn a_long_comment_is_broken_and_code_is_not() {
        console::set_colors_enabled(false);
        let page = "- one\n\n  | a |\n  |---|\n  | b |\n\n```yaml\nretries: 2    # more attempts after a crash or a hang\nname: a long name that is copied as it stands\n```\n";
        assert_snapshot!(render(page, 44), @r"
        • one

        a
        b

            retries: 2    # more attempts after a
                          # crash or a hang
            name: a long name that is copied as it stands
        ");
    }

    #[test]
    fn quotations_and_placeholders_are_kept_and_comments_left_out() {
        console::set_colors_enabled(false);
        let page = "Run `ap <loop>`, or a <name>.\n\n> a quotation, longer than a line\n\n9. nine\n10. ten<!-- no -->\n";
        assert_snapshot!(render(page, 22), @r"
        Run `ap <loop>`, or a
        <name>.

        │ a quotation, longer
        │ than a line

        9. nine
        10. ten
        ");
    }
}
