//! Looks at projects: whether each is there, is the one that was registered, and can be worked on.
use super::looks::LooksUnderWay;
use super::messages::Message;
use crate::fleet::Fitness;
use crate::model::ProjectId;
use crate::store::layout::Project;
use crate::store::project_folder;
use crate::store::registry::{self, RegisteredProject};
use crate::store::session::load_cached;
use camino::Utf8Path;
use nix::sys::statvfs::statvfs;
use nix::unistd::{AccessFlags, access};
use std::sync::mpsc::Sender;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

/// How long a look at a project may take before its file system counts as one that hangs.
pub(super) const LIMIT: Duration = Duration::from_secs(10);

/// Returns whether a project's directory can be worked on.
pub(super) fn look(project: &RegisteredProject, min_free: u64) -> Fitness {
    let root = &project.root;
    let unfit = |reason: String| Fitness::Unfit { reason };
    match registry::inode(root) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            return unfit(format!(
                "{root} does not exist; if it was moved: `ap projects move {} DIR`",
                project.id
            ));
        }
        Err(error) => return unfit(format!("{root} cannot be read: {error}")),
        Ok(inode) if inode != project.inode && !has_session(project) => {
            return unfit(format!(
                "{root} is another directory than the one that was added; if it is the same project: `ap projects move {} {root}`",
                project.id
            ));
        }
        Ok(_) if !root.is_dir() => return unfit(format!("{root} is not a directory")),
        Ok(_) => {}
    }
    if let Err(error) = access(root.as_std_path(), AccessFlags::W_OK) {
        return unfit(format!("{root} cannot be written to: {error}"));
    }
    if let Some(path) = project_folder::unedited(root) {
        return unfit(format!(
            "{path} is still the template that `ap init` wrote: edit it, or remove it"
        ));
    }
    low_disk(root, min_free).unwrap_or(Fitness::Fit)
}

fn has_session(project: &RegisteredProject) -> bool {
    let dir = Project::new(project.root.clone()).session(&project.session);
    dir.journal().exists()
}

/// Returns whether a project and its session can be worked on.
pub(super) fn look_closely(project: &RegisteredProject, store: &Project, min_free: u64) -> Fitness {
    let fitness = look(project, min_free);
    if fitness != Fitness::Fit {
        return fitness;
    }
    match load_cached(&store.session(&project.session)) {
        Ok(_) => Fitness::Fit,
        Err(error) => Fitness::Unfit {
            reason: error.to_string(),
        },
    }
}

fn low_disk(root: &Utf8Path, min_free: u64) -> Option<Fitness> {
    let about = statvfs(root.as_std_path()).ok()?;
    #[expect(
        clippy::useless_conversion,
        reason = "the types differ between systems"
    )]
    let free = u64::from(about.blocks_available()).saturating_mul(u64::from(about.fragment_size()));
    (free < min_free).then(|| Fitness::DiskLow {
        free: format!("{:.1} GB", free as f64 / 1e9),
    })
}

/// A look at all projects, one after the other, in a thread of its own.
#[derive(Debug)]
pub(super) struct Sweep {
    at: Arc<Mutex<(usize, Instant)>>,
    projects: Vec<RegisteredProject>,
}

impl Sweep {
    /// Starts with the project at a position.
    pub(super) fn start(
        projects: Vec<RegisteredProject>,
        from: usize,
        min_free: u64,
        (looks, messages): (LooksUnderWay, Sender<Message>),
    ) -> Self {
        let at = Arc::new(Mutex::new((from, Instant::now())));
        let sweep = Self { at, projects };
        let (at, projects) = (Arc::clone(&sweep.at), sweep.projects.clone());
        let sweeps = move || {
            for (index, project) in projects.iter().enumerate().skip(from) {
                *at.lock().unwrap_or_else(PoisonError::into_inner) = (index, Instant::now());
                let Some(_look) = looks.begin(&project.id) else {
                    continue;
                };
                let fitness = look(project, min_free);
                if messages
                    .send(Message::Looked(project.id.clone(), fitness))
                    .is_err()
                {
                    return;
                }
            }
            let _ = messages.send(Message::SweepOver);
        };
        if let Err(error) = std::thread::Builder::new()
            .name("sweep".to_owned())
            .spawn(sweeps)
        {
            tracing::warn!(%error, "projects cannot be looked at");
        }
        sweep
    }

    /// Returns the project whose look takes too long, and where to continue without it.
    pub(super) fn hangs(&self) -> Option<(ProjectId, usize)> {
        let (index, since) = *self.at.lock().unwrap_or_else(PoisonError::into_inner);
        let project = self.projects.get(index)?;
        (LIMIT <= since.elapsed()).then(|| (project.id.clone(), index + 1))
    }
}

/// Returns the fitness of a project whose file system does not answer.
pub(super) fn does_not_answer(project: &RegisteredProject) -> Fitness {
    let (root, limit) = (&project.root, LIMIT.as_secs());
    Fitness::Unfit {
        reason: format!("the file system of {root} does not answer within {limit} s"),
    }
}
