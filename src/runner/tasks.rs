//! The runner's side of the queue: one question at a time, asked in a thread of its own because programs and files are slow.
use super::RunnerEnv;
use crate::engine::State;
use crate::model::{Cursor, Input, QueueStatus};
use crate::plan::{Plan, QueueSpec};
use crate::queue::{self, Claim, Owner, Queue, QueueEnv, QueueErrorKind, RunKey};
use crate::store::atomic;
use crate::store::layout::{IterationDir, Project, RunDir};
use std::future::{Future, pending};
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::Instant;

/// Interval of heartbeats to a tracker with leases. A lease of `bd` expires after 5 minutes.
const HEARTBEAT: Duration = Duration::from_secs(120);

/// The queue of the current node and what is being asked of it.
pub(super) struct Tasks {
    at: QueueEnv,
    project: Project,
    /// The open queue and its node, so that its tracker is asked for its version once.
    open: Option<(u32, Arc<dyn Queue>)>,
    asked: Option<Pin<Box<dyn Future<Output = Answer> + Send>>>,
    last_heartbeat: Instant,
    given_up: bool,
}

/// The queue's answer, with remarks for the user.
type Answer = (Input, Vec<String>);

impl Tasks {
    pub(super) fn new(env: &RunnerEnv) -> Self {
        let at = QueueEnv {
            project: env.workspace.cwd.clone(),
            env: env.vars.clone(),
        };
        Self {
            at,
            project: env.workspace.store_root.clone(),
            open: None,
            asked: None,
            last_heartbeat: Instant::now(),
            given_up: false,
        }
    }

    /// Releases what ended agents hold and checks the queue, unless a question is open.
    pub(super) fn check(&mut self, dir: &RunDir, plan: &Plan, state: &State, cursor: Cursor) {
        let (project, run) = (self.project.clone(), run(plan));
        let recorded = plan
            .record
            .as_ref()
            .and(state.node(plan))
            .map(|node| dir.iteration(cursor, &node.id));
        let tried = state.attempt_worked().then(|| state.failure_reason());
        self.ask(plan, state, cursor, move |queue| {
            if let Err(error) = queue::register_run(queue, &run.session, &run.run, &project) {
                // Others may then take our agents for dead; the look itself says what is wrong.
                tracing::warn!(%error, "cannot join the queue");
            }
            let checked =
                queue::release_and_check(queue, &run, &queue::liveness(queue), tried.as_deref());
            if let Some(Err(error)) = recorded
                .filter(|files| files.root().is_dir())
                .map(|files| keep(queue, &files))
            {
                tracing::warn!(%error, "the tasks cannot be recorded");
            }
            Input::QueueChecked {
                cursor,
                status: checked.status,
                released: checked.released,
                parked: checked.parked,
            }
        });
    }

    /// Claims a task for the next attempt, unless a question is open.
    pub(super) fn claim(&mut self, plan: &Plan, state: &State, next: Cursor) {
        let (owner, now) = (owner(plan, next), state.current.cursor);
        self.ask(plan, state, now, move |queue| {
            let nothing = |status| Input::QueueChecked {
                cursor: now,
                status,
                released: Vec::new(),
                parked: Vec::new(),
            };
            match queue.claim(None, &owner) {
                Ok(Claim::Won(task)) => {
                    tracing::info!(task = task.id, "task claimed");
                    Input::TaskClaimed { cursor: next, task }
                }
                // Others were quicker. Waiting a little is better than asking without pause.
                Ok(Claim::Lost { .. } | Claim::None) => nothing(QueueStatus::Wait {
                    held: 0,
                    by: Vec::new(),
                }),
                // A claim is not tried twice in a row; what came of it shows with the next look.
                Err(error)
                    if matches!(
                        error.kind,
                        QueueErrorKind::Rejected
                            | QueueErrorKind::Silent
                            | QueueErrorKind::Protocol
                    ) =>
                {
                    nothing(QueueStatus::Busy { error: error.what })
                }
                Err(error) => nothing(queue::error_status(&error)),
            }
        });
    }

    fn ask(
        &mut self,
        plan: &Plan,
        state: &State,
        cursor: Cursor,
        question: impl FnOnce(&dyn Queue) -> Input + Send + 'static,
    ) {
        if self.asked.is_some() {
            return;
        }
        let failed = move |error: String| {
            let status = QueueStatus::Unknown { error };
            (
                Input::QueueChecked {
                    cursor,
                    status,
                    released: Vec::new(),
                    parked: Vec::new(),
                },
                Vec::new(),
            )
        };
        let Some(spec) = state
            .node(plan)
            .and_then(|node| node.queue.as_ref())
            .filter(|_| !self.given_up)
        else {
            let why = if self.given_up {
                "the queue was not waited for"
            } else {
                "the node has no queue"
            };
            self.asked = Some(Box::pin(std::future::ready(failed(why.to_owned()))));
            return;
        };
        let queue = self.queue(cursor.node, spec);
        let answer = tokio::task::spawn_blocking(move || (question(&*queue), queue.remarks()));
        let gone = move |error| failed(format!("the look at the queue failed: {error}"));
        self.asked = Some(Box::pin(async move { answer.await.unwrap_or_else(gone) }));
    }

    /// Returns what the current agent's own calls of the tracker need.
    pub(super) fn agent_env(&mut self, plan: &Plan, state: &State) -> Vec<(String, String)> {
        let Some(spec) = state.node(plan).and_then(|node| node.queue.as_ref()) else {
            return Vec::new();
        };
        self.queue(state.current.cursor.node, spec)
            .agent_env(&owner(plan, state.current.cursor))
    }

    fn queue(&mut self, node: u32, spec: &QueueSpec) -> Arc<dyn Queue> {
        match &self.open {
            Some((of, queue)) if *of == node => queue.clone(),
            Some(_) | None => {
                let queue: Arc<dyn Queue> = Arc::from(queue::open(spec, &self.at));
                self.open = Some((node, queue.clone()));
                queue
            }
        }
    }

    /// Waits for the answer to what was asked.
    pub(super) async fn answered(&mut self) -> Answer {
        let Some(asked) = &mut self.asked else {
            return pending().await;
        };
        let answer = asked.as_mut().await;
        self.asked = None;
        answer
    }

    /// Returns when the next heartbeat is due.
    pub(super) fn next_heartbeat(&self) -> Option<Instant> {
        self.open.as_ref().map(|_| self.last_heartbeat + HEARTBEAT)
    }

    /// Sends a heartbeat for the current agent to the tracker, without waiting for the answer.
    pub(super) fn send_heartbeat(&mut self, plan: &Plan, state: &State) {
        self.last_heartbeat = Instant::now();
        let (Some((_, queue)), owner) = (self.open.clone(), owner(plan, state.current.cursor))
        else {
            return;
        };
        tokio::task::spawn_blocking(move || {
            if let Err(error) = queue.keep_alive(&owner) {
                tracing::warn!(%error, "the heartbeat to the tracker failed");
            }
        });
    }

    /// Shortens what is waited for, because the user waits for the end; `at_once` gives up the question.
    pub(super) fn shorten_timeouts(&mut self, at_once: bool) {
        if let Some((_, queue)) = &self.open {
            queue.shorten_timeouts();
        }
        if at_once {
            (self.given_up, self.asked) = (true, None);
        }
    }
}

/// Keeps the tasks there are after an iteration, for the fixture that is made of the session.
fn keep(queue: &dyn Queue, files: &IterationDir) -> io::Result<()> {
    let tasks =
        queue::TaskSnapshot::of(queue).map_err(|error| io::Error::other(error.to_string()))?;
    atomic::replace(&files.tasks(), &serde_json::to_vec(&tasks)?)
}

fn run(plan: &Plan) -> RunKey {
    RunKey {
        session: plan.session.clone(),
        run: plan.run.clone(),
    }
}

fn owner(plan: &Plan, cursor: Cursor) -> Owner {
    Owner::agent(plan.session.clone(), plan.run.clone(), cursor.iteration)
}
