//! Tables for the terminal. Programs use `--json`.
use super::style::Look;
use super::wrap::wrap_hard;
use console::{measure_text_width, truncate_str};

/// The space between two columns.
const GAP: usize = 2;
/// No column is made narrower.
const MIN_WIDTH: usize = 8;

/// What happens to a column that does not fit the terminal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fit {
    /// It stays as it is.
    Keep,
    /// Its texts are cut, and end with `…`.
    Cut,
    /// Its texts are broken into several lines.
    Wrap,
}

/// A text and its style.
#[derive(Clone, Debug, Default)]
pub struct Cell {
    text: String,
    look: Look,
}

impl Cell {
    /// Returns a cell in a style.
    pub fn new(text: impl Into<String>, look: Look) -> Self {
        Self {
            text: text.into(),
            look,
        }
    }
}

impl<T: Into<String>> From<T> for Cell {
    fn from(text: T) -> Self {
        Self::new(text, Look::Plain)
    }
}

/// Rows of cells, laid out in columns.
#[derive(Clone, Debug)]
pub struct Table {
    columns: Vec<Fit>,
    rows: Vec<Vec<Cell>>,
    indent: usize,
}

impl Table {
    /// Returns an empty table.
    pub fn new(columns: impl Into<Vec<Fit>>) -> Self {
        Self {
            columns: columns.into(),
            rows: Vec::new(),
            indent: 0,
        }
    }

    /// Adds the titles of the columns.
    #[must_use]
    pub fn header<const N: usize>(self, titles: [&str; N]) -> Self {
        self.row(titles.map(|title| Cell::new(title, Look::Faint)).into())
    }

    /// Moves all rows to the right.
    #[must_use]
    pub fn indent(self, indent: usize) -> Self {
        Self { indent, ..self }
    }

    /// Adds rows.
    #[must_use]
    pub fn rows<C: Into<Cell>, const N: usize>(
        mut self,
        rows: impl IntoIterator<Item = [C; N]>,
    ) -> Self {
        let rows = rows.into_iter();
        self.rows.extend(rows.map(|row| row.map(Into::into).into()));
        self
    }

    /// Adds a row, with a cell for each column.
    #[must_use]
    pub fn row(mut self, row: Vec<Cell>) -> Self {
        self.rows.push(row);
        self
    }

    /// Returns the table as wide as the terminal; as wide as it is where there is none.
    pub fn fit_terminal(&self) -> String {
        self.fit(super::width())
    }

    /// Returns the table for a width.
    pub fn fit(&self, width: Option<usize>) -> String {
        let widths = self.widths(width);
        let lines = self.rows.iter().flat_map(|row| self.lines(row, &widths));
        lines.collect::<Vec<_>>().join("\n")
    }

    /// Returns how wide each column is: the widest of those that may shrink give first.
    fn widths(&self, width: Option<usize>) -> Vec<usize> {
        let mut widths = vec![0; self.columns.len()];
        for row in &self.rows {
            for (wide, cell) in widths.iter_mut().zip(row) {
                *wide = (*wide).max(measure_text_width(&cell.text));
            }
        }
        let Some(width) = width else { return widths };
        let room = width.saturating_sub(self.indent + GAP * self.columns.len().saturating_sub(1));
        while room < widths.iter().sum() {
            let widest = widths
                .iter_mut()
                .zip(&self.columns)
                .filter(|(wide, fit)| **fit != Fit::Keep && MIN_WIDTH < **wide)
                .max_by_key(|(wide, _)| **wide);
            let Some((wide, _)) = widest else { break };
            *wide -= 1;
        }
        widths
    }

    fn lines(&self, row: &[Cell], widths: &[usize]) -> Vec<String> {
        let columns = row.iter().zip(&self.columns).zip(widths);
        let cells: Vec<Vec<String>> = columns
            .map(|((cell, fit), wide)| match fit {
                Fit::Keep => vec![cell.text.clone()],
                Fit::Cut => vec![truncate_str(&cell.text, *wide, "…").into_owned()],
                Fit::Wrap => wrap_hard(&cell.text, (*wide).max(1)),
            })
            .collect();
        let height = cells.iter().map(Vec::len).max().unwrap_or_default();
        (0..height)
            .map(|line| self.line(row, &cells, widths, line))
            .collect()
    }

    fn line(&self, row: &[Cell], cells: &[Vec<String>], widths: &[usize], line: usize) -> String {
        let mut text = " ".repeat(self.indent);
        let mut missing = 0;
        for ((cell, lines), wide) in row.iter().zip(cells).zip(widths) {
            let piece = lines.get(line).map_or("", String::as_str);
            if !piece.is_empty() {
                text += &" ".repeat(missing);
                text += &cell.look.apply(piece).to_string();
                missing = 0;
            }
            missing += wide.saturating_sub(measure_text_width(piece)) + GAP;
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table(columns: [Fit; 2]) -> Table {
        console::set_colors_enabled(false);
        Table::new(columns)
            .header(["NAME", "WHAT"])
            .rows([["a", "first"], ["long-name", "the second one"]])
    }

    #[test]
    fn rows_stand_under_their_header() {
        assert_eq!(
            table([Fit::Keep, Fit::Keep]).fit(None),
            "NAME       WHAT\na          first\nlong-name  the second one"
        );
    }

    #[test]
    fn a_narrow_terminal_cuts_or_wraps_what_may_shrink() {
        assert_eq!(
            table([Fit::Keep, Fit::Cut]).indent(1).fit(Some(22)),
            " NAME       WHAT\n a          first\n long-name  the secon…"
        );
        assert_eq!(
            table([Fit::Keep, Fit::Wrap]).fit(Some(22)),
            "NAME       WHAT\na          first\nlong-name  the second\n           one"
        );
    }

    #[test]
    fn a_column_that_must_stay_is_never_cut() {
        let shown = table([Fit::Keep, Fit::Cut]).fit(Some(4));
        assert_eq!(shown.lines().last(), Some("long-name  the sec…"), "{shown}");
    }
}
