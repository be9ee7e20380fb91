//! Finds what to print instead of a topic's links, which a terminal cannot follow.
use super::page::{self, LinkTarget};
use super::topics::{TOPICS, Topic};

/// Returns where a link of a topic leads, in a terminal.
pub(super) fn target_of(from: &Topic, target: &str) -> LinkTarget {
    if target.contains("://") {
        return LinkTarget::Elsewhere(target.to_owned());
    }
    let (path, anchor) = target.split_once('#').unwrap_or((target, ""));
    let folder = from
        .page
        .path
        .rsplit_once('/')
        .map_or("", |(folder, _)| folder);
    let path = match (path, path.strip_prefix("../")) {
        ("", _) => from.page.path.to_owned(),
        (_, Some(above)) => above.to_owned(),
        (path, None) if folder.is_empty() => path.to_owned(),
        (path, None) => format!("{folder}/{path}"),
    };
    if let Some(schema) = path
        .strip_prefix("schemas/")
        .and_then(|file| file.strip_suffix(".schema.json"))
    {
        return LinkTarget::Elsewhere(format!("`ap schema {schema}`"));
    }
    match TOPICS.iter().find(|topic| covers(topic, &path, anchor)) {
        Some(topic) if topic.name == from.name => LinkTarget::Here,
        Some(topic) => LinkTarget::Elsewhere(format!("`ap explain {}`", topic.name)),
        None => LinkTarget::Nowhere,
    }
}

/// Whether a topic contains what a link to a page and an anchor on it leads to.
fn covers(topic: &Topic, path: &str, anchor: &str) -> bool {
    if topic.page.path != path {
        return false;
    }
    if anchor.is_empty() {
        // A link to a whole page means the topic that is the whole page, or else the only one made from it.
        let mut others = TOPICS.iter().filter(|other| other.page.path == path);
        return topic.is_whole_page() || others.all(|other| other.name == topic.name);
    }
    topic
        .markdown()
        .is_ok_and(|text| page::has_anchor(&text, anchor))
}
