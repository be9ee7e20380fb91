//! Reads the loops that nodes use.
use super::compiler::Compiler;
use super::definition::{GuardrailsDef, QuotaDef};
use super::diagnostics::{Document, LintCode, Location, Path, Problem, Unreadable};
use super::lint;
use super::loaded_loop::LoadedLoop;
use super::scope::Scope;
use super::sources::{LoopSource, Sources};
use super::template_lint;
use super::yaml;
use crate::plan::suggest;
use std::rc::Rc;

/// Returns the loop that `key` names, read once however many nodes use it; reports why it cannot be used.
pub(super) fn find(
    compiler: &Compiler<'_>,
    location: &Location<'_>,
    key: &str,
    name: &str,
) -> Option<Rc<LoadedLoop>> {
    let Sources::Pipeline(source) = compiler.sources else {
        return None;
    };
    match source.loops.get(name) {
        Some(Ok(found)) => {
            let loaded = load_once(compiler, found)?;
            let of_session = [
                (
                    "guardrails",
                    loaded.def.guardrails != GuardrailsDef::default(),
                ),
                ("quota", loaded.def.quota != QuotaDef::default()),
            ];
            for (what, _) in of_session.into_iter().filter(|(_, is_set)| *is_set) {
                let bounds = if what == "quota" { "bounds" } else { "bound" };
                let problem = location.at(
                    key,
                    LintCode::NoEffect,
                    format!("the {what} of loop `{name}` {bounds} a session of its own, not this pipeline"),
                );
                location.report(
                    problem
                        .hint(format!("set `{what}` at the top level of the pipeline"))
                        .warning(),
                );
            }
            Some(loaded)
        }
        Some(Err(reason)) => {
            let message = format!("loop `{name}` cannot be used: {reason}");
            location.report(location.at(key, LintCode::UnreadableLoop, message));
            None
        }
        None => {
            let known = source.known_loops.iter().map(String::as_str);
            let problem = location.at(
                key,
                LintCode::UnknownLoop,
                format!("there is no loop `{name}`"),
            );
            location.report(problem.hint(suggest::hint(name, known)));
            None
        }
    }
}

fn load_once(compiler: &Compiler<'_>, source: &LoopSource) -> Option<Rc<LoadedLoop>> {
    if let Some(loaded) = compiler.loops.borrow().get(&source.name) {
        return loaded.clone();
    }
    let loaded = load(compiler, source).map(Rc::new);
    compiler
        .loops
        .borrow_mut()
        .insert(source.name.clone(), loaded.clone());
    loaded
}

/// Reads a loop's definition and prompt, and reports what is wrong with either.
pub(super) fn load(compiler: &Compiler<'_>, source: &LoopSource) -> Option<LoadedLoop> {
    let document = compiler.document(&source.definition);
    let def = yaml::read(&document);
    let prompt = prompt(compiler, source, &document);
    let Some(def) = def else {
        // Report the prompt's mistakes too. In a pipeline the prompt may have inputs, so those are no mistake here.
        let lint = || {
            prompt.iter().for_each(|prompt| {
                template_lint::template(prompt, None, prompt.text(), Scope::ALONE);
            });
        };
        let is_certain =
            |problem: &Problem| ![LintCode::NoInputs, LintCode::NoOutput].contains(&problem.code);
        compiler.diagnostics.filtered(is_certain, lint);
        return None;
    };
    lint::loop_(&document, &def, &source.name);
    Some(LoadedLoop {
        name: source.name.clone(),
        document,
        def,
        prompt,
    })
}

fn prompt(compiler: &Compiler<'_>, source: &LoopSource, definition: &Document) -> Option<Document> {
    let unreadable = match &source.prompt {
        Ok(text) if text.text.trim().is_empty() => {
            Unreadable::no_prompt(format!("the prompt `{}` is empty", text.file))
        }
        Ok(text) => return Some(compiler.document(text)),
        Err(reason) => reason.clone(),
    };
    definition.report(if unreadable.before.file.is_empty() {
        let path = Path::default().to("prompt");
        definition
            .at(&path, unreadable.code, unreadable.reason)
            .hint(unreadable.hint)
    } else {
        unreadable.problem()
    });
    None
}
