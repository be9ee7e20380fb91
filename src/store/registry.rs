//! The projects that the supervisor works on: `projects.json`.
use super::atomic;
use super::layout::{StateFile, UserDirs};
use super::roots;
use crate::error::{Error, ErrorKind, Result};
use crate::fleet::Registration;
use crate::model::{ProjectId, SessionName};
use crate::plan::PlanKind;
use camino::{Utf8Path, Utf8PathBuf};
use fs_err as fs;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::io;
use std::os::unix::fs::MetadataExt as _;

/// The format this program reads and writes.
const VERSION: u32 = 1;

/// The content of `projects.json`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Registry {
    pub version: u32,
    /// In the order they were added.
    pub projects: Vec<RegisteredProject>,
    /// Ids of projects that were removed, which are not given again.
    #[serde(default)]
    pub retired: Vec<ProjectId>,
}

/// A registered directory, and what the supervisor runs in it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
pub struct RegisteredProject {
    pub id: ProjectId,
    /// The directory's real path.
    #[cfg_attr(feature = "schemas", schemars(with = "String"))]
    pub root: Utf8PathBuf,
    /// The directory's number in its file system: another directory at the path is another project.
    pub inode: u64,
    /// The session it runs.
    pub session: SessionName,
    /// Whether a loop or a pipeline runs.
    pub kind: PlanKind,
    /// The name of the loop or pipeline.
    pub name: String,
    /// Flags for the start of the session.
    #[serde(default)]
    pub flags: Vec<String>,
    /// Its share of the slices, compared with others.
    pub weight: u32,
    pub added_at: Timestamp,
}

impl Default for Registry {
    fn default() -> Self {
        Self {
            version: VERSION,
            projects: Vec::new(),
            retired: Vec::new(),
        }
    }
}

impl RegisteredProject {
    /// Returns what the supervisor's core needs to know of it.
    pub fn registration(&self) -> Registration {
        Registration {
            project: self.id.clone(),
            root: self.root.clone(),
            weight: self.weight,
        }
    }

    /// Returns the words behind `ap` that start its session.
    pub fn start_words(&self) -> Vec<String> {
        let mut words = self.definition_words();
        words.extend(self.flags.iter().cloned());
        words
    }

    /// Returns the words behind `ap` that continue its session.
    pub fn resume_words(&self) -> Vec<String> {
        let mut words = self.definition_words();
        words.push("--resume".to_owned());
        words
    }

    fn definition_words(&self) -> Vec<String> {
        let kind = match self.kind {
            PlanKind::Loop => "loop",
            PlanKind::Pipeline => "pipeline",
        };
        [kind, &self.name, self.session.as_str()]
            .map(str::to_owned)
            .to_vec()
    }
}

impl Registry {
    /// Returns a project by its id.
    pub fn by_id(&self, id: &ProjectId) -> Option<&RegisteredProject> {
        self.projects.iter().find(|project| project.id == *id)
    }

    /// Returns the project of a directory.
    pub fn by_root(&self, root: &Utf8Path) -> Option<&RegisteredProject> {
        self.projects.iter().find(|project| project.root == root)
    }

    /// Returns an id for a directory that no project has or had: its name, or its name and a number.
    pub fn new_id(&self, root: &Utf8Path) -> ProjectId {
        let name = slug(root.file_name().unwrap_or("project"));
        let is_free = |id: &ProjectId| self.by_id(id).is_none() && !self.retired.contains(id);
        let numbered = (2..).map(|number| format!("{name}-{number}"));
        std::iter::once(name.clone())
            .chain(numbered)
            .filter_map(|name| name.parse().ok())
            .find(is_free)
            .expect("there is no end of numbers")
    }
}

/// Returns a name that an id may have.
fn slug(name: &str) -> String {
    let mut slug: String = name
        .chars()
        .map(|c| {
            if c.is_ascii_alphanumeric() || c == '_' {
                c
            } else {
                '-'
            }
        })
        .take(48)
        .collect();
    while slug.contains("--") {
        slug = slug.replace("--", "-");
    }
    let slug = slug.trim_matches(['-', '_']).to_lowercase();
    if slug.is_empty() {
        "project".to_owned()
    } else {
        slug
    }
}

/// Reads the projects. Without a file there are none. Changes nothing.
pub fn read(dirs: &UserDirs) -> Result<Registry> {
    let path = dirs.state_file(StateFile::Projects);
    let text = match fs::read(&path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Registry::default()),
        text => text?,
    };
    parse(&path, &text)
}

fn parse(path: &Utf8Path, text: &[u8]) -> Result<Registry> {
    /// The field that every format has.
    #[derive(Deserialize)]
    struct Version {
        version: u32,
    }
    let version = serde_json::from_slice::<Version>(text).map(|it| it.version);
    if let Ok(found) = version
        && found != VERSION
    {
        let message = format!(
            "{path} was written by another version of ap (format {found}, this one reads {VERSION})"
        );
        return Err(Error::new(ErrorKind::NewerFormat, message)
            .hint("use the version of ap that wrote it; nothing was changed"));
    }
    let damaged = |why: String| {
        Error::new(ErrorKind::Damaged, format!("{path} is damaged: {why}")).hint(format!(
            "correct the file, or move it away and add your projects again with `ap projects add`: mv {path} {path}.damaged"
        ))
    };
    let registry: Registry =
        serde_json::from_slice(text).map_err(|error| damaged(error.to_string()))?;
    for (index, project) in registry.projects.iter().enumerate() {
        let others = &registry.projects[..index];
        if let Some(other) = others
            .iter()
            .find(|other| other.id == project.id || other.root == project.root)
        {
            let why = format!("{} and {} are one project", other.id, project.id);
            return Err(damaged(why));
        }
    }
    Ok(registry)
}

/// Changes the projects under their lock. Nothing is written if the change fails or changes nothing.
pub fn update<T>(dirs: &UserDirs, change: impl FnOnce(&mut Registry) -> Result<T>) -> Result<T> {
    let _lock = roots::lock(dirs, StateFile::ProjectsLock)?;
    let before = read(dirs)?;
    let mut registry = before.clone();
    let changed = change(&mut registry)?;
    if registry != before {
        let mut text = serde_json::to_vec_pretty(&registry).map_err(io::Error::from)?;
        text.push(b'\n');
        atomic::replace_durably(&dirs.state_file(StateFile::Projects), &text)?;
    }
    Ok(changed)
}

/// Returns the number of a directory in its file system.
pub fn inode(root: &Utf8Path) -> io::Result<u64> {
    Ok(fs::metadata(root)?.ino())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn dirs(folder: &tempfile::TempDir) -> UserDirs {
        let home = folder.path().display().to_string();
        let home = std::iter::once(("AP_HOME".to_owned(), home)).collect();
        UserDirs::new(&home, None)
    }

    fn add(registry: &mut Registry, root: &str) -> ProjectId {
        let id = registry.new_id(root.into());
        registry.projects.push(RegisteredProject {
            session: id.as_str().parse().unwrap(),
            id: id.clone(),
            root: root.into(),
            inode: 1,
            kind: PlanKind::Loop,
            name: "work".to_owned(),
            flags: Vec::new(),
            weight: 1,
            added_at: Timestamp::UNIX_EPOCH,
        });
        id
    }

    #[test]
    fn ids_are_names_of_folders_made_unique_and_never_given_again() {
        let folder = tempfile::tempdir().unwrap();
        let dirs = dirs(&folder);
        let ids = update(&dirs, |registry| {
            let roots = ["/a/My App", "/b/my.app", "/c/.…", "/d/ünï"];
            Ok(roots.map(|root| add(registry, root).to_string()))
        });
        assert_eq!(ids.unwrap(), ["my-app", "my-app-2", "project", "n"]);
        update(&dirs, |registry| {
            let gone = registry.projects.remove(1);
            registry.retired.push(gone.id);
            Ok(())
        })
        .unwrap();
        assert_eq!(
            read(&dirs).unwrap().new_id("/x/my-app".into()).as_str(),
            "my-app-3"
        );
    }

    #[test]
    fn a_registry_that_cannot_be_read_is_left_alone() {
        let folder = tempfile::tempdir().unwrap();
        let dirs = dirs(&folder);
        update(&dirs, |registry| Ok(add(registry, "/a"))).unwrap();
        let path = dirs.state_file(StateFile::Projects);
        let good = fs::read_to_string(&path).unwrap();
        let twice = {
            let mut registry = read(&dirs).unwrap();
            let mut again = registry.projects[0].clone();
            again.id = "b".parse().unwrap();
            registry.projects.push(again);
            serde_json::to_string(&registry).unwrap()
        };
        for bad in [
            good[..good.len() / 2].to_owned(),
            good.replace("\"version\": 1", "\"version\": 9"),
            twice,
        ] {
            atomic::replace(&path, bad.as_bytes()).unwrap();
            let error = update(&dirs, |registry| Ok(add(registry, "/b"))).unwrap_err();
            let kinds = [ErrorKind::Damaged, ErrorKind::NewerFormat];
            assert!(kinds.contains(&error.kind()), "{error}");
            assert_eq!(fs::read_to_string(&path).unwrap(), bad);
        }
    }
}
