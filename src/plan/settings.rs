//! The user's own settings: `~/.config/agent-pipelines/config.yaml`.
//!
//! ```yaml
//! programs:
//!   claude: /opt/claude/bin/claude     # instead of what PATH has
//!   bd: /opt/beads/bd
//! keep_window: false                   # close a session's tmux window when it ends
//! ```
use super::problem::{Document, Problem};
use super::sources::Text;
use super::{Plan, QueueSource, Step, yaml};
use serde::Deserialize;
use std::collections::BTreeMap;

/// What a person sets once for all their projects.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Settings {
    /// Where the programs of providers are, by the name a plan calls them.
    pub programs: BTreeMap<String, String>,
    /// Whether a session's window stays readable after its end; it does unless this is false.
    pub keep_window: Option<bool>,
}

impl Settings {
    /// Reads the file's text.
    pub fn read(text: &Text) -> Result<Self, Vec<Problem>> {
        if text.text.trim().is_empty() {
            return Ok(Self::default());
        }
        let mut problems = Vec::new();
        let read = yaml::read(&Document::new(&text.file, &text.text), &mut problems);
        match read {
            Some(settings) if problems.is_empty() => Ok(settings),
            _ => Err(problems),
        }
    }

    /// Puts the programs in place of the names in a plan.
    pub fn place_programs(&self, plan: &mut Plan) {
        for node in plan.nodes.iter_mut().flat_map(Step::all_nodes_mut) {
            if let Some(program) = self.programs.get(&node.agent.program) {
                node.agent.program.clone_from(program);
            }
            if let Some(judge) = &mut node.judge
                && let Some(program) = self.programs.get(&judge.program)
            {
                judge.program.clone_from(program);
            }
            if let Some(queue) = &mut node.queue {
                self.place_tracker(&mut queue.source);
            }
        }
    }

    /// Puts the program in place of the name of a tracker's.
    pub fn place_tracker(&self, source: &mut QueueSource) {
        if let QueueSource::Beads { program, .. } = source
            && let Some(placed) = self.programs.get(program)
        {
            program.clone_from(placed);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Settings, String> {
        let shown = |problems: Vec<Problem>| problems.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n");
        Settings::read(&Text { file: "config.yaml".to_owned(), text: text.to_owned() }).map_err(shown)
    }

    #[test]
    fn an_empty_file_sets_nothing() {
        assert_eq!(read("\n"), Ok(Settings::default()));
    }

    #[test]
    fn programs_have_places() {
        assert_eq!(read("programs: {claude: /opt/claude}\nkeep_window: false").unwrap().programs["claude"], "/opt/claude");
    }

    #[test]
    fn a_typo_is_shown_at_its_place() {
        let error = read("keep_window: true\nprogrm:\n  claude: x\n").unwrap_err();
        assert!(error.starts_with("config.yaml:2:1: unknown key `progrm`"), "{error}");
    }
}
