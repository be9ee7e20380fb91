//! Ends agents that outlived their sessions, found by the tag in the environment of every process of an attempt.
use super::{Action, Cleanup, Finding};
use crate::error::Result;
use crate::exec::process::{self, Liveness};
use crate::model::{RunId, SessionName, env_tag};
use crate::plan::Step;
use crate::runner::end_attempt;
use crate::store::layout::RunDir;
use crate::store::lock::FileLock;
use crate::store::session::{Owner, Snapshot, load_cached, names, run_of};
use crate::text::count;
use fs_err as fs;
use std::collections::BTreeMap;

/// The attempts whose processes are alive, by run: tag and pids.
type LiveAttempts = BTreeMap<String, BTreeMap<String, Vec<i32>>>;

impl Cleanup<'_> {
    /// Ends agents that no runner will adopt again.
    pub(super) fn agents(&mut self) -> Result<()> {
        let mut live = LiveAttempts::new();
        for (process, mut marks) in process::find_with_env(&[env_tag::RUN, env_tag::ATTEMPT]) {
            let (attempt, run) = (
                marks.pop().unwrap_or_default(),
                marks.pop().unwrap_or_default(),
            );
            live.entry(run)
                .or_default()
                .entry(attempt)
                .or_default()
                .push(process.pid);
        }
        if live.is_empty() {
            return Ok(());
        }
        for session in names(&self.context.project)? {
            self.agents_of(&session, &mut live);
        }
        for Owner { session, run } in self.archived() {
            for (mark, pids) in remove_run(&mut live, &run) {
                self.end(&session, &mark, &pids, "its run was archived");
            }
        }
        Ok(())
    }

    fn agents_of(&mut self, session: &SessionName, live: &mut LiveAttempts) {
        let dir = self.context.project.session(session);
        let Some(run) = run_of(&dir) else { return };
        let attempts = remove_run(live, &run);
        if attempts.is_empty() || self.may_live(session) {
            return;
        }
        let adoptable = load_cached(&dir)
            .ok()
            .flatten()
            .map_or_else(Vec::new, |snapshot| adoptable(&dir, &snapshot));
        for (mark, pids) in attempts {
            if !adoptable.contains(&mark) {
                self.end(
                    session,
                    &mark,
                    &pids,
                    "its shim and its session's runner are gone",
                );
            } else if self.orphans {
                self.end(session, &mark, &pids, "its session's runner is gone");
            } else {
                let why = "its session's runner is gone, but a resume adopts it; --orphans ends it"
                    .to_owned();
                let finding = Finding::new(
                    "agent",
                    Some(session.clone()),
                    &processes(&mark, &pids),
                    why,
                    Action::Leave,
                );
                self.handle(finding, || Ok(()));
            }
        }
    }

    fn end(&mut self, session: &SessionName, attempt: &str, pids: &[i32], why: &str) {
        let finding = Finding::new(
            "agent",
            Some(session.clone()),
            &processes(attempt, pids),
            why.to_owned(),
            Action::End,
        );
        self.handle(finding, || {
            end_attempt(attempt);
            let left = process::find_tagged(env_tag::ATTEMPT, attempt).len();
            if left == 0 {
                Ok(())
            } else {
                Err(crate::error::Error::failed(format!(
                    "{} cannot be ended",
                    count(left, "process")
                )))
            }
        });
    }

    /// Returns the runs that `--force` archived.
    fn archived(&self) -> Vec<Owner> {
        let folders = fs::read_dir(self.context.project.runs().join(".archive"))
            .into_iter()
            .flatten()
            .flatten();
        let plans = folders
            .filter_map(|entry| camino::Utf8PathBuf::try_from(entry.path()).ok())
            .map(|folder| folder.join("plan.json"));
        plans.filter_map(|plan| Owner::of(&plan)).collect()
    }
}

/// Removes and returns the attempts of a run and of its branches.
fn remove_run(live: &mut LiveAttempts, run: &RunId) -> Vec<(String, Vec<i32>)> {
    let runs: Vec<String> = live
        .keys()
        .filter(|found| run.covers(found))
        .cloned()
        .collect();
    runs.iter()
        .filter_map(|run| live.remove(run))
        .flatten()
        .collect()
}

/// Returns the tags of the attempts that a resume would adopt, since their shims are alive: one, or those of the
/// branches of a parallel block.
fn adoptable(dir: &RunDir, snapshot: &Snapshot) -> Vec<String> {
    let Snapshot { plan, state } = snapshot;
    let node = match state.step(plan) {
        None => return Vec::new(),
        Some(Step::Node(node)) => node,
        Some(Step::Block(block)) => {
            let branches = block
                .branches
                .iter()
                .map(|branch| dir.branch(state.current.cursor.node, &block.id, &branch.name));
            return branches
                .filter_map(|dir| Some(adoptable(&dir, &load_cached(&dir).ok()??)))
                .flatten()
                .collect();
        }
    };
    let stdout = dir.iteration(state.current.cursor, &node.id).stdout();
    let journalled = state
        .phase
        .shim()
        .is_some_and(|shim| process::liveness(shim) == Liveness::Alive);
    // A runner may have died before it recorded its shim; the shim holds its output locked.
    let lives = journalled || FileLock::is_held(&stdout).unwrap_or(true);
    if lives {
        vec![env_tag::attempt(&plan.run, state.current.cursor)]
    } else {
        Vec::new()
    }
}

fn processes(mark: &str, pids: &[i32]) -> String {
    let pids: Vec<String> = pids.iter().map(ToString::to_string).collect();
    format!(
        "attempt {}, pid {}",
        mark.rsplit('/').next().unwrap_or_default(),
        pids.join(" ")
    )
}
