//! A task of the checklist, with its body and acceptance criteria.
use super::draft::Draft;
use super::lines::NESTED;
use crate::queue::file::{Item, Mark};

pub(super) fn item(drafts: &[Draft<'_>], ids: &[String], at: usize) -> Item {
    let draft = &drafts[at];
    // Subtasks follow their task at once, deeper than it.
    let below = drafts
        .iter()
        .zip(ids)
        .skip(at + 1)
        .take_while(|(below, _)| below.indent >= draft.indent + NESTED);
    let open: Vec<&str> = below
        .filter(|(below, _)| below.parent == Some(at) && below.mark != Mark::Closed)
        .map(|(_, id)| id.as_str())
        .collect();
    let mark = match &draft.mark {
        Mark::Open | Mark::Begun if !open.is_empty() => Mark::Blocked(waiting(&open)),
        other => other.clone(),
    };
    let (mut body, acceptance) = split(&draft.body);
    if let Some(parent) = draft.parent {
        let gap = if body.is_empty() { "" } else { "\n\n" };
        body = format!("{body}{gap}Part of: {}", drafts[parent].title);
    }
    Item {
        id: ids[at].clone(),
        title: draft.title.to_owned(),
        body,
        acceptance,
        priority: draft.priority,
        mark,
        at: draft.at,
        named: draft.named.is_some(),
        now: None,
    }
}

fn waiting(open: &[&str]) -> String {
    let shown = open.iter().take(3).copied().collect::<Vec<_>>().join(", ");
    match open.len().saturating_sub(3) {
        0 => format!("has open subtasks: {shown}"),
        more => format!("has open subtasks: {shown} and {more} more"),
    }
}

fn dedent(body: &[&str]) -> String {
    let blank = |line: &&str| line.trim().is_empty();
    let indent = body
        .iter()
        .filter(|line| !blank(line))
        .map(|line| line.len() - line.trim_start_matches([' ', '\t']).len())
        .min()
        .unwrap_or(0);
    let lines: Vec<&str> = body
        .iter()
        .map(|line| line.get(indent..).unwrap_or("").trim_end())
        .collect();
    lines.join("\n").trim_matches('\n').to_owned()
}

/// Splits a body into its text and the list below `Acceptance:` or `Acceptance criteria:`.
fn split(body: &[&str]) -> (String, Vec<String>) {
    let (mut kept, mut acceptance) = (Vec::new(), Vec::new());
    let mut listing = false;
    for &line in body {
        if let Some(first) = acceptance_line(line) {
            listing = true;
            acceptance.extend((!first.is_empty()).then(|| first.to_owned()));
            continue;
        }
        match line
            .trim_start()
            .strip_prefix(['-', '*', '+'])
            .and_then(|rest| rest.strip_prefix(' '))
        {
            Some(criterion) if listing => acceptance.push(criterion.trim().to_owned()),
            _ => {
                listing &= line.trim().is_empty();
                kept.push(line);
            }
        }
    }
    (dedent(&kept), acceptance)
}

fn acceptance_line(line: &str) -> Option<&str> {
    let line = line.trim().trim_start_matches(['*', '_']);
    let starts = |word: &str| {
        line.get(..word.len())
            .filter(|start| start.eq_ignore_ascii_case(word))
            .map(|start| &line[start.len()..])
    };
    let rest = starts("acceptance criteria").or_else(|| starts("acceptance"))?;
    let rest = rest.trim_start_matches(['*', '_']).strip_prefix(':')?;
    Some(rest.trim_start_matches(['*', '_']).trim())
}
