//! What an agent is told of its project: blocks of bounded size, which say what was left out.
use super::phases::phase_name;
use super::prd::Prd;
use std::fmt::Write as _;

/// A file of the project.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ProjectText {
    /// Relative to the project.
    pub path: String,
    pub text: String,
}

/// What is known of a project when an agent begins.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Briefing {
    pub prd: Option<ProjectText>,
    pub context: Option<ProjectText>,
    pub rules: Option<ProjectText>,
    pub knowledge: Option<ProjectText>,
    pub findings: Option<ProjectText>,
    /// The phases that are over, in the order in which they ended.
    pub done: Vec<String>,
    /// What the check said last.
    pub last_check: Option<String>,
    /// How many iterations in a row have failed it.
    pub misses: u32,
}

/// What is kept of a text that is too long.
#[derive(Clone, Copy)]
enum Keep {
    First,
    Last,
}

/// The maximum number of bytes of each block.
const PRD: usize = 24 * 1024;
const CONTEXT: usize = 4 * 1024;
const RULES: usize = 8 * 1024;
const KNOWLEDGE: usize = 5 * 1024;
const FINDINGS: usize = 3 * 1024;
const CHECK: usize = 2 * 1024;
/// The maximum number of bytes of all blocks, their headings included.
pub const MAX_BRIEFING: usize = 48 * 1024;

impl Briefing {
    /// Returns the blocks as text; each of them is there only if it has something to say.
    pub fn text(&self) -> String {
        let file = |title, file: &Option<ProjectText>, limit, keep| {
            let file = file.as_ref()?;
            block(title, &file.path, &file.text, (limit, keep))
        };
        let blocks = [
            self.prd_block(),
            file(
                "Context of the project",
                &self.context,
                CONTEXT,
                Keep::First,
            ),
            file("Rules of the user", &self.rules, RULES, Keep::First),
            self.check_block(),
            file(
                "Knowledge of earlier agents",
                &self.knowledge,
                KNOWLEDGE,
                Keep::Last,
            ),
            file(
                "Findings of earlier agents",
                &self.findings,
                FINDINGS,
                Keep::Last,
            ),
        ];
        let blocks: Vec<String> = blocks.into_iter().flatten().collect();
        if blocks.is_empty() {
            return "(no file of the project says anything)".to_owned();
        }
        blocks.join("\n\n")
    }

    /// Returns the phase of the PRD that is built now, or all of a PRD without phases.
    fn prd_block(&self) -> Option<String> {
        let file = self.prd.as_ref()?;
        let prd = Prd::parse(&file.text);
        let phased = prd.phases.iter().any(|phase| phase.number.is_some());
        let mut title = "The PRD".to_owned();
        let mut text = file.text.as_str();
        if phased && let Some(phase) = prd.current() {
            let name = phase_name(phase).unwrap_or_else(|| "what is above the phases".to_owned());
            let open = phase.open();
            let all = phase.items.len();
            write!(title, ", {name} ({open} of its {all} boxes open)").ok()?;
            text = &file.text[phase.range.clone()];
        }
        if !self.done.is_empty() {
            write!(title, "; over: {}", self.done.join(", ")).ok()?;
        }
        block(&title, &file.path, text, (PRD, Keep::First))
    }

    fn check_block(&self) -> Option<String> {
        let said = self.last_check.as_deref()?;
        let title = match self.misses {
            0 | 1 => "What the check said last".to_owned(),
            misses => format!("What the check said last; {misses} iterations in a row failed"),
        };
        block(&title, "", said, (CHECK, Keep::First))
    }
}

/// Returns a block, if there is text for it.
fn block(title: &str, path: &str, text: &str, (limit, keep): (usize, Keep)) -> Option<String> {
    let text = without_comments(text);
    let text = text.trim();
    if text.is_empty() {
        return None;
    }
    let kept = cut(text, limit, keep).trim();
    let whose = if path.is_empty() {
        String::new()
    } else {
        format!(" ({path})")
    };
    let mut block = format!("### {title}{whose}\n\n");
    if kept.len() < text.len() {
        let which = match keep {
            Keep::First => "first",
            Keep::Last => "last",
        };
        let (kept, all) = (kept.len(), text.len());
        let rest = if path.is_empty() {
            String::new()
        } else {
            format!("; read {path} for the rest")
        };
        write!(block, "(the {which} {kept} of {all} bytes{rest})\n\n").ok()?;
    }
    block += kept;
    Some(block)
}

/// Returns whole lines of a text, unless a single line is longer than the limit.
fn cut(text: &str, limit: usize, keep: Keep) -> &str {
    if text.len() <= limit {
        return text;
    }
    let is_boundary = |at: &usize| text.is_char_boundary(*at);
    match keep {
        Keep::First => {
            let end = (0..=limit).rev().find(is_boundary).unwrap_or_default();
            let line = text[..end].rfind('\n').filter(|at| limit / 2 < *at);
            &text[..line.unwrap_or(end)]
        }
        Keep::Last => {
            let start = (text.len() - limit..=text.len()).find(is_boundary);
            let rest = &text[start.unwrap_or(text.len())..];
            let line = rest.find('\n').filter(|at| *at < limit / 2);
            &rest[line.unwrap_or_default()..]
        }
    }
}

/// Returns a text without the comments in which templates say what goes where.
fn without_comments(text: &str) -> String {
    let mut kept = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("<!--") {
        kept += before;
        rest = after.split_once("-->").map_or("", |(_, after)| after);
    }
    kept + rest
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn file(path: &str, text: &str) -> Option<ProjectText> {
        Some(ProjectText {
            path: path.to_owned(),
            text: text.to_owned(),
        })
    }

    #[test]
    fn an_agent_gets_the_phase_that_is_built_and_what_others_left() {
        let briefing = Briefing {
            prd: file(
                "prd.md",
                "# Shop\n### Phase 1: pay\n- [x] by card\n### Phase 2: carts\n- [ ] add\n- [x] list\n### Phase 3: mail\n- [ ] send\n",
            ),
            context: file("context.md", "Rust 2024\n<!-- how to\nbuild -->\n"),
            rules: file("rules.md", "<!-- none yet -->"),
            done: vec!["phase 1: pay".to_owned()],
            last_check: Some("not done: 3 of 9 hold".to_owned()),
            misses: 4,
            ..Briefing::default()
        };
        assert_eq!(
            briefing.text(),
            "### The PRD, phase 2: carts (1 of its 2 boxes open); over: phase 1: pay (prd.md)\n\n### Phase 2: carts\n- [ ] add\n- [x] list\n\n### Context of the project (context.md)\n\nRust 2024\n\n### What the check said last; 4 iterations in a row failed\n\nnot done: 3 of 9 hold"
        );
        let whole = Briefing {
            prd: file("docs/prd.md", "Build it.\n- [ ] a\n"),
            ..Briefing::default()
        };
        assert_eq!(
            whole.text(),
            "### The PRD (docs/prd.md)\n\nBuild it.\n- [ ] a"
        );
        assert!(Briefing::default().text().starts_with('('));
    }

    #[test]
    fn what_is_cut_is_said_and_the_end_of_knowledge_is_kept() {
        let lines = |line: &str| format!("{line}\n").repeat(1000);
        let briefing = Briefing {
            rules: file("rules.md", &lines("never push")),
            knowledge: file("knowledge.md", &(lines("old") + "newest")),
            ..Briefing::default()
        };
        let text = briefing.text();
        assert!(
            text.contains("bytes; read rules.md for the rest)\n\nnever push\n"),
            "{text}"
        );
        assert!(text.ends_with("old\nnewest"), "{text}");
        assert!(!text.contains("(the last 5120"), "whole lines are kept");
    }

    proptest! {
        #[test]
        fn a_briefing_is_bounded_whatever_the_files_say(
            text in "([a-zé -]{0,60}\n|- \\[ \\] x\n|### Phase [0-9]: a\n|<!--|-->){0,30}", times in 1..400_usize
        ) {
            let file = || file("f.md", &text.repeat(times));
            let briefing = Briefing {
                prd: file(),
                context: file(),
                rules: file(),
                knowledge: file(),
                findings: file(),
                last_check: Some(text.repeat(times)),
                misses: 2,
                done: vec!["phase 1".to_owned()],
            };
            prop_assert!(briefing.text().len() <= MAX_BRIEFING);
        }
    }
}
