//! The nodes of a pipeline, as written, become the steps of its plan.
use super::block;
use super::compiler::{self, Loaded};
use super::definition::{GuardrailsDef, NodeDef, ParallelKey, PipelineDef};
use super::diagnostics::{Document, Path, Place, Problem};
use super::earlier::EarlierBlock;
use super::inputs::Around;
use super::lint;
use super::node::{self, Seat};
use super::overrides::Overrides;
use super::sources::{PipelineSource, Request};
use super::subpipeline::{self, Nested};
use crate::plan::{SettingOrigin, Step, suggest};
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;

/// A step, and who said what about it.
pub(super) type Made = (Step, Vec<SettingOrigin>);

/// Makes the steps of a pipeline, and of the pipelines within it.
#[derive(Debug)]
pub(super) struct Steps<'a> {
    pub(super) source: &'a PipelineSource,
    request: &'a Request,
    overrides: &'a Overrides,
    /// Loops by name that have been read: once, however many nodes use them.
    loops: RefCell<BTreeMap<&'a str, Option<Rc<Loaded<'a>>>>>,
    pub(super) nested: Nested,
}

impl<'a> Steps<'a> {
    pub(super) fn new(
        source: &'a PipelineSource,
        request: &'a Request,
        overrides: &'a Overrides,
    ) -> Self {
        Self {
            source,
            request,
            overrides,
            loops: RefCell::default(),
            nested: Nested::within(&source.name),
        }
    }

    /// Returns the steps of a pipeline; `None` if any of its nodes cannot be one, which has been reported.
    pub(super) fn of(
        &self,
        document: &Document,
        def: &PipelineDef,
        problems: &mut Vec<Problem>,
    ) -> Option<Vec<Made>> {
        let (key, written) = def.nodes();
        let names: Vec<String> = written.iter().map(|def| name_of(def).to_owned()).collect();
        let (mut steps, mut blocks, mut complete) =
            (Vec::new(), Vec::<EarlierBlock>::new(), !written.is_empty());
        let (mut earlier, mut others) = (Vec::new(), BTreeMap::new());
        for (index, node_def) in written.iter().enumerate() {
            let place = Place::Written(document, Path::default().to(key).to(index));
            if lint::enough(problems) {
                lint::not_all(document, problems);
                return None;
            }
            let around = Around {
                earlier: Some(&earlier),
                later: &names[index..],
                perspectives: node_def.perspectives.is_some(),
                blocks: &blocks,
            };
            let seat = Seat {
                request: self.request,
                overrides: self.overrides,
                place: place.clone(),
                pipeline: Some((document, def)),
                around,
                branch: None,
            };
            let mut made = self.made(&seat, node_def, problems);
            for (step, _) in made.iter_mut().flatten() {
                // What names a pipeline within this one means its last node.
                subpipeline::refer(step, &others);
            }
            let earlier_blocks = EarlierBlock::all(&place, node_def, made.as_deref());
            blocks.extend(earlier_blocks);
            complete &= made.is_some();
            let made = made.unwrap_or_default();
            earlier.push(names[index].clone());
            if node_def.pipeline.is_some() {
                earlier.extend(made.iter().map(|(step, _)| step.id().to_string()));
                others.extend(
                    made.last()
                        .map(|(last, _)| (names[index].clone(), last.id().clone())),
                );
            }
            steps.extend(made);
            if !lint::not_too_many(
                &Place::top(document),
                key,
                steps.iter().flat_map(|(step, _)| step.all_nodes()).count(),
                problems,
            ) {
                return None;
            }
        }
        complete.then_some(steps)
    }

    /// Makes what stands in the place of one node.
    fn made(
        &self,
        seat: &Seat<'_>,
        def: &NodeDef,
        problems: &mut Vec<Problem>,
    ) -> Option<Vec<Made>> {
        if let Some(name) = &def.pipeline {
            return subpipeline::steps(self, seat, def, name, problems);
        }
        let find = |place: &Place<'_>, def: &NodeDef, problems: &mut Vec<Problem>| {
            def.uses()
                .map(|(key, name)| self.find(place, key, name, problems))
        };
        if matches!(def.parallel, Some(ParallelKey::Block(_))) {
            return block::block(seat, def, &find, problems)
                .map(|(block, said)| vec![(Step::Block(block), said)]);
        }
        let node = match find(&seat.place, def, problems) {
            None => node::of_node(seat, def, None, problems),
            Some(Some(loaded)) => node::of_node(seat, def, Some(&loaded), problems),
            Some(None) => {
                // It cannot become a node, but the rest of it may be wrong too.
                node::of_node(seat, def, None, problems);
                None
            }
        };
        node.map(|(node, said)| vec![(Step::Node(Box::new(node)), said)])
    }

    fn find(
        &self,
        place: &Place<'_>,
        key: &str,
        name: &str,
        problems: &mut Vec<Problem>,
    ) -> Option<Rc<Loaded<'a>>> {
        match self.source.loops.get_key_value(name) {
            Some((name, Ok(found))) => {
                let mut loops = self.loops.borrow_mut();
                let loaded = loops
                    .entry(name)
                    .or_insert_with(|| compiler::load(found, problems).map(Rc::new))
                    .clone()?;
                if loaded.def.guardrails != GuardrailsDef::default() {
                    let problem = place.at(
                        key,
                        "no-effect",
                        format!("the guardrails of loop `{name}` bound a session of its own, not this pipeline"),
                    );
                    problems.push(
                        problem
                            .hint("say `guardrails` at the top level of the pipeline")
                            .warning(),
                    );
                }
                Some(loaded)
            }
            Some((_, Err(reason))) => {
                problems.push(place.at(
                    key,
                    "unreadable-loop",
                    format!("loop `{name}` cannot be used: {reason}"),
                ));
                None
            }
            None => {
                let known = self.source.known_loops.iter().map(String::as_str);
                problems.push(
                    place
                        .at(key, "unknown-loop", format!("there is no loop `{name}`"))
                        .hint(suggest::hint(name, known)),
                );
                None
            }
        }
    }
}

/// Returns what a node is called, or nothing.
pub(super) fn name_of(def: &NodeDef) -> &str {
    def.id
        .as_deref()
        .or(def.name.as_deref())
        .unwrap_or_default()
}
