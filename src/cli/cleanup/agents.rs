//! Agents that outlived their sessions: found by the mark every process of an attempt carries.
use super::{Action, Cleanup, Finding};
use crate::error::Result;
use crate::model::SessionName;
use crate::process::{self, Liveness};
use crate::runner::{ATTEMPT_MARK, RUN_MARK, end_attempt};
use crate::store::lock::FileLock;
use crate::store::session::{Glance, glance, names};
use fs_err as fs;
use serde::Deserialize;
use std::collections::BTreeMap;

/// The attempts whose processes live, by run: mark and pids.
type Living = BTreeMap<String, BTreeMap<String, Vec<i32>>>;

/// The part of a plan that says whose it is.
#[derive(Deserialize)]
struct Owner {
    session: SessionName,
    run: String,
}

impl Cleanup<'_> {
    /// Ends agents that nobody will ever look after again.
    pub(super) fn agents(&mut self) -> Result<()> {
        let mut living = Living::new();
        for (process, mut marks) in process::carrying(&[RUN_MARK, ATTEMPT_MARK]) {
            let (attempt, run) = (marks.pop().unwrap_or_default(), marks.pop().unwrap_or_default());
            living.entry(run).or_default().entry(attempt).or_default().push(process.pid);
        }
        if living.is_empty() {
            return Ok(());
        }
        for session in names(&self.context.project)? {
            self.agents_of(&session, &mut living);
        }
        for Owner { session, run } in self.archived() {
            for (mark, pids) in living.remove(&run).unwrap_or_default() {
                self.end(&session, &mark, &pids, "its run was put away");
            }
        }
        Ok(())
    }

    fn agents_of(&mut self, session: &SessionName, living: &mut Living) {
        let dir = self.context.project.session(session);
        let Some(owner) = owner(&dir.plan()) else { return };
        let Some(attempts) = living.remove(&owner.run) else { return };
        if self.may_live(session) {
            return;
        }
        let adoptable = glance(&dir).ok().flatten().and_then(|there| self.adoptable(&there));
        for (mark, pids) in attempts {
            if adoptable.as_ref() != Some(&mark) {
                self.end(session, &mark, &pids, "its shim and its session's runner are gone");
            } else if self.orphans {
                self.end(session, &mark, &pids, "its session's runner is gone");
            } else {
                let why = "its session's runner is gone, but a resume takes it over; --orphans ends it".to_owned();
                let finding = Finding::new("agent", Some(session.clone()), &processes(&mark, &pids), why, Action::Leave);
                self.deal(finding, || Ok(()));
            }
        }
    }

    /// Returns the mark of the attempt that a resume would take over: its shim lives.
    fn adoptable(&self, there: &Glance) -> Option<String> {
        let Glance { plan, state } = there;
        let node = state.node(plan)?;
        let stdout = self.context.project.session(&plan.session).iteration(state.cursor, &node.id).stdout();
        let journalled = state.shim.as_ref().is_some_and(|shim| process::liveness(shim) == Liveness::Alive);
        // A runner may have died before it wrote down who its shim is; the shim holds its output locked.
        let lives = journalled || FileLock::is_held(&stdout).unwrap_or(true);
        lives.then(|| format!("{}/{}", plan.run, state.cursor))
    }

    fn end(&mut self, session: &SessionName, mark: &str, pids: &[i32], why: &str) {
        let finding = Finding::new("agent", Some(session.clone()), &processes(mark, pids), why.to_owned(), Action::End);
        self.deal(finding, || {
            end_attempt(mark);
            let left = process::marked(ATTEMPT_MARK, mark).len();
            if left == 0 { Ok(()) } else { Err(crate::error::Error::failed(format!("{left} processes cannot be ended"))) }
        });
    }

    /// Returns the runs that `--force` put away.
    fn archived(&self) -> Vec<Owner> {
        let folders = fs::read_dir(self.context.project.runs().join(".archive")).into_iter().flatten().flatten();
        let plans = folders.filter_map(|entry| camino::Utf8PathBuf::try_from(entry.path()).ok()).map(|folder| folder.join("plan.json"));
        plans.filter_map(|plan| owner(&plan)).collect()
    }
}

fn owner(plan: &camino::Utf8Path) -> Option<Owner> {
    serde_json::from_slice(&fs::read(plan).ok()?).ok()
}

fn processes(mark: &str, pids: &[i32]) -> String {
    let pids: Vec<String> = pids.iter().map(ToString::to_string).collect();
    format!("attempt {}, pid {}", mark.rsplit('/').next().unwrap_or_default(), pids.join(" "))
}
