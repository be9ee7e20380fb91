//! The context of one attempt: its node, its paths, and the budget that is left.
use super::env::RunnerEnv;
use super::known_quota::Known;
use super::writable_dir;
use crate::clock;
use crate::engine::{Budget, State};
use crate::model::Cursor;
use crate::plan::{Node, Plan, PlanKind, template};
use crate::store::layout::{IterationDir, RunDir};
use crate::store::session::Session;
use camino::Utf8PathBuf;
use jiff::Timestamp;

/// The paths of one attempt, all absolute.
#[derive(Clone, Debug)]
pub(super) struct AttemptPaths {
    pub(super) run: RunDir,
    pub(super) stage: Utf8PathBuf,
    pub(super) iteration: IterationDir,
    /// The progress file as the agent sees it.
    pub(super) progress: Utf8PathBuf,
    /// The progress file in the run directory: a link, if agents may not write there.
    pub(super) own_progress: Utf8PathBuf,
    /// Where the agent writes its status, which is not always where the status is stored.
    pub(super) status: Utf8PathBuf,
    /// Where an agent of an older prompt writes its result.
    pub(super) result: Utf8PathBuf,
    pub(super) output_path: Option<Utf8PathBuf>,
    /// The folder for what the agent may not write to the run directory, if it may not.
    pub(super) writable_dir: Option<Utf8PathBuf>,
}

impl AttemptPaths {
    pub(super) fn new(
        run: &RunDir,
        plan: &Plan,
        node: &Node,
        cursor: Cursor,
        env: &RunnerEnv,
    ) -> Self {
        let stage = run.stage(cursor.node, &node.id);
        let iteration = run.iteration(cursor, &node.id);
        let reports_by_result = node
            .agent
            .adapter()
            .reports_by_result(node.agent.permissions);
        let writable_dir = reports_by_result.then(|| env.workspace.writable_dir(run));
        // Every attempt has file names of its own there, so that none is mistaken for another's.
        let report = |name: &str, own: Utf8PathBuf| {
            let folder = writable_dir.as_ref();
            folder.map_or(own, |folder| folder.join(format!("{name}-{cursor}.json")))
        };
        let own_progress = own_progress(run, plan, &stage);
        Self {
            run: run.clone(),
            status: report("status", iteration.status()),
            result: report("result", iteration.result()),
            progress: if reports_by_result {
                writable_dir::shared(&env.workspace, run, &own_progress)
            } else {
                own_progress.clone()
            },
            output_path: output_path(node, plan, cursor, env),
            stage,
            iteration,
            own_progress,
            writable_dir,
        }
    }
}

fn own_progress(run: &RunDir, plan: &Plan, stage: &camino::Utf8Path) -> Utf8PathBuf {
    match plan.kind {
        // The stages of a branch share one progress file.
        PlanKind::Pipeline if plan.branch.is_none() => stage.join("progress.md"),
        PlanKind::Pipeline | PlanKind::Loop => run.progress(),
    }
}

/// Resolves the template of an output path.
fn output_path(node: &Node, plan: &Plan, cursor: Cursor, env: &RunnerEnv) -> Option<Utf8PathBuf> {
    (!node.output_path.is_empty()).then(|| {
        let session = plan.session.as_str();
        let path = template::path(&node.output_path, session, cursor.iteration);
        env.workspace.cwd.join(path)
    })
}

/// The context of one attempt.
pub(super) struct AttemptContext<'a> {
    pub(super) plan: &'a Plan,
    pub(super) state: &'a State,
    pub(super) node: &'a Node,
    pub(super) cursor: Cursor,
    pub(super) env: &'a RunnerEnv,
    pub(super) paths: AttemptPaths,
    /// Of the session as a whole.
    pub(super) budget: Budget,
    /// What the agent's calls of the tracker need.
    pub(super) tracker_env: Vec<(String, String)>,
    /// What is known of the quota of its account.
    pub(super) quota: Option<Known>,
    /// Whether this process journalled that the attempt begins.
    pub(super) is_fresh: bool,
    /// Whether its folder has been prepared since.
    pub(super) is_prepared: bool,
    pub(super) now: Timestamp,
}

impl<'a> AttemptContext<'a> {
    /// Returns the context of a session's current attempt.
    pub(super) fn new(
        session: &'a Session,
        node: &'a Node,
        env: &'a RunnerEnv,
        budget: Budget,
    ) -> Self {
        let (plan, state) = (&session.plan, session.state());
        let cursor = state.current.cursor;
        Self {
            paths: AttemptPaths::new(&session.dir, plan, node, cursor, env),
            plan,
            state,
            node,
            cursor,
            env,
            budget,
            tracker_env: Vec::new(),
            quota: None,
            is_fresh: session.has_begun_attempt(),
            is_prepared: session.has_prepared_folder(),
            now: clock::now(),
        }
    }
}
