//! Which runs work on a queue, and from where: several projects, or worktrees of one, may share it.
//!
//! ```text
//! <folder>/runs/<run>     {"session":"auth","project":"/path/to/the/project"}
//! ```
use super::claims::create_folder;
use super::error::Result;
use super::interface::Queue;
use super::owner::Owner;
use crate::exec::holder;
use crate::exec::process;
use crate::model::{RunId, SessionName, env_tag};
use crate::store::layout::Project;
use crate::store::{atomic, beneath, session};
use camino::{Utf8Path, Utf8PathBuf};
use fs_err as fs;
use serde::{Deserialize, Serialize};

/// Where a run is at home.
#[derive(Debug, Serialize, Deserialize)]
struct Home {
    session: SessionName,
    project: Utf8PathBuf,
}

/// Registers the run with the queue, so that other sessions can find out whether it is alive.
pub fn register_run(
    queue: &dyn Queue,
    session: &SessionName,
    run: &RunId,
    project: &Project,
) -> Result<()> {
    let folder = queue.folder()?;
    create_folder(&folder)?;
    let runs = folder.join("runs");
    beneath::create_dir_all(&runs)?;
    let ours = runs.join(run.as_str());
    if ours.exists() {
        return Ok(());
    }
    remove_dead_runs(&runs);
    let home = Home {
        session: session.clone(),
        project: project.root().to_owned(),
    };
    let text = serde_json::to_vec(&home).map_err(std::io::Error::from)?;
    Ok(atomic::replace(&ours, &text)?)
}

/// Returns a function that says whether an owner may still be at work. You always may; an empty owner never is.
pub fn liveness(queue: &dyn Queue) -> impl Fn(&Owner) -> bool + use<> {
    let runs = queue.folder().map(|folder| folder.join("runs"));
    move |owner| match owner {
        // Without the queue's folder no agent is known to be dead.
        Owner::Agent { run: Some(run), .. } => {
            runs.as_ref().map_or(true, |runs| is_alive(runs, run))
        }
        // None of our agents claims without a run.
        Owner::Agent { run: None, .. } => false,
        Owner::Other(name) => !name.is_empty(),
    }
}

/// A run lives as long as its runner does, or anything its agents started. One that never joined does not.
fn is_alive(runs: &Utf8Path, run: &RunId) -> bool {
    let home: Option<Home> = fs::read(runs.join(run.as_str()))
        .ok()
        .and_then(|text| serde_json::from_slice(&text).ok());
    // From inside an agent's namespace neither runner nor agents of other runs can be seen.
    home.is_some_and(|home| process::is_contained() || home.runs_now(run))
        || !process::find_tagged(env_tag::RUN, run.as_str()).is_empty()
}

impl Home {
    /// Whether the session is running there, and in this very run.
    fn runs_now(&self, run: &RunId) -> bool {
        let project = Project::new(self.project.clone());
        holder::is_running(&project, &self.session)
            && session::run_of(&project.session(&self.session))
                .is_some_and(|now| now.covers(run.as_str()))
    }
}

/// A run that is not registered counts as dead, so the dead need not stay.
fn remove_dead_runs(runs: &Utf8Path) {
    for entry in runs.read_dir_utf8().into_iter().flatten().flatten() {
        if entry
            .file_name()
            .parse()
            .is_ok_and(|run| !is_alive(runs, &run))
        {
            let _ = fs::remove_file(entry.path());
        }
    }
}
