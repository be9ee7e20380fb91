//! How a runner keeps the current attempt in flight, and what it makes of its end.

use super::attempt::{Attempt, Ensured};
use super::attempt_context::AttemptContext;
use super::env::RunnerEnv;
use super::redaction::redact_output;
use super::run::Runner;
use super::start::remake;
use super::tampering::Watched;
use crate::agent;
use crate::clock;
use crate::engine::idle_limit_applies;
use crate::error::Result;
use crate::model::{
    AttemptCost, Cursor, Decision, Ending, Event, FailureClass, FinishedAttempt, Input,
    IterationEffect, Outcome, Requirement, Touch, Usage, WorkTree,
};
use crate::plan::{Node, OnTampering};
use crate::store::{crash, outages};
use nix::errno::Errno;
use std::io;

impl Runner {
    /// Makes sure that the attempt runs, or that its end is known.
    pub(super) async fn ensure_agent(&mut self, cursor: Cursor) -> Result<()> {
        let runs = self.attempt.as_ref().map(|attempt| attempt.cursor) == Some(cursor);
        if runs || self.pending_input.is_some() {
            return Ok(());
        }
        self.note_tree_before(cursor).await;
        match self.ensure_attempt().await? {
            Ensured::Runs(attempt) => self.agent_runs(*attempt),
            Ensured::NoSlot => {
                self.wait_for_slot();
                Ok(())
            }
            Ensured::Gone(mut attempt) => {
                self.read_inbox().await?;
                attempt.follow_to_end(|_, _| {});
                let usage = attempt.transcript().usage();
                let cost = Some(Box::new(self.cost_of(&attempt, &usage)));
                let outcome = Outcome::Lost {
                    reason: "its shim was killed, or the machine went down".to_owned(),
                };
                self.pending_input = Some(Input::AgentExited(FinishedAttempt {
                    usage,
                    cost,
                    ..FinishedAttempt::new(cursor, outcome)
                }));
                Ok(())
            }
            Ensured::Ended(outcome) => {
                let attempt = FinishedAttempt::new(cursor, outcome);
                self.pending_input = Some(Input::AgentExited(attempt));
                Ok(())
            }
        }
    }

    async fn ensure_attempt(&mut self) -> io::Result<Ensured> {
        let (plan, state) = (&self.session.plan, self.session.state());
        let Some(node) = state.changed_node(plan) else {
            return Err(io::Error::other("the plan has no such node"));
        };
        let tracker_env = self.tasks.agent_env(plan, state);
        let context = AttemptContext {
            tracker_env,
            quota: self.known_quota(),
            ..AttemptContext::new(&self.session, &node, &self.env, self.budget())
        };
        let ensured = match Attempt::ensure(&context).await {
            Err(error) => lacking(&error).map(Ensured::Ended).ok_or(error),
            ensured => ensured,
        };
        self.session.folder_prepared();
        ensured
    }

    /// Puts right what others did to the session's files. The folder of a running attempt is made again.
    pub(super) fn check_files(&mut self) -> Result<()> {
        self.session.check_files()?;
        let was_removed = self.session.take_was_removed();
        self.was_cleaned |= was_removed;
        let Some(attempt) = &self.attempt else {
            return Ok(());
        };
        if was_removed || !attempt.paths.iteration.stdout().exists() {
            self.remake_folder()?;
        }
        Ok(())
    }

    /// Makes the folder of a running attempt again.
    fn remake_folder(&mut self) -> Result<()> {
        let (plan, state) = (&self.session.plan, self.session.state());
        let Some(node) = state.changed_node(plan) else {
            return Ok(());
        };
        let context = AttemptContext {
            tracker_env: self.tasks.agent_env(plan, state),
            quota: self.known_quota(),
            ..AttemptContext::new(&self.session, &node, &self.env, self.budget())
        };
        let folder = context.paths.iteration.root().to_owned();
        remake(&context)?;
        Ok(self.session.record_restored(&folder)?)
    }

    fn agent_runs(&mut self, attempt: Attempt) -> Result<()> {
        self.waiting_for_slot = false;
        let (plan, state) = (&self.session.plan, self.session.state());
        self.window.lock().show_agent(plan, state, attempt.adopted);
        let (project, run) = (&self.env.workspace.store_root, &self.session.dir);
        self.watched = Watched::look(project, run, &self.watched);
        self.was_cleaned = false;
        let (cursor, shim) = (attempt.cursor, attempt.shim.clone());
        if !attempt.adopted {
            self.note_quota_at_start();
        }
        let containment = (!attempt.adopted).then(|| self.env.containment());
        self.attempt = Some(attempt);
        if let Some(shim) = shim {
            // Nothing is done because of it, so it is synced with whatever comes next.
            self.accept(&Input::AgentStarted {
                cursor,
                shim,
                containment,
            })?;
        }
        Ok(())
    }

    fn wait_for_slot(&mut self) {
        if !std::mem::replace(&mut self.waiting_for_slot, true) {
            self.window
                .lock()
                .show_remark("waiting for a free agent slot (max_agents)");
        }
    }

    /// Asks the current agent to end; after a second request it gets no time to do so.
    pub(super) fn stop_agent(&mut self) {
        let at_once = 1 < self.stop_requests;
        if let Some(attempt) = &mut self.attempt {
            attempt.end(at_once);
        }
    }

    /// Starts the shim of the next iteration, if that comes at once. Whether it comes is not known yet.
    fn start_next_shim(&self) {
        let (plan, state) = (&self.session.plan, self.session.state());
        let Some(node) = state.node(plan) else {
            return;
        };
        let next = state.current.cursor.next_iteration();
        let comes_at_once = node.delay_ms == 0
            && next.iteration <= state.max_iterations(node)
            && state.session.stopping.is_none();
        if !comes_at_once {
            return;
        }
        match self.env.start_shim(plan, next) {
            Ok(shim) => {
                self.env.next_shims.keep(&plan.run, next, shim);
                crash::point("runner: next shim started");
            }
            Err(error) => tracing::info!(%error, "the next shim is started later"),
        }
    }

    /// Accepts how the attempt ended.
    pub(super) async fn conclude_attempt(&mut self) -> Result<()> {
        self.start_next_shim();
        self.check_files()?;
        // What the agent asked for before its end counts, whatever its end is.
        self.read_inbox().await?;
        let Some(mut attempt) = self.attempt.take() else {
            return Ok(());
        };
        let policy = self.tampering()?;
        if attempt.was_not_started() {
            // The previous runner died before it could hand the job to the shim; the attempt is still to be made.
            return Ok(());
        }
        let window = &self.window;
        attempt.follow_to_end(|said, transcript| {
            window.lock().show_activities(said, transcript);
        });
        self.record_quota(&mut attempt)?;
        self.note_quota_added();
        self.record_heard(&attempt)?;
        let Some(node) = self.session.state().changed_node(&self.session.plan) else {
            return Ok(());
        };
        let plan = &self.session.plan;
        let (outcome, usage, processes) = attempt
            .conclude(plan, &node, &mut self.snapshots, clock::now())
            .await?;
        let transcripts = self.env.redacts_transcripts;
        redact_output(&attempt.paths, &self.env.redactor, transcripts)?;
        note_service(&self.env, &node, &outcome);
        let promises = attempt.promises();
        let cursor = attempt.cursor;
        let cost = self.cost_of(&attempt, &usage);
        // An agent may be done before its output is looked at.
        if let Some(account) = cost.account {
            self.check_account_of(cursor, account)?;
        }
        let (tree, effect) = self.effect_of(&outcome, &node).await;
        self.accept(&Input::AgentExited(FinishedAttempt {
            usage,
            cost: Some(Box::new(cost)),
            processes: processes.map(Box::new),
            promises,
            tree,
            effect,
            ..FinishedAttempt::new(cursor, outcome)
        }))?;
        self.follow_policy(policy)
    }

    /// Returns how an attempt's usage is known. What a program does not tell apart is used by its agent.
    fn cost_of(&self, attempt: &Attempt, usage: &Usage) -> AttemptCost {
        let mut cost = attempt.transcript().cost();
        if cost.models.is_empty() && *usage != Usage::default() {
            let agent = self.session.state().current.agent.clone();
            cost.models.insert(agent, *usage);
        }
        cost
    }

    /// Records what an agent changed that it has no business with. Returns what follows, if it did.
    fn tampering(&mut self) -> Result<Option<OnTampering>> {
        let (project, run) = (&self.env.workspace.store_root, &self.session.dir);
        let now = Watched::look(project, run, &self.watched);
        let changes = self.watched.changes(&now, project, run);
        self.watched = now;
        if changes.is_empty() {
            return Ok(None);
        }
        // What removes the files of all sessions, as `git clean` does, is no attack on one of them.
        let is_clean_up = self.was_cleaned && changes.iter().all(|it| it.touch == Touch::Removed);
        let policy = (!is_clean_up).then_some(self.session.plan.guardrails.on_tampering);
        let asks = policy == Some(OnTampering::Hold);
        self.session.record_touched(changes, asks)?;
        Ok(policy)
    }

    fn follow_policy(&mut self, policy: Option<OnTampering>) -> Result<()> {
        match policy {
            // With `hold` the session asks you.
            None | Some(OnTampering::Note | OnTampering::Hold) => Ok(()),
            Some(OnTampering::Fail) => {
                let touched = self.session.state().session.touched.as_ref();
                let error = touched.map_or_else(String::new, |touched| touched.last.clone());
                let ending = Ending::Failed {
                    error: format!("an agent changed files of a session: {error}"),
                    hint: "Look at what it changed, then resume".to_owned(),
                };
                let ended = Event::SessionFinished { ending };
                Ok(self.session.append(ended, clock::now())?)
            }
        }
    }

    /// Returns the working tree after an attempt that ended its iteration, and what the iteration changed.
    async fn effect_of(
        &mut self,
        outcome: &Outcome,
        node: &Node,
    ) -> (Option<WorkTree>, Option<Box<IterationEffect>>) {
        let decision = match outcome {
            Outcome::Reported { status } => status.decision,
            Outcome::Unreported { .. } => Decision::Error,
            _ => return (None, None),
        };
        let after = self.work_tree(node).await;
        let before = self.session.state().current.tree.as_ref();
        let before = before.or(self.tree_before.as_ref());
        let effect = self.git.effect(before, after.as_ref()).await;
        let decision = Some(decision);
        self.tree_before = None;
        let effect = IterationEffect { decision, ..effect };
        (after, Some(Box::new(effect)))
    }

    /// Remembers the working tree before the first iteration of a node: what is there already, its agents did not make.
    async fn note_tree_before(&mut self, cursor: Cursor) {
        let state = self.session.state();
        let has_begun = 1 < cursor.attempt || state.phase.shim().is_some();
        let is_first = state.current.tree.is_none() && !has_begun;
        if !is_first || self.tree_before.is_some() {
            return;
        }
        if let Some(node) = state.changed_node(&self.session.plan) {
            self.tree_before = self.work_tree(&node).await;
        }
    }

    /// Returns the working tree, with its uncommitted changes if it matters whether agents change anything.
    async fn work_tree(&mut self, node: &Node) -> Option<WorkTree> {
        if idle_limit_applies(&self.session.plan, node) {
            self.git.status().await
        } else {
            self.git.head().await
        }
    }
}

/// Records for other sessions whether the provider served the agent. Nothing depends on it, so an error is only logged.
fn note_service(env: &RunnerEnv, node: &Node, outcome: &Outcome) {
    let service = || agent::service(&node.agent, &env.vars);
    let noted = match outcome.class() {
        Some(FailureClass::Outage) => outages::note_outage(&env.dirs, &service(), clock::now()),
        _ if outcome.ends_iteration() => outages::note_success(&env.dirs, &service(), clock::now()),
        _ => return,
    };
    if let Err(error) = noted {
        tracing::warn!(%error, "the outage is not recorded for other sessions");
    }
}

/// Returns the outcome of an attempt that could not begin because the machine lacks something, if that is what the error
/// says.
fn lacking(error: &io::Error) -> Option<Outcome> {
    // An error that names its path has no number any more, but a kind.
    let requirement = match (error.kind(), error.raw_os_error().map(Errno::from_raw)) {
        (io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded, _) => Requirement::DiskSpace,
        (io::ErrorKind::ReadOnlyFilesystem, _) => Requirement::WritableDisk,
        (_, Some(Errno::EMFILE | Errno::ENFILE)) => Requirement::Descriptors,
        (_, Some(Errno::EAGAIN)) => Requirement::Processes,
        (io::ErrorKind::OutOfMemory, _) => Requirement::Memory,
        _ => return None,
    };
    let reason = error.to_string();
    Some(Outcome::Environment {
        requirement,
        reason,
    })
}
