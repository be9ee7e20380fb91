//! Which stories wait for others.
use serde_json::Value;
use std::collections::{HashMap, HashSet};

/// A story, as far as its dependencies go.
pub(super) struct Dependent {
    pub(super) id: String,
    pub(super) is_closed: bool,
    pub(super) waits_for: Vec<String>,
}

/// The ids that are named; the rest is counted.
const MAX_NAMED: usize = 3;
/// Stories of a circle that are named.
const IN_CIRCLE: usize = 8;
/// What some write where there is no dependency.
const NONE: [&str; 5] = ["", "-", "none", "n/a", "null"];

/// Returns the ids in a field: a list of them or of objects with an `id`, or a text with commas.
pub(super) fn ids(value: &Value) -> Vec<String> {
    match value {
        Value::Null | Value::Bool(_) => Vec::new(),
        Value::Number(number) => vec![number.to_string()],
        Value::String(text) => text
            .split(',')
            .map(str::trim)
            .filter(|id| !NONE.contains(&id.to_lowercase().as_str()))
            .map(str::to_owned)
            .collect(),
        Value::Array(values) => values.iter().flat_map(ids).collect(),
        Value::Object(fields) => fields.get("id").map(ids).unwrap_or_default(),
    }
}

/// Returns for each story why it cannot be begun, if it cannot.
pub(super) fn reasons(stories: &[Dependent]) -> Vec<Option<String>> {
    let index: HashMap<&str, usize> = stories
        .iter()
        .enumerate()
        .map(|(at, story)| (story.id.as_str(), at))
        .collect();
    let open: Vec<Vec<&str>> = stories
        .iter()
        .map(|story| unmet(story, stories, &index))
        .collect();
    let circles = circles(&open, &index);
    let reason = |(at, open): (usize, &Vec<&str>)| {
        if let Some(unknown) = open.iter().find(|id| !index.contains_key(**id)) {
            return Some(format!(
                "waits for `{unknown}`, which is the id of no story: correct its dependencies"
            ));
        }
        if let Some(circle) = &circles[at] {
            let mut names: Vec<&str> = circle
                .iter()
                .take(IN_CIRCLE)
                .map(|at| stories[*at].id.as_str())
                .collect();
            if circle.len() > IN_CIRCLE {
                names.push("…");
            }
            names.push(&stories[at].id);
            return Some(format!(
                "waits in a circle ({}): remove one of these dependencies",
                names.join(" → ")
            ));
        }
        (!open.is_empty()).then(|| waits_for(open))
    };
    open.iter().enumerate().map(reason).collect()
}

fn waits_for(open: &[&str]) -> String {
    let shown = open[..open.len().min(MAX_NAMED)].join(", ");
    match open.len().saturating_sub(MAX_NAMED) {
        0 => format!("waits for {shown}"),
        more => format!("waits for {shown} and {more} more"),
    }
}

/// Returns the ids an open story waits for still, each once.
fn unmet<'a>(
    story: &'a Dependent,
    stories: &[Dependent],
    index: &HashMap<&str, usize>,
) -> Vec<&'a str> {
    if story.is_closed {
        return Vec::new();
    }
    let mut seen = HashSet::new();
    story
        .waits_for
        .iter()
        .map(String::as_str)
        .filter(|id| !index.get(id).is_some_and(|at| stories[*at].is_closed))
        .filter(|id| seen.insert(*id))
        .collect()
}

/// Returns for each story the circle it waits in, beginning with itself.
fn circles(open: &[Vec<&str>], index: &HashMap<&str, usize>) -> Vec<Option<Vec<usize>>> {
    let stuck = stuck(open, index);
    // Every stuck story waits for another stuck one: following them leads into a circle.
    let next = |at: usize| {
        open[at]
            .iter()
            .filter_map(|id| index.get(id).copied())
            .find(|on| stuck[*on])
    };
    let mut circles = vec![None; open.len()];
    let mut seen = vec![usize::MAX; open.len()];
    for start in (0..open.len()).filter(|at| stuck[*at]) {
        let mut path = Vec::new();
        let mut at = Some(start);
        while let Some(here) = at.filter(|here| seen[*here] == usize::MAX) {
            seen[here] = start;
            path.push(here);
            at = next(here);
        }
        let Some(from) = at.and_then(|end| path.iter().position(|here| *here == end)) else {
            continue;
        };
        let circle = &path[from..];
        for (turn, here) in circle.iter().enumerate() {
            let ahead = circle
                .iter()
                .cycle()
                .skip(turn)
                .take(circle.len().min(IN_CIRCLE + 1));
            circles[*here] = Some(ahead.copied().collect());
        }
    }
    circles
}

/// Returns which stories can never begin, since they wait in a circle or for one.
fn stuck(open: &[Vec<&str>], index: &HashMap<&str, usize>) -> Vec<bool> {
    let known = |at: usize| open[at].iter().filter_map(|id| index.get(id).copied());
    let mut waiting: Vec<usize> = (0..open.len()).map(|at| known(at).count()).collect();
    let mut behind = vec![Vec::new(); open.len()];
    for at in 0..open.len() {
        known(at).for_each(|on| behind[on].push(at));
    }
    let mut free: Vec<usize> = (0..open.len()).filter(|at| waiting[*at] == 0).collect();
    while let Some(at) = free.pop() {
        for &later in &behind[at] {
            waiting[later] -= 1;
            if waiting[later] == 0 {
                free.push(later);
            }
        }
    }
    waiting.into_iter().map(|left| left > 0).collect()
}
