//! Which phases of a PRD are over.
use super::prd::{Phase, Prd};
use crate::model::DonePhase;
use crate::text::clean;
use std::collections::BTreeMap;

/// Returns the phases whose boxes are all ticked, in the order of the file. A phase without boxes or without a number is never
/// over, because nothing says when.
pub fn done_phases(prd: &Prd<'_>, text: &str) -> Vec<DonePhase> {
    let mut seen = BTreeMap::new();
    let named = prd.phases.iter().filter_map(|phase| {
        let name = phase_name(phase)?;
        let times: &mut u32 = seen.entry(name.clone()).or_default();
        *times += 1;
        let name = match *times {
            1 => name,
            times => format!("{name} ({times})"),
        };
        Some((name, phase))
    });
    let is_done = |phase: &Phase<'_>| !phase.items.is_empty() && phase.open() == 0;
    named
        .filter(|(_, phase)| is_done(phase))
        .map(|(name, phase)| DonePhase {
            name,
            text: cut(&text[phase.range.clone()]).to_owned(),
        })
        .collect()
}

/// Returns the numbers of a PRD's phases with their names, in the order of the file.
pub fn phase_names(prd: &Prd<'_>) -> Vec<(String, String)> {
    let named = |phase: &Phase<'_>| Some((phase.number?.to_owned(), phase_name(phase)?));
    prd.phases.iter().filter_map(named).collect()
}

/// Returns a phase's name: `phase 2: carts`; nothing if it has no number.
pub(super) fn phase_name(phase: &Phase<'_>) -> Option<String> {
    let number = phase.number?;
    Some(match phase.title {
        "" => format!("phase {number}"),
        title => format!("phase {number}: {}", clean(title)),
    })
}

fn cut(text: &str) -> &str {
    let text = text.trim_end();
    let end = (0..=text.len().min(DonePhase::MAX_TEXT))
        .rev()
        .find(|end| text.is_char_boundary(*end));
    &text[..end.unwrap_or_default()]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(text: &str) -> Vec<String> {
        let done = done_phases(&Prd::parse(text), text);
        done.into_iter().map(|phase| phase.name).collect()
    }

    #[test]
    fn a_phase_is_over_when_all_its_boxes_are_ticked() {
        let text = "- [x] above\n### Phase 3: last\n- [x] a\n\n### Phase 1: first\n- [x] b\n- [ ] c\n### Phase 2\nno boxes\n### Phase 3: last\n- [X] d\n";
        assert_eq!(names(text), ["phase 3: last", "phase 3: last (2)"]);
        let done = done_phases(&Prd::parse(text), text);
        assert_eq!(done[0].text, "### Phase 3: last\n- [x] a");
        assert_eq!(names("- [x] a\n"), [""; 0], "all of it is one");
        assert_eq!(names(""), [""; 0]);
    }

    #[test]
    fn a_long_phase_is_cut_between_characters() {
        let text = format!("### Phase 1\n- [x] a\n{}", "é".repeat(DonePhase::MAX_TEXT));
        let done = done_phases(&Prd::parse(&text), &text);
        assert!(done[0].text.len() <= DonePhase::MAX_TEXT);
        assert!(DonePhase::MAX_TEXT - 2 < done[0].text.len());
    }
}
