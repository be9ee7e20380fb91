//! Reads loops: a definition and its prompt.
use super::entry::Entry;
use super::folder::Folder;
use super::found::{DEFINITIONS, Found};
use super::lookup::Library;
use crate::compile::{self, LoopSource, SourceText, Sources, Unreadable};
use crate::model::NodeId;
use crate::plan::{Origin, PlanKind};
use camino::{Utf8Path, Utf8PathBuf};

/// The size limit of a prompt: no model takes a larger one.
const LARGEST_PROMPT: u64 = 5 << 20;

/// Names that a definition is given by mistake.
const MISNAMED: [&str; 4] = ["loop.yml", "stage.yml", "Loop.yaml", "loop.json"];

impl Library {
    /// Reads a loop.
    pub(super) fn read_loop(&self, found: Found) -> Option<Entry> {
        Entry::read(found, &self.project, |found, definition| {
            Sources::Loop(LoopSource {
                name: found.name.clone(),
                origin: found.origin,
                prompt: prompt(&found.folder, &definition.text, &self.project),
                definition,
            })
        })
    }

    /// Finds a folder that would be a loop if it had a definition.
    pub(super) fn without_definition(&self, name: &str) -> Option<Entry> {
        let (origin, root) =
            folder_at_path(name).or_else(|| self.folder_without_definition(name))?;
        let path = Folder::Disk(root.clone()).shown(DEFINITIONS[0], &self.project);
        let shown = root.strip_prefix(&self.project).unwrap_or(&root);
        let why = Unreadable::no_definition(shown.as_str(), path.clone());
        let misnamed = MISNAMED.into_iter().find(|file| root.join(file).is_file());
        Some(Entry {
            name: root.file_name()?.to_owned(),
            kind: PlanKind::Loop,
            origin,
            sources: Err(match misnamed {
                Some(file) => why.with_misnamed(file),
                None => why,
            }),
            path,
        })
    }

    fn folder_without_definition(&self, name: &str) -> Option<(Origin, Utf8PathBuf)> {
        name.parse::<NodeId>().ok()?;
        let paths = self.search_paths(PlanKind::Loop);
        let path = paths
            .into_iter()
            .find(|path| path.folder.has_folder(name))?;
        match path.folder {
            Folder::Disk(root) => Some((path.origin, root.join(name))),
            Folder::BuiltIn(_) => None,
        }
    }
}

fn folder_at_path(path: &str) -> Option<(Origin, Utf8PathBuf)> {
    let folder = is_path(path).then(|| camino::absolute_utf8(path).ok())??;
    folder.is_dir().then_some((Origin::File, folder))
}

/// Whether the user wrote a path instead of a name.
pub(super) fn is_path(name: &str) -> bool {
    name.contains('/') || name.ends_with(".yaml") || name.ends_with(".yml")
}

/// Finds and reads a loop's prompt. Lint, dry run and run all use it.
fn prompt(folder: &Folder, definition: &str, project: &Utf8Path) -> Result<SourceText, Unreadable> {
    let candidates = compile::prompt_candidates(definition);
    for file in &candidates {
        let shown = folder.shown(file, project);
        match folder.read(file, LARGEST_PROMPT) {
            Ok(Some(text)) => return Ok(SourceText { file: shown, text }),
            Ok(None) => (),
            Err(why) => return Err(why.in_file(shown)),
        }
    }
    Err(Unreadable::no_prompt(format!(
        "there is no prompt: looked for `{}`",
        candidates.join("`, `")
    )))
}
