//! `HUMAN_NEEDED.md`: in the folder of a project, what its sessions and the supervisor ask you.
//!
//! It is written whole from the journals, under a lock beside it, by the process that opened or closed a question. It
//! decides nothing: deleting it answers nothing, and a file of yours of that name is left alone.
mod text;

use crate::error::{Error, Result};
use crate::fleet::ProjectStatus;
use crate::store::layout::{Project, UserDirs};
use crate::store::lock::FileLock;
use crate::store::session::{load_cached, names};
use crate::store::{atomic, beneath, fleet, ignored, registry};
use camino::Utf8PathBuf;
use std::io;
use std::time::Duration;
use text::{HEAD, ProjectAsks, SessionAsks, text};

/// Its path in a project.
pub const HUMAN_NEEDED: &str = ".agent-pipelines/HUMAN_NEEDED.md";

/// How long another process may take to write it.
const LOCK_LIMIT: Duration = Duration::from_secs(10);

/// Writes the file from all open questions of a project, and removes it if there is none.
pub fn update(project: &Project, dirs: &UserDirs) {
    if let Err(error) = try_update(project, dirs) {
        tracing::warn!(%error, project = %project.root(), "{HUMAN_NEEDED} cannot be written");
    }
}

/// Whether the file of a project is there.
pub fn is_there(project: &Project) -> bool {
    project.root().join(HUMAN_NEEDED).exists()
}

fn try_update(project: &Project, dirs: &UserDirs) -> Result<()> {
    let path = project.root().join(HUMAN_NEEDED);
    if !path.exists() && content(project, dirs)?.is_none() {
        return Ok(());
    }
    let folder = path.with_file_name("");
    ignored::create(&folder)?;
    let file = beneath::open_or_create(&path.with_extension("lock"))?;
    let Some(_lock) = FileLock::exclusive_within(&file, LOCK_LIMIT)? else {
        return Err(Error::failed("another process writes it"));
    };
    // Read under the lock: the last to write it has read the newest questions.
    let content = content(project, dirs)?;
    Ok(write(&path, content.as_deref())?)
}

fn write(path: &Utf8PathBuf, content: Option<&str>) -> io::Result<()> {
    let there = match beneath::read(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => None,
        there => Some(there?),
    };
    let is_ours = |there: &[u8]| there.starts_with(HEAD.as_bytes());
    match (there, content) {
        (Some(there), _) if !is_ours(&there) => Ok(()),
        (Some(_), None) => beneath::remove_file(path),
        (there, Some(content)) if there.as_deref() != Some(content.as_bytes()) => {
            atomic::replace(path, content.as_bytes())
        }
        _ => Ok(()),
    }
}

fn content(project: &Project, dirs: &UserDirs) -> Result<Option<String>> {
    let projects = projects(project, dirs)?;
    let sessions = sessions(project)?;
    Ok(text(project.root(), &projects, &sessions))
}

/// Returns what the supervisor asks about projects in this directory.
fn projects(project: &Project, dirs: &UserDirs) -> Result<Vec<ProjectAsks>> {
    let registry = registry::read(dirs)?;
    let root = project.root();
    let root = root.canonicalize_utf8().unwrap_or_else(|_| root.to_owned());
    let mut here = registry.projects.into_iter().filter(|it| it.root == root);
    let Some(registered) = here.next() else {
        return Ok(Vec::new());
    };
    let state = fleet::load(dirs)?;
    let known = state.projects.get(&registered.id);
    Ok(match known.map(|known| &known.status) {
        Some(ProjectStatus::Blocked { question }) => vec![ProjectAsks {
            project: registered.id,
            session: registered.session,
            question: question.clone(),
        }],
        _ => Vec::new(),
    })
}

/// Returns what the sessions of a directory ask.
fn sessions(project: &Project) -> Result<Vec<SessionAsks>> {
    let mut all = Vec::new();
    for session in names(project)? {
        // A session that cannot be read asks nothing.
        let Ok(Some(snapshot)) = load_cached(&project.session(&session)) else {
            continue;
        };
        let open = snapshot.state.open_questions();
        all.extend(open.map(|(branch, question)| SessionAsks {
            session: session.clone(),
            branch: branch.cloned(),
            question: question.clone(),
        }));
    }
    Ok(all)
}
