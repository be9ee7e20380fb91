//! Finds loops and pipelines: by path, then in the project, then the user's own, then those built in. The first one wins.
mod fixtures;
mod folder;
mod search_path;
#[cfg(test)]
mod tests;

pub use fixtures::FixtureFiles;

use crate::compile::{self, LoopSource, PipelineSource, SourceText, Sources, Unreadable};
use crate::error::{Error, Result};
use crate::model::NodeId;
use crate::plan::{BACKLOGS, Origin, PlanKind, suggest};
use camino::{Utf8Path, Utf8PathBuf};
use folder::Folder;
use include_dir::{Dir, include_dir};
use search_path::{Found, SearchPath};
use std::collections::{BTreeMap, BTreeSet};

static LOOPS: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/loops");
static PIPELINES: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/pipelines");

/// Larger definitions are no definitions.
const LARGEST_YAML: u64 = 1 << 20;
/// Larger prompts fit into no model.
const LARGEST_PROMPT: u64 = 5 << 20;
/// A loop's definition, by its name now and before.
const DEFINITIONS: [&str; 2] = ["loop.yaml", "stage.yaml"];

/// Every place a definition may come from.
#[derive(Clone, Debug)]
pub struct Library {
    project: Utf8PathBuf,
    user: Utf8PathBuf,
    /// A folder of loops beside the user's own.
    stages: Option<Utf8PathBuf>,
}

/// One loop or pipeline there is, as found.
#[derive(Clone, Debug)]
pub struct Entry {
    /// What to call it by.
    pub name: String,
    /// Loop or pipeline.
    pub kind: PlanKind,
    /// Where it was found.
    pub origin: Origin,
    /// Its texts, or why they cannot be read.
    pub sources: Result<Sources, Unreadable>,
    /// The file, or `builtin:<path>`.
    pub path: String,
}

impl Entry {
    /// Whether it is only a folder that would be a loop if it had a definition.
    pub fn lacks_definition(&self) -> bool {
        matches!(
            &self.sources,
            Err(Unreadable {
                code: "no-definition",
                ..
            })
        )
    }
}

impl Library {
    /// `project` is the project's directory, `user` the user's configuration directory.
    pub fn new(project: &Utf8Path, user: &Utf8Path) -> Self {
        Self {
            project: project.to_owned(),
            user: user.to_owned(),
            stages: None,
        }
    }

    /// Adds a folder of loops that counts before those built in.
    #[must_use]
    pub fn with_stages(self, stages: Option<Utf8PathBuf>) -> Self {
        Self { stages, ..self }
    }

    /// Finds a loop or pipeline by name or path, to run it.
    pub fn find(&self, kind: PlanKind, name: &str) -> Result<Sources> {
        let entry = self.entry_of(kind, name)?;
        entry.sources.map_err(|why| {
            Error::usage(format!("{} `{name}` cannot be used: {why}", kind.as_str())).hint(why.hint)
        })
    }

    /// Finds a loop or pipeline by name or path, readable or not.
    pub fn entry_of(&self, kind: PlanKind, name: &str) -> Result<Entry> {
        let by_path = is_path(name).then(|| self.at_path(kind, name)).flatten();
        let by_name = || {
            self.named(
                kind,
                name.trim_end_matches(".yaml").trim_end_matches(".yml"),
            )
        };
        by_path
            .or_else(by_name)
            .or_else(|| self.without_definition(kind, name))
            .ok_or_else(|| self.unknown(kind, name))
    }

    /// Finds what a name or path may mean when its kind is not given: a loop, a pipeline, or one of each. A path leads to
    /// a loop's folder or its `loop.yaml`; any other file is a pipeline.
    pub fn entries_of(&self, name: &str) -> Result<Vec<Entry>> {
        let of_loop = self.entry_of(PlanKind::Loop, name);
        let of_pipeline = self.entry_of(PlanKind::Pipeline, name);
        let is_loop_file = Utf8Path::new(name)
            .file_name()
            .is_some_and(|file| DEFINITIONS.contains(&file));
        match (of_loop, of_pipeline) {
            (Err(no_loop), Err(_)) => Err(no_loop),
            (Ok(of_loop), Ok(of_pipeline)) if of_pipeline.origin == Origin::File => {
                Ok(vec![if is_loop_file { of_loop } else { of_pipeline }])
            }
            (of_loop, of_pipeline) => Ok(of_loop.into_iter().chain(of_pipeline).collect()),
        }
    }

    /// Returns whether there is a loop or pipeline of this name, readable or not.
    pub fn has(&self, kind: PlanKind, name: &str) -> bool {
        self.named(kind, name).is_some()
    }

    /// Lists everything there is, loops first, by name; what cannot be read is listed with the reason.
    pub fn list(&self) -> Vec<Entry> {
        let of = |kind| {
            self.names(kind)
                .into_iter()
                .filter_map(move |name| self.named(kind, &name))
        };
        let mut without_definition: Vec<String> = self
            .search_paths(PlanKind::Loop)
            .iter()
            .flat_map(|path| path.folder.entries())
            .collect();
        without_definition.retain(|name| self.named(PlanKind::Loop, name).is_none());
        without_definition.sort();
        without_definition.dedup();
        let without_definition = without_definition
            .into_iter()
            .filter_map(|name| self.without_definition(PlanKind::Loop, &name));
        of(PlanKind::Loop)
            .chain(without_definition)
            .chain(of(PlanKind::Pipeline))
            .collect()
    }

    /// Returns the first default backlog the project has.
    pub fn backlog(&self) -> Option<Utf8PathBuf> {
        BACKLOGS
            .iter()
            .map(|file| self.project.join(file))
            .find(|path| path.is_file())
    }

    fn names(&self, kind: PlanKind) -> Vec<String> {
        let mut names: Vec<String> = self
            .search_paths(kind)
            .iter()
            .flat_map(|path| path.names(kind))
            .collect();
        names.sort();
        names.dedup();
        names
    }

    fn unknown(&self, kind: PlanKind, name: &str) -> Error {
        let (kind, known) = (kind.as_str(), self.names(kind));
        Error::usage(format!("there is no {kind} `{}`", name.escape_debug()))
            .hint(suggest::hint(name, known.iter().map(String::as_str)))
    }

    /// In lookup order.
    fn search_paths(&self, kind: PlanKind) -> Vec<SearchPath> {
        let claude = self.project.join(".claude");
        let folders: &[&str] = match kind {
            PlanKind::Loop => &["loops", "stages"],
            PlanKind::Pipeline => &["pipelines"],
        };
        let on_disk = |root: &Utf8Path, origin| {
            folders
                .iter()
                .map(|folder| SearchPath {
                    origin,
                    folder: Folder::Disk(root.join(folder)),
                })
                .collect()
        };
        let built_in = SearchPath {
            origin: Origin::BuiltIn,
            folder: Folder::BuiltIn(if kind == PlanKind::Loop {
                &LOOPS
            } else {
                &PIPELINES
            }),
        };
        let (own, user): (Vec<_>, Vec<_>) = (
            on_disk(&claude, Origin::Project),
            on_disk(&self.user, Origin::User),
        );
        let stages = self.stages.clone().filter(|_| kind == PlanKind::Loop);
        let stages = stages.map(|root| SearchPath {
            origin: Origin::User,
            folder: Folder::Disk(root),
        });
        own.into_iter()
            .chain(user)
            .chain(stages)
            .chain([built_in])
            .collect()
    }

    fn named(&self, kind: PlanKind, name: &str) -> Option<Entry> {
        // A name is joined to paths, so it must not be able to leave them.
        name.parse::<NodeId>().ok()?;
        self.search_paths(kind)
            .iter()
            .find_map(|path| self.entry(kind, name, path.origin, &path.definition(kind, name)?))
    }

    /// Finds a folder that would be a loop if it had a definition.
    fn without_definition(&self, kind: PlanKind, name: &str) -> Option<Entry> {
        let by_path = || {
            camino::absolute_utf8(name)
                .ok()
                .filter(|path| is_path(name) && path.is_dir())
        };
        let (origin, root) = match by_path() {
            Some(path) => (Origin::File, path),
            None => {
                name.parse::<NodeId>().ok()?;
                let path = self
                    .search_paths(kind)
                    .into_iter()
                    .find(|path| path.folder.has_folder(name))?;
                let Folder::Disk(root) = path.folder else {
                    return None;
                };
                (path.origin, root.join(name))
            }
        };
        let (name, folder) = (root.file_name()?.to_owned(), Folder::Disk(root.clone()));
        let (shown, path) = (
            root.strip_prefix(&self.project).unwrap_or(&root),
            folder.shown(DEFINITIONS[0], &self.project),
        );
        let sources = Err(Unreadable::no_definition(shown.as_str(), path.clone()));
        (kind == PlanKind::Loop).then_some(Entry {
            name,
            kind,
            origin,
            sources,
            path,
        })
    }

    fn at_path(&self, kind: PlanKind, path: &str) -> Option<Entry> {
        let path = camino::absolute_utf8(path).ok()?;
        let definition = match kind {
            PlanKind::Loop if path.is_dir() => DEFINITIONS
                .iter()
                .map(|file| path.join(file))
                .find(|file| file.is_file())?,
            PlanKind::Loop | PlanKind::Pipeline => path.is_file().then_some(path)?,
        };
        // `ap loop .` is named by the folder it is in.
        let named_by = if kind == PlanKind::Loop {
            definition.canonicalize_utf8().ok()?.parent()?.to_owned()
        } else {
            definition.clone()
        };
        let folder = Folder::Disk(definition.parent()?.to_owned());
        let found = Found {
            folder,
            file: definition.file_name()?.to_owned(),
        };
        self.entry(kind, named_by.file_stem()?, Origin::File, &found)
    }

    fn entry(&self, kind: PlanKind, name: &str, origin: Origin, found: &Found) -> Option<Entry> {
        let path = found.folder.shown(&found.file, &self.project);
        let text = |text| SourceText {
            file: path.clone(),
            text,
        };
        let read = found.folder.read(&found.file, LARGEST_YAML).transpose()?;
        let sources = read
            .map_err(|why| why.in_file(path.clone()))
            .map(|definition| match kind {
                PlanKind::Loop => {
                    let prompt = prompt(&found.folder, &definition, &self.project);
                    Sources::Loop(LoopSource {
                        name: name.to_owned(),
                        origin,
                        definition: text(definition),
                        prompt,
                    })
                }
                PlanKind::Pipeline => {
                    Sources::Pipeline(self.pipeline(name, origin, text(definition)))
                }
            });
        Some(Entry {
            name: name.to_owned(),
            kind,
            origin,
            sources,
            path: path.clone(),
        })
    }

    fn pipeline(&self, name: &str, origin: Origin, definition: SourceText) -> PipelineSource {
        let pipelines = self.pipelines_used(name, &definition);
        let texts = || std::iter::once(&definition).chain(pipelines.values().flatten());
        let used: BTreeSet<String> = texts()
            .flat_map(|text| compile::loops_used(&text.text))
            .collect();
        let loops: BTreeMap<_, _> = used
            .iter()
            .filter_map(|name| Some((name.clone(), self.loop_used(name)?)))
            .collect();
        let missing = texts()
            .flat_map(|text| compile::pipelines_used(&text.text))
            .any(|other| other != name && !pipelines.contains_key(&other));
        // Listing all of them takes long, and only the hint for an unknown name needs it.
        let known_loops = if loops.len() < used.len() {
            self.names(PlanKind::Loop)
        } else {
            Vec::new()
        };
        let known_pipelines = if missing {
            self.names(PlanKind::Pipeline)
        } else {
            Vec::new()
        };
        PipelineSource {
            name: name.to_owned(),
            origin,
            definition,
            pipelines,
            known_pipelines,
            loops,
            known_loops,
        }
    }

    /// Finds the pipelines that run within one, and within those.
    fn pipelines_used(
        &self,
        name: &str,
        definition: &SourceText,
    ) -> BTreeMap<String, Result<SourceText, String>> {
        let (mut found, mut wanted) = (BTreeMap::new(), compile::pipelines_used(&definition.text));
        while let Some(used) = wanted.pop() {
            if used == name || found.contains_key(&used) {
                continue;
            }
            if let Some(text) = self.pipeline_used(&used) {
                wanted.extend(
                    text.iter()
                        .flat_map(|text| compile::pipelines_used(&text.text)),
                );
                found.insert(used, text);
            }
        }
        found
    }

    fn pipeline_used(&self, name: &str) -> Option<Result<SourceText, String>> {
        name.parse::<NodeId>().ok()?;
        let found = self
            .search_paths(PlanKind::Pipeline)
            .iter()
            .find_map(|path| path.definition(PlanKind::Pipeline, name))?;
        let read = found.folder.read(&found.file, LARGEST_YAML).transpose()?;
        let file = found.folder.shown(&found.file, &self.project);
        Some(
            read.map(|text| SourceText { file, text })
                .map_err(|unreadable| unreadable.reason),
        )
    }

    fn loop_used(&self, name: &str) -> Option<Result<LoopSource, String>> {
        match self
            .named(PlanKind::Loop, name)
            .or_else(|| self.without_definition(PlanKind::Loop, name))?
            .sources
        {
            Ok(Sources::Loop(source)) => Some(Ok(source)),
            Ok(Sources::Pipeline(_)) => None,
            Err(unreadable) => Some(Err(unreadable.reason)),
        }
    }
}

/// The one way a loop's prompt is found: lint, dry-run and run all come here.
fn prompt(folder: &Folder, definition: &str, project: &Utf8Path) -> Result<SourceText, Unreadable> {
    let candidates = compile::prompt_candidates(definition);
    for file in &candidates {
        let shown = || folder.shown(file, project);
        if let Some(text) = folder
            .read(file, LARGEST_PROMPT)
            .map_err(|why| why.in_file(shown()))?
        {
            return Ok(SourceText {
                file: shown(),
                text,
            });
        }
    }
    Err(Unreadable::no_prompt(format!(
        "there is no prompt: looked for `{}`",
        candidates.join("`, `")
    )))
}

fn is_path(name: &str) -> bool {
    name.contains('/') || name.ends_with(".yaml") || name.ends_with(".yml")
}
