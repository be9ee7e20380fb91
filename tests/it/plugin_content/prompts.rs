//! The prompts of loops and pipelines: their parts, and that none repeats another.
use super::{Page, gather, root};
use camino::Utf8Path;
use serde_json::Value;
use std::collections::BTreeMap;

/// Every prompt there is: of the loops, and those that stand in pipelines.
pub(super) fn prompts() -> Vec<Page> {
    let (mut prompts, mut pipelines) = (Vec::new(), Vec::new());
    gather(&root().join("loops"), &mut prompts);
    prompts.retain(|page| page.path.ends_with("prompt.md"));
    gather(&root().join("pipelines"), &mut pipelines);
    for page in pipelines
        .into_iter()
        .filter(|page| page.path.parent() == Some("pipelines".into()))
    {
        inline(
            &serde_yaml::from_str(&page.text).unwrap(),
            &page.path,
            &mut prompts,
        );
    }
    assert!(32 <= prompts.len(), "the prompts are elsewhere");
    prompts
}

/// Collects the prompts that stand in a part of a pipeline.
fn inline(part: &Value, path: &Utf8Path, prompts: &mut Vec<Page>) {
    match part {
        Value::Array(elements) => elements
            .iter()
            .for_each(|element| inline(element, path, prompts)),
        Value::Object(fields) => {
            prompts.extend(
                fields
                    .get("prompt")
                    .and_then(Value::as_str)
                    .map(|text| Page {
                        path: path.to_owned(),
                        text: text.to_owned(),
                    }),
            );
            fields
                .values()
                .for_each(|field| inline(field, path, prompts));
        }
        _ => {}
    }
}

#[test]
fn prompts_label_the_users_text_and_show_each_decision() {
    for page in prompts() {
        let bare = page.text.lines().any(|line| line.trim() == "${CONTEXT}");
        assert!(
            !bare,
            "{}: a bare `${{CONTEXT}}` is taken for an order",
            page.path
        );
        assert!(
            !page.text.contains("\"…\""),
            "{}: an example says something",
            page.path
        );
        let decisions = ["continue", "stop", "error"].map(|decision| {
            page.text
                .matches(&format!("\"decision\": \"{decision}\""))
                .count()
        });
        // Where a gate is asked after each iteration, an agent does not stop.
        let every = page.path.ends_with("prompt.md") && page.path != "loops/autopilot/prompt.md";
        assert!(
            decisions[2] == 1 && 1 <= decisions[0] + decisions[1],
            "{}: {decisions:?}",
            page.path
        );
        assert!(
            !every || decisions == [1, 1, 1],
            "{}: {decisions:?}",
            page.path
        );
    }
}

#[test]
fn no_two_prompts_carry_the_same_paragraph() {
    let prompts = prompts();
    let mut said: BTreeMap<&str, &Utf8Path> = BTreeMap::new();
    for page in &prompts {
        // Shorter ones are headings, and where to write.
        for paragraph in page
            .text
            .split("\n\n")
            .map(str::trim)
            .filter(|paragraph| 60 < paragraph.len())
        {
            if let Some(before) = said.insert(paragraph, &page.path) {
                panic!("{} and {before} say the same:\n{paragraph}", page.path);
            }
        }
    }
}
