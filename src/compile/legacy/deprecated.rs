//! Deprecated spellings of both generations: they work, and each is reported once per file with its replacement.
use crate::compile::definition::{LoopDef, NodeDef, ParallelKey, PipelineDef, TerminationDef};
use crate::compile::diagnostics::{Document, LintCode, Path};

/// Deprecated and current names of terminations.
const TERMINATIONS: [(&str, &str); 3] = [
    ("plateau", "judgment"),
    ("beads-empty", "queue"),
    ("fixed-n", "fixed"),
];

/// Reports the deprecated spellings of a loop.
pub(crate) fn of_loop(document: &Document, def: &LoopDef) {
    let (top, mut old) = (Path::default(), Deprecated::default());
    old.ending(&top, def.completion.as_deref(), def.termination.as_ref());
    if def.min_iterations.is_some() {
        old.key(
            &top,
            "min_iterations",
            "termination.min_iterations",
            "write `min_iterations:` below `termination:`",
        );
    }
    for (key, value) in [("output_parse", &def.output_parse), ("items", &def.items)] {
        if value.is_some() {
            let problem = document.at_key(
                &top.to(key),
                LintCode::Deprecated,
                format!("`{key}:` has no effect any more"),
            );
            document.report(problem.hint("remove it").warning());
        }
    }
    old.tell(document);
}

/// Reports the deprecated spellings of a pipeline.
pub(crate) fn of_pipeline(document: &Document, def: &PipelineDef) {
    let (top, mut old) = (Path::default(), Deprecated::default());
    let (list, nodes) = def.nodes();
    if list == "stages" {
        old.key(&top, "stages", "nodes", "write `nodes:`");
    }
    for (index, node) in nodes.iter().enumerate() {
        old.node(&top.to(list).to(index), node);
    }
    old.tell(document);
}

/// The deprecated spellings of a file, in order of appearance.
#[derive(Default)]
struct Deprecated {
    found: Vec<Spelling>,
}

struct Spelling {
    /// Its first location.
    path: Path,
    /// Whether the value is what is old, not the key.
    value: bool,
    was: String,
    is: String,
    hint: String,
    times: usize,
}

impl Deprecated {
    fn node(&mut self, at: &Path, node: &NodeDef) {
        if node.name.is_some() && node.id.is_none() {
            self.key(at, "name", "id", "write `id:`");
        }
        if node.stage.is_some() && node.loop_.is_none() {
            self.key(at, "stage", "loop", "write `loop:`");
        }
        self.ending(at, node.completion.as_deref(), node.termination.as_ref());
        if let Some(ParallelKey::Block(block)) = &node.parallel {
            let at = at.to("parallel");
            if block.failure_mode.is_some() && block.on_failure.is_none() {
                self.key(&at, "failure_mode", "on_failure", "write `on_failure:`");
            }
            let (list, stages) = block.stages();
            (0..)
                .zip(stages)
                .for_each(|(index, stage): (usize, _)| self.node(&at.to(list).to(index), stage));
        }
    }

    fn ending(
        &mut self,
        at: &Path,
        completion: Option<&str>,
        termination: Option<&TerminationDef>,
    ) {
        let now = |word: &str| {
            TERMINATIONS
                .iter()
                .find(|(was, _)| *was == word)
                .map(|(_, is)| *is)
        };
        if let Some(word) = completion {
            self.key(
                at,
                "completion",
                "termination",
                &format!(
                    "write `termination: {{type: {}}}`",
                    now(word).unwrap_or("…")
                ),
            );
        }
        if let Some((word, is)) = termination
            .and_then(|termination| termination.kind.as_deref())
            .and_then(|word| Some((word, now(word)?)))
        {
            self.add(
                at.to("termination").to("type"),
                true,
                format!("type: {word}"),
                format!("type: {is}"),
                &format!("write `type: {is}`"),
            );
        }
    }

    fn key(&mut self, at: &Path, was: &str, is: &str, hint: &str) {
        self.add(at.to(was), false, format!("{was}:"), format!("{is}:"), hint);
    }

    fn add(&mut self, path: Path, value: bool, was: String, is: String, hint: &str) {
        match self.found.iter_mut().find(|spelling| spelling.was == was) {
            Some(again) => again.times += 1,
            None => self.found.push(Spelling {
                path,
                value,
                was,
                is,
                hint: hint.to_owned(),
                times: 1,
            }),
        }
    }

    fn tell(self, document: &Document) {
        self.found.into_iter().for_each(
            |Spelling {
                 path,
                 value,
                 was,
                 is,
                 hint,
                 times,
             }| {
                let message = format!("`{was}` is the old spelling of `{is}`");
                let problem = if value {
                    document.at(&path, LintCode::Deprecated, message)
                } else {
                    document.at_key(&path, LintCode::Deprecated, message)
                };
                let hint = if times == 1 {
                    hint
                } else {
                    format!("{hint}, all {times} times in this file")
                };
                document.report(problem.hint(hint).warning());
            },
        );
    }
}
