//! Reads a PRD: its phases, and the boxes in them.
use std::ops::Range;

/// The maximum number of boxes that are read. More are no list that agents can build from.
pub const MAX_ITEMS: usize = 10_000;

/// A PRD.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Prd<'a> {
    /// In the order of the file. Without a heading `### Phase N: title`, all of it is one phase; boxes above the first
    /// such heading are a phase without a number.
    pub phases: Vec<Phase<'a>>,
}

/// A part of a PRD that is built before the next one.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Phase<'a> {
    /// As written; two phases may have the same.
    pub number: Option<&'a str>,
    pub title: &'a str,
    /// Where it is in the file, its heading included.
    pub range: Range<usize>,
    pub items: Vec<PrdItem<'a>>,
}

/// A line with a box.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PrdItem<'a> {
    pub text: &'a str,
    pub is_done: bool,
    /// The offset of the character in the box, in the file.
    pub at: usize,
}

impl<'a> Prd<'a> {
    /// Reads a PRD. Boxes in code blocks and comments are text.
    pub fn parse(text: &'a str) -> Self {
        let mut phases = vec![Phase::default()];
        let (mut hidden, mut left) = (Hidden::default(), MAX_ITEMS);
        let mut at = 0;
        for line in text.split_inclusive('\n') {
            let start = at;
            at += line.len();
            let bare = line.trim_end_matches(['\n', '\r']);
            if hidden.hides(bare) {
                continue;
            }
            if let Some((number, title)) = heading(bare) {
                close(&mut phases, start);
                phases.push(Phase {
                    number: Some(number),
                    title,
                    range: start..start,
                    items: Vec::new(),
                });
            } else if let Some(item) = item(bare, start)
                && 0 < left
                && let Some(phase) = phases.last_mut()
            {
                left -= 1;
                phase.items.push(item);
            }
        }
        close(&mut phases, text.len());
        if 1 < phases.len() && phases[0].items.is_empty() {
            phases.remove(0);
        }
        Self { phases }
    }

    /// Returns the first phase that has open boxes.
    pub fn current(&self) -> Option<&Phase<'a>> {
        self.phases.iter().find(|phase| 0 < phase.open())
    }

    /// Returns the number of open boxes.
    pub fn open(&self) -> usize {
        self.phases.iter().map(Phase::open).sum()
    }

    /// Returns the number of all boxes.
    pub fn items(&self) -> usize {
        self.phases.iter().map(|phase| phase.items.len()).sum()
    }
}

impl Phase<'_> {
    /// Returns the number of open boxes.
    pub fn open(&self) -> usize {
        self.items.iter().filter(|item| !item.is_done).count()
    }
}

fn close(phases: &mut [Phase<'_>], end: usize) {
    if let Some(last) = phases.last_mut() {
        last.range.end = end;
    }
}

/// What keeps the lines of a code block or a comment from being read.
#[derive(Default)]
struct Hidden {
    fence: Option<char>,
    comment: bool,
}

impl Hidden {
    /// Whether a line is in a code block or a comment, or begins or ends one.
    fn hides(&mut self, line: &str) -> bool {
        let bare = line.trim_start();
        if self.comment {
            self.comment = !line.contains("-->");
            return true;
        }
        let fence = ['`', '~']
            .into_iter()
            .find(|letter| bare.starts_with(&letter.to_string().repeat(3)));
        match (self.fence, fence) {
            (None, Some(_)) => self.fence = fence,
            (Some(open), Some(letter)) if open == letter => self.fence = None,
            (Some(_), _) => {}
            (None, None) => {
                self.comment = bare.starts_with("<!--") && !bare.contains("-->");
                return bare.starts_with("<!--");
            }
        }
        true
    }
}

/// Reads `### Phase 2: title`; returns number and title.
fn heading(line: &str) -> Option<(&str, &str)> {
    let text = line.strip_prefix("###")?;
    let text = Some(text)
        .filter(|text| text.starts_with([' ', '\t']))?
        .trim();
    let (word, rest) = text.split_at_checked(5)?;
    let rest = Some(rest.trim_start()).filter(|_| word.eq_ignore_ascii_case("phase"))?;
    let digits = rest.len() - rest.trim_start_matches(|c: char| c.is_ascii_digit()).len();
    let (number, title) = rest.split_at(digits);
    let is_end = title.is_empty() || title.starts_with([':', ' ', '\t', '.', '-']);
    let title = title.trim_start_matches([':', '.', '-', ' ', '\t']);
    (!number.is_empty() && is_end).then_some((number, title))
}

/// Reads a line with a box.
fn item(line: &str, start: usize) -> Option<PrdItem<'_>> {
    let bare = line.trim_start_matches([' ', '\t']);
    let inside = bare
        .strip_prefix(['-', '*', '+'])?
        .trim_start_matches([' ', '\t'])
        .strip_prefix('[')?;
    let is_done = match inside.chars().next()? {
        ' ' => false,
        'x' | 'X' => true,
        _ => return None,
    };
    let text = inside[1..].strip_prefix(']')?;
    text.starts_with([' ', '\t']).then(|| PrdItem {
        text: text.trim(),
        is_done,
        at: start + line.len() - inside.len(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const PRD: &str = "# Shop\n\n- [x] above\n\n### Phase 2: carts\n- [x] add\n  - [ ] remove\n```\n- [ ] an example\n### Phase 9: no\n```\n<!--\n- [ ] a comment\n-->\n### PHASE 1 pay\n* [X] by card\n### Phase 1: again\n### Phasen\n- [-] dropped\n";

    /// Each phase on a line.
    fn read(text: &str) -> String {
        let prd = Prd::parse(text);
        let lines = prd.phases.iter().map(|phase| {
            let items = phase.items.iter().map(|item| {
                assert!(" xX".contains(&text[item.at..item.at + 1]), "{item:?}");
                format!("{}{}", if item.is_done { "+" } else { "-" }, item.text)
            });
            let items = items.collect::<Vec<_>>().join(" ");
            format!("{:?} {:?}: {items}", phase.number, phase.title)
        });
        lines.collect::<Vec<_>>().join("\n")
    }

    #[test]
    fn phases_are_in_the_order_of_the_file_whatever_their_numbers() {
        assert_eq!(
            read(PRD),
            "None \"\": +above\nSome(\"2\") \"carts\": +add -remove\nSome(\"1\") \"pay\": +by card\nSome(\"1\") \"again\": "
        );
        assert_eq!(read(PRD), read(&PRD.replace('\n', "\r\n")));
        let prd = Prd::parse(PRD);
        assert_eq!((prd.open(), prd.items()), (1, 4));
        assert_eq!(prd.current().map(|phase| phase.title), Some("carts"));
    }

    #[test]
    fn without_phases_all_of_it_is_one() {
        assert_eq!(read("- [ ] a\n## Phase 1: b\n- [x] c"), "None \"\": -a +c");
        let prd = Prd::parse("Build it.\n");
        assert_eq!((prd.phases.len(), prd.items(), prd.current()), (1, 0, None));
        assert_eq!(prd.phases[0].range, 0..10);
    }

    #[test]
    fn ten_thousand_boxes_are_read_and_no_more() {
        let text = "- [ ] a\n".repeat(MAX_ITEMS + 5);
        assert_eq!(Prd::parse(&text).items(), MAX_ITEMS);
    }

    proptest! {
        #[test]
        fn phases_cover_the_file_without_gaps(
            lines in prop::collection::vec("(### Phase [0-9]{0,2}: ?|- \\[[ x]\\] |```|<!-- |-->|é){1,2}\r?", 0..20)
        ) {
            let text = lines.join("\n");
            let prd = Prd::parse(&text);
            let mut end = prd.phases[0].range.start;
            for phase in &prd.phases {
                prop_assert_eq!(phase.range.start, end);
                end = phase.range.end;
                prop_assert!(text.get(phase.range.clone()).is_some());
            }
            prop_assert_eq!(end, text.len());
        }
    }
}
