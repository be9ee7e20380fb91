//! Reads pipelines: a definition, and the loops and pipelines it uses.
use super::entry::Entry;
use super::found::Found;
use super::lookup::Library;
use crate::compile::{self, LoopSource, PipelineSource, SourceText, Sources};
use crate::plan::PlanKind;
use std::collections::{BTreeMap, BTreeSet};

/// Definitions that are used, by name; for one that cannot be read, the reason.
type Used<T> = BTreeMap<String, Result<T, String>>;

impl Library {
    /// Reads a pipeline.
    pub(super) fn read_pipeline(&self, found: Found) -> Option<Entry> {
        Entry::read(found, &self.project, |found, definition| {
            Sources::Pipeline(self.pipeline(found, definition))
        })
    }

    fn pipeline(&self, found: &Found, definition: SourceText) -> PipelineSource {
        let pipelines = self.pipelines_used(&found.name, &definition);
        let texts = || std::iter::once(&definition).chain(pipelines.values().flatten());
        let used: BTreeSet<String> = texts()
            .flat_map(|text| compile::loops_used(&text.text))
            .collect();
        let loops = self.loops_used(&used);
        let mut inner = texts().flat_map(|text| compile::pipelines_used(&text.text));
        let missing = inner.any(|other| other != found.name && !pipelines.contains_key(&other));
        // Listing all names takes long, and only the hint for an unknown name needs them.
        let known = |kind, needed: bool| {
            if needed { self.names(kind) } else { Vec::new() }
        };
        let known_loops = known(PlanKind::Loop, loops.len() < used.len());
        let known_pipelines = known(PlanKind::Pipeline, missing);
        PipelineSource {
            name: found.name.clone(),
            origin: found.origin,
            definition,
            pipelines,
            known_pipelines,
            loops,
            known_loops,
        }
    }

    /// Finds the pipelines that run within one, and within those.
    fn pipelines_used(&self, name: &str, definition: &SourceText) -> Used<SourceText> {
        let (mut found, mut pending) = (Used::new(), compile::pipelines_used(&definition.text));
        while let Some(used) = pending.pop() {
            if used == name || found.contains_key(&used) {
                continue;
            }
            if let Some(text) = self.pipeline_used(&used) {
                let text_of = text.iter();
                pending.extend(text_of.flat_map(|text| compile::pipelines_used(&text.text)));
                found.insert(used, text);
            }
        }
        found
    }

    fn pipeline_used(&self, name: &str) -> Option<Result<SourceText, String>> {
        let found = self.file(PlanKind::Pipeline, name)?;
        let read = found.read(&self.project)?;
        Some(read.map_err(|unreadable| unreadable.reason))
    }

    fn loops_used(&self, names: &BTreeSet<String>) -> Used<LoopSource> {
        let found = names
            .iter()
            .filter_map(|name| Some((name.clone(), self.loop_used(name)?)));
        found.collect()
    }

    fn loop_used(&self, name: &str) -> Option<Result<LoopSource, String>> {
        let found = self.file(PlanKind::Loop, name);
        let entry = found.and_then(|found| self.read_loop(found));
        match entry.or_else(|| self.without_definition(name))?.sources {
            Ok(Sources::Loop(source)) => Some(Ok(source)),
            Ok(Sources::Pipeline(_)) => None,
            Err(unreadable) => Some(Err(unreadable.reason)),
        }
    }
}
