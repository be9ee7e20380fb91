//! Reads what an agent is told of its project.
use super::attempt_context::AttemptContext;
use crate::autopilot::{Briefing, ProjectText};
use crate::store::project_folder::FOLDER;
use crate::termination::GateRef;
use camino::Utf8Path;
use fs_err as fs;
use std::io::Read as _;

/// Where a PRD is, unless the termination names other places.
const PRDS: [&str; 4] = [
    "prd.md",
    "docs/prd.md",
    ".agent-pipelines/prd.md",
    ".cc-autopipe/prd.md",
];
/// The folder of an earlier program, whose files mean the same.
const EARLIER_FOLDER: &str = ".cc-autopipe";
/// The maximum number of bytes of a file that are read.
const MAX_BYTES: u64 = 1024 * 1024;

impl AttemptContext<'_> {
    /// Returns what the next agent is told of its project.
    pub(super) fn briefing(&self) -> Briefing {
        let root = &self.env.workspace.cwd;
        let prd = self.prd_places().iter().find_map(|path| read(root, path));
        let beside = prd.as_ref().map_or("", |prd| folder_of(&prd.path));
        let file = |name: &str| {
            let folders = [FOLDER, EARLIER_FOLDER, beside];
            folders.iter().find_map(|folder| {
                let path = Utf8Path::new(folder).join(name);
                read(root, path.as_str())
            })
        };
        let current = &self.state.current;
        let checked = current.last_gate.as_ref();
        Briefing {
            context: file("context.md"),
            rules: file("rules.md"),
            knowledge: file("knowledge.md"),
            findings: file("findings.md").or_else(|| file("findings_index.md")),
            done: self.state.session.phases.clone(),
            last_check: checked.map(|(_, verdict)| verdict.to_string()),
            misses: current.counters.misses,
            prd,
        }
    }

    /// Returns the places of the PRD that the termination names, or else the usual ones.
    fn prd_places(&self) -> Vec<String> {
        let gates = self.node.termination.gates();
        let named = gates.iter().find_map(|gate| match gate {
            GateRef::Command(gate) => gate.complete.as_ref(),
            GateRef::Judge(_) => None,
        });
        match named {
            Some(complete) if !complete.prd.is_empty() => complete.prd.clone(),
            Some(_) | None => PRDS.map(str::to_owned).into(),
        }
    }
}

fn folder_of(path: &str) -> &str {
    path.rsplit_once('/').map_or("", |(folder, _)| folder)
}

/// Returns a file of the project, if it can be read. An agent that lacks it finds that out; a device must not hang us.
fn read(root: &Utf8Path, path: &str) -> Option<ProjectText> {
    let whole = root.join(path);
    fs::metadata(&whole)
        .ok()
        .filter(std::fs::Metadata::is_file)?;
    let mut bytes = Vec::new();
    let file = fs::File::open(&whole).ok()?;
    file.take(MAX_BYTES).read_to_end(&mut bytes).ok()?;
    Some(ProjectText {
        path: path.to_owned(),
        text: String::from_utf8_lossy(&bytes).into_owned(),
    })
}
