//! Tables for the terminal. Programs use `--json`.
use comfy_table::{ContentArrangement, Table, presets};

/// Returns rows under a header, as wide as the terminal; unbroken where there is none.
pub fn table<const N: usize>(
    header: [&str; N],
    rows: impl IntoIterator<Item = [String; N]>,
) -> String {
    let mut table = Table::new();
    table
        .load_style(presets::NOTHING)
        .set_content_arrangement(ContentArrangement::Dynamic)
        .set_header(header);
    if let Some((_, columns)) = console::Term::stdout().size_checked() {
        table.set_width(columns);
    }
    table.add_rows(rows);
    for column in table.column_iter_mut() {
        column.set_padding((0, 2));
    }
    trim(&table.to_string())
}

fn trim(table: &str) -> String {
    table
        .lines()
        .map(str::trim_end)
        .collect::<Vec<_>>()
        .join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_stand_under_their_header() {
        let shown = table(
            ["NAME", "WHAT"],
            [
                ["a".to_owned(), "first".to_owned()],
                ["long-name".to_owned(), "second".to_owned()],
            ],
        );
        assert_eq!(
            shown,
            "NAME       WHAT\na          first\nlong-name  second"
        );
    }
}
