//! The README quotes the results of the sessions under faults.
use super::read;

#[test]
fn the_readme_quotes_the_page_on_reliability() {
    let page = read("docs/reliability.md");
    let mut lines = page.lines();
    lines.find(|line| line.starts_with("| sessions |"));
    let row = lines.nth(1).expect("a row of results");
    let cells: Vec<&str> = row.split('|').map(str::trim).collect();
    let (sessions, faults, violations) = (cells[1], cells[3], cells[4]);
    let quote = format!("{sessions} sessions, {faults} faults, {violations} violations");
    assert!(read("README.md").contains(&quote), "{quote}");
}
