//! The sources of a plan: the texts as found, and the request of the caller.
use super::diagnostics::{SourceText, Unreadable};
use super::yaml;
use crate::fingerprint::fingerprint_all;
use crate::model::{RunId, SessionName};
use crate::plan::Origin;
use camino::Utf8PathBuf;
use std::collections::BTreeMap;

/// A loop as found.
#[derive(Clone, Debug)]
pub struct LoopSource {
    /// The name it was found under.
    pub name: String,
    /// Where it was found.
    pub origin: Origin,
    /// `loop.yaml`.
    pub definition: SourceText,
    /// Its prompt, or why there is none.
    pub prompt: Result<SourceText, Unreadable>,
}

/// A pipeline as found, with the loops it uses.
#[derive(Clone, Debug)]
pub struct PipelineSource {
    /// The name it was found under.
    pub name: String,
    /// Where it was found.
    pub origin: Origin,
    /// The YAML file.
    pub definition: SourceText,
    /// The pipelines that run within it or within those, or why one cannot be read.
    pub pipelines: BTreeMap<String, Result<SourceText, String>>,
    /// The names of all pipelines, for suggestions; may be empty if every pipeline it names exists.
    pub known_pipelines: Vec<String>,
    /// Each loop that it or one of them names, or why that cannot be read.
    pub loops: BTreeMap<String, Result<LoopSource, String>>,
    /// The names of all loops, for suggestions; may be empty if every loop it names exists.
    pub known_loops: Vec<String>,
}

/// What to compile.
#[derive(Clone, Debug)]
pub enum Sources {
    /// One loop: a pipeline of one node.
    Loop(LoopSource),
    /// A pipeline.
    Pipeline(PipelineSource),
}

impl Sources {
    /// Returns the name it was found under.
    pub fn name(&self) -> &str {
        match self {
            Self::Loop(source) => &source.name,
            Self::Pipeline(source) => &source.name,
        }
    }

    /// Returns where it was found.
    pub fn origin(&self) -> Origin {
        match self {
            Self::Loop(source) => source.origin,
            Self::Pipeline(source) => source.origin,
        }
    }

    /// Returns a fingerprint of the definition and of every loop, prompt and pipeline it uses.
    pub fn fingerprint(&self) -> String {
        let loops: Vec<&LoopSource> = match self {
            Self::Loop(_) => Vec::new(),
            Self::Pipeline(source) => source.loops.values().flatten().collect(),
        };
        let prompt = |source: &'_ LoopSource| {
            source
                .prompt
                .as_ref()
                .map_or("", |text| text.text.as_str())
                .to_owned()
        };
        let own = match self {
            Self::Loop(source) => vec![source.definition.text.clone(), prompt(source)],
            Self::Pipeline(source) => {
                let within = source.pipelines.values().flatten();
                std::iter::once(&source.definition)
                    .chain(within)
                    .map(|text| text.text.clone())
                    .collect()
            }
        };
        let used = loops
            .into_iter()
            .flat_map(|source| [source.definition.text.clone(), prompt(source)]);
        let texts: Vec<String> = own.into_iter().chain(used).collect();
        fingerprint_all(&texts)
    }

    /// Returns the definition's text.
    pub fn definition(&self) -> &SourceText {
        match self {
            Self::Loop(source) => &source.definition,
            Self::Pipeline(source) => &source.definition,
        }
    }
}

/// Facts of the session that is to run the plan.
#[derive(Clone, Debug)]
pub struct Request {
    /// The session's name.
    pub session: SessionName,
    /// This run of it.
    pub run: RunId,
    /// The command line, without flags.
    pub command: String,
    /// Absolute path of the project.
    pub project: Utf8PathBuf,
    /// Absolute path of the first of [`crate::plan::BACKLOGS`] that exists.
    pub backlog: Option<Utf8PathBuf>,
    /// Whether the project has beads.
    pub beads: bool,
}

/// Returns the files a loop's prompt is looked for in, in order: relative to its folder, or absolute.
///
/// Works for a definition with errors elsewhere, too.
pub fn prompt_candidates(definition: &str) -> Vec<String> {
    let value = yaml::parse(definition).unwrap_or_default();
    let Some(key) = yaml::peek(&value, "prompt")
        .map(str::trim)
        .filter(|key| !key.is_empty())
    else {
        return ["prompt.md", "prompts/prompt.md"]
            .map(String::from)
            .to_vec();
    };
    let plain = [key.to_owned(), format!("{key}.md")];
    let within = plain.clone().map(|file| format!("prompts/{file}"));
    // `prompt: x` has always meant `prompts/x.md`, so a file `x` must not shadow it.
    let mut files: Vec<String> = plain
        .into_iter()
        .chain(if key.contains('/') {
            Vec::new()
        } else {
            within.to_vec()
        })
        .collect();
    if !key.ends_with(".md") {
        files.sort_by_key(|file| !file.ends_with(".md"));
    }
    files
}

/// Returns the names of the loops a pipeline uses, also if it is broken elsewhere.
pub fn loops_used(definition: &str) -> Vec<String> {
    let value = yaml::parse(definition).unwrap_or_default();
    let mut names: Vec<String> = nodes_in(&value)
        .flat_map(|node| {
            std::iter::once(node).chain(node.get("parallel").into_iter().flat_map(nodes_in))
        })
        .filter_map(|node| yaml::peek(node, "loop").or_else(|| yaml::peek(node, "stage")))
        .map(String::from)
        .collect();
    names.sort();
    names.dedup();
    names
}

/// Returns the names of the pipelines that run within one, also if it is broken elsewhere.
pub fn pipelines_used(definition: &str) -> Vec<String> {
    let value = yaml::parse(definition).unwrap_or_default();
    let mut names: Vec<String> = nodes_in(&value)
        .filter_map(|node| yaml::peek(node, "pipeline"))
        .map(String::from)
        .collect();
    names.sort();
    names.dedup();
    names
}

fn nodes_in(value: &serde_yaml::Value) -> impl Iterator<Item = &serde_yaml::Value> {
    ["nodes", "stages"]
        .into_iter()
        .filter_map(|key| value.get(key)?.as_sequence())
        .flatten()
}

/// Returns a definition's description, also if it is broken elsewhere.
pub fn description(definition: &str) -> String {
    let value = yaml::parse(definition).unwrap_or_default();
    yaml::peek(&value, "description")
        .unwrap_or_default()
        .trim()
        .to_owned()
}
