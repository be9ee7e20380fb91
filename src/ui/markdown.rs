//! Renders Markdown for a terminal: the subset that the manual uses.
use super::style::Look;
use super::table::{Cell, Fit, Table};
use super::wrap::wrap;

/// The narrowest width text is laid out for.
const MIN_WIDTH: usize = 20;
/// Wider lines are hard to read.
const MAX_WIDTH: usize = 100;

/// Returns Markdown as text for a terminal this wide.
pub fn render(markdown: &str, width: usize) -> String {
    let mut page = Page {
        text: String::new(),
        width: width.max(MIN_WIDTH),
    };
    let mut lines = markdown.lines().peekable();
    while let Some(line) = lines.next() {
        if is_fence(line) {
            for code in lines.by_ref().take_while(|line| !is_fence(line)) {
                page.line(&format!("    {}", Look::Name.apply(code)));
            }
        } else if line.trim_start().starts_with('|') {
            let mut rows = vec![line];
            while let Some(row) = lines.next_if(|line| line.trim_start().starts_with('|')) {
                rows.push(row);
            }
            page.table(&rows);
        } else if begins_block(line) {
            page.block(line, &rest_of_paragraph(&mut lines));
        } else {
            page.paragraph(line, &rest_of_paragraph(&mut lines));
        }
    }
    page.text.trim_end().to_owned()
}

/// Takes the lines that continue a paragraph or a list item.
fn rest_of_paragraph<'a>(
    lines: &mut std::iter::Peekable<impl Iterator<Item = &'a str>>,
) -> Vec<&'a str> {
    let mut rest = Vec::new();
    while let Some(line) = lines.next_if(|line| continues(line)) {
        rest.push(line.trim());
    }
    rest
}

fn continues(line: &str) -> bool {
    !line.trim().is_empty() && !begins_block(line) && !is_fence(line) && !line.starts_with('|')
}

fn is_fence(line: &str) -> bool {
    line.trim_start().starts_with("```")
}

/// Whether a line begins a heading, a list item, a quotation or a comment.
fn begins_block(line: &str) -> bool {
    let line = line.trim_start();
    line.is_empty() || line.starts_with(['#', '>']) || line.starts_with("<!--") || marker(line) > 0
}

/// Returns how long the marker of a list item is, with the space behind it.
fn marker(line: &str) -> usize {
    if line.starts_with("- ") || line.starts_with("* ") {
        return 2;
    }
    let digits = line.bytes().take_while(u8::is_ascii_digit).count();
    if 0 < digits && line[digits..].starts_with(". ") {
        digits + 2
    } else {
        0
    }
}

struct Page {
    text: String,
    width: usize,
}

impl Page {
    fn line(&mut self, line: &str) {
        self.text += line.trim_end();
        self.text.push('\n');
    }

    /// Adds a text whose first line has a prefix, and whose other lines are as far to the right.
    fn wrapped(&mut self, prefix: &str, text: &str) {
        let width = self
            .width
            .min(MAX_WIDTH)
            .saturating_sub(prefix.chars().count());
        let styled = inline(&wrap(text, width.max(MIN_WIDTH)).join("\n"));
        let indent = " ".repeat(prefix.chars().count());
        for (number, line) in styled.lines().enumerate() {
            let before = if number == 0 { prefix } else { &indent };
            self.line(&format!("{before}{line}"));
        }
    }

    fn paragraph(&mut self, first: &str, rest: &[&str]) {
        let indent = &first[..first.len() - first.trim_start().len()];
        let mut words = vec![first.trim()];
        words.extend(rest);
        self.wrapped(indent, &words.join(" "));
    }

    fn block(&mut self, line: &str, rest: &[&str]) {
        let trimmed = line.trim_start();
        let indent = &line[..line.len() - trimmed.len()];
        let marker = marker(trimmed);
        if trimmed.is_empty() || trimmed.starts_with("<!--") {
            if trimmed.is_empty() && !self.text.ends_with("\n\n") {
                self.line("");
            }
        } else if trimmed.starts_with('#') {
            let title = trimmed.trim_start_matches('#').trim();
            self.line(&Look::Heading.apply(title).to_string());
        } else if let Some(quoted) = trimmed.strip_prefix('>') {
            self.wrapped(&format!("{indent}│ "), quoted.trim());
        } else {
            let mut words = vec![&trimmed[marker..]];
            words.extend(rest);
            let prefix = format!("{indent}{}", trimmed[..marker].replace(['-', '*'], "•"));
            self.wrapped(&prefix, &words.join(" "));
            return;
        }
        if !rest.is_empty() {
            self.paragraph(rest[0], &rest[1..]);
        }
    }

    fn table(&mut self, rows: &[&str]) {
        let rows: Vec<Vec<String>> = rows.iter().map(|row| cells(row)).collect();
        let columns = rows.iter().map(Vec::len).max().unwrap_or_default();
        let mut table = Table::new(vec![Fit::Wrap; columns]);
        for (number, mut row) in rows.into_iter().enumerate() {
            if row
                .iter()
                .all(|cell| cell.chars().all(|c| "-: ".contains(c)))
            {
                continue;
            }
            row.resize(columns, String::new());
            let look = if number == 0 {
                Look::Heading
            } else {
                Look::Plain
            };
            table = table.row(row.into_iter().map(|cell| Cell::new(cell, look)).collect());
        }
        self.line(&table.fit(Some(self.width)));
    }
}

/// Returns the cells of a row of a table, without marks for bold.
fn cells(row: &str) -> Vec<String> {
    let row = row.trim();
    let row = row.strip_prefix('|').unwrap_or(row);
    let row = row.strip_suffix('|').unwrap_or(row).replace("\\|", "\u{1}");
    let cells = row.split('|');
    cells
        .map(|cell| cell.trim().replace('\u{1}', "|").replace("**", ""))
        .collect()
}

/// Shows code and bold words by their style. Code keeps its backticks, which say the same without one.
fn inline(text: &str) -> String {
    let mut shown = String::new();
    for (number, piece) in text.split('`').enumerate() {
        if number % 2 == 1 {
            shown += &each_line(&format!("`{piece}`"), Look::Name);
        } else {
            for (number, words) in piece.split("**").enumerate() {
                let look = [Look::Plain, Look::Heading][number % 2];
                shown += &each_line(words, look);
            }
        }
    }
    shown
}

fn each_line(text: &str, look: Look) -> String {
    let lines: Vec<String> = text
        .split('\n')
        .map(|line| look.apply(line).to_string())
        .collect();
    lines.join("\n")
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

        A paragraph with `code` and bold
        words, which is longer than the
        terminal is wide.
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
}
