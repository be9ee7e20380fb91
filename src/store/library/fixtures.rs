//! Finds the fixtures of loops and pipelines: what `ap test` runs them against.
//!
//! A project's own recordings come first (`.claude/fixtures/loops/<name>/`), then the files beside the definition: a
//! loop's `fixtures/` in its folder, a pipeline's `fixtures/<name>/` beside its file.
use super::builtin;
use super::entry::Entry;
use super::fixture_files::FixtureFiles;
use super::lookup::Library;
use crate::error::Result;
use crate::plan::PlanKind;
use camino::Utf8PathBuf;

impl Library {
    /// Finds a definition's fixture.
    pub fn fixture(&self, entry: &Entry) -> Result<Option<FixtureFiles>> {
        let folders = self.fixture_folders(entry);
        let Some(folder) = folders.into_iter().find(|folder| folder.is_dir()) else {
            return Ok(built_in(entry));
        };
        let shown = folder.strip_prefix(&self.project).unwrap_or(&folder);
        FixtureFiles::read(&folder, shown.to_string()).map(Some)
    }

    /// Returns the folder a recording of the definition is written to.
    pub fn fixture_target(&self, entry: &Entry) -> Utf8PathBuf {
        let folders = self.fixture_folders(entry);
        folders
            .into_iter()
            .next_back()
            .unwrap_or_else(|| self.project.join("fixtures"))
    }

    /// Returns the folders in lookup order; a built-in definition has only the project's.
    fn fixture_folders(&self, entry: &Entry) -> Vec<Utf8PathBuf> {
        let recordings = self.project.join(".claude/fixtures");
        let mut folders = vec![recordings.join(folder_name(entry.kind)).join(&entry.name)];
        if !is_built_in(entry) {
            let definition = self.project.join(&entry.path);
            let beside = definition.parent().unwrap_or(&self.project);
            let beside = beside.join("fixtures");
            folders.push(match entry.kind {
                PlanKind::Loop => beside,
                PlanKind::Pipeline => beside.join(&entry.name),
            });
        }
        folders
    }
}

fn built_in(entry: &Entry) -> Option<FixtureFiles> {
    let path = match entry.kind {
        PlanKind::Loop => format!("{}/fixtures", entry.name),
        PlanKind::Pipeline => format!("fixtures/{}", entry.name),
    };
    let dir = builtin::definitions(entry.kind).get_dir(&path);
    let dir = dir.filter(|_| is_built_in(entry))?;
    let shown = format!("builtin:{}/{path}", folder_name(entry.kind));
    Some(FixtureFiles::built_in(dir, shown))
}

fn is_built_in(entry: &Entry) -> bool {
    entry.path.starts_with("builtin:")
}

fn folder_name(kind: PlanKind) -> &'static str {
    match kind {
        PlanKind::Loop => "loops",
        PlanKind::Pipeline => "pipelines",
    }
}
