//! Moves the run directory of a replaced session out of the way; nothing of it is lost.
use super::error::AcquireError;
use super::processes::end_run;
use crate::clock;
use crate::error::Error;
use crate::model::SessionName;
use crate::runner::writable_dir;
use crate::store::crash;
use crate::store::session::run_of;
use crate::workspace::Workspace;
use fs_err as fs;

/// Ends what is left of a run whose runner is gone, and archives its directory.
pub(super) fn archive(workspace: &Workspace, session: &SessionName) -> Result<(), AcquireError> {
    let project = &workspace.store_root;
    let dir = project.session(session);
    if !dir.root().exists() {
        return Ok(());
    }
    let run = run_of(&dir);
    if let Some(run) = &run {
        end_run(run);
    }
    writable_dir::take_back(workspace, &dir)?;
    let unnamed = || format!("x{}", clock::now().as_millisecond()).parse();
    let run = run.map_or_else(unnamed, Ok).map_err(Error::failed_by)?;
    let kept = project.archived(session, &run);
    fs::create_dir_all(kept.parent().unwrap_or(&kept))?;
    crash::point("archive: before");
    fs::rename(dir.root(), &kept)?;
    crash::point("archive: done");
    Ok(())
}
