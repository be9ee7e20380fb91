//! One try at an iteration: its folder, its shim, and how it ended.
use super::RunnerEnv;
use super::context::{Briefing, Places};
use super::env::AgentPermit;
use super::folder::{AttemptState, NEW_PROGRESS, inspect, prepare};
use super::gates::JUDGE_INPUT_BYTES;
use super::progress_snapshots::ProgressSnapshots;
use super::start::start;
use super::status_file;
use super::writable_dir;
use crate::agent::{self, Activity, Transcript};
use crate::clock;
use crate::engine::Budget;
use crate::exec::file_tail::{FileTail, last_text};
use crate::exec::process;
use crate::exec::shim::{AgentEnd, ShimControl};
use crate::model::{Cursor, Exit, Outcome, ProcessId, Usage, env_tag};
use crate::plan::{Node, Plan, PlanKind};
use crate::store::layout::RunDir;
use crate::store::lock::FileLock;
use crate::store::session::Session;
use crate::store::{atomic, crash};
use camino::{Utf8Path, Utf8PathBuf};
use fs_err as fs;
use jiff::Timestamp;
use nix::sys::signal::Signal;
use std::future::Future;
use std::io;
use std::pin::Pin;

/// How long a killed process may take to be gone.
const AFTER_KILL: std::time::Duration = std::time::Duration::from_secs(2);
/// How much of standard error an outcome may quote.
const STDERR_TAIL: u64 = 4096;

/// An attempt whose shim is alive, or was when we last looked.
pub(super) struct Attempt {
    pub(super) cursor: Cursor,
    pub(super) shim: Option<ProcessId>,
    /// Whether an earlier runner started it.
    pub(super) adopted: bool,
    places: Places,
    transcript: Transcript,
    stdout: FileTail,
    ended: Pin<Box<dyn Future<Output = ()> + Send>>,
    end: AgentEnd,
    _permit: AgentPermit,
}

/// What came of making sure that an attempt runs.
pub(super) enum Ensured {
    /// It runs, or did when we last looked.
    Runs(Box<Attempt>),
    /// It has ended like this, or cannot be started.
    Ended(Outcome),
    /// As many agents run as may.
    NoSlot,
}

impl Attempt {
    /// Makes sure that the attempt runs, exactly once: starts it, or takes over what is there.
    pub(super) fn ensure(
        session: &Session,
        budget: &Budget,
        env: &RunnerEnv,
        tracker_env: &[(String, String)],
        now: Timestamp,
    ) -> io::Result<Ensured> {
        let (plan, state) = (&session.plan, session.state());
        let cursor = state.cursor;
        let Some(node) = &state.changed_node(plan) else {
            return Err(io::Error::other("the plan has no such node"));
        };
        let places = places(&session.dir, plan, node, cursor, env);
        let own_progress = own_progress(plan, &places.run, &places.stage);
        let fresh = prepare(&places, &own_progress, cursor)?;
        if own_progress != places.progress {
            writable_dir::prepare(&env.project, &places.run)?;
            writable_dir::share(&env.project, &own_progress, &places.progress, NEW_PROGRESS)?;
        }
        let found = if fresh {
            AttemptState::Nothing
        } else {
            inspect(&places.iteration)?
        };
        let attempt = |shim: Option<ProcessId>, ended, adopted, permit| {
            let end = AgentEnd::new(ShimControl {
                shim: shim.clone(),
                attempt: env_tag::attempt(&plan.run, cursor),
            });
            let attempt = Self {
                cursor,
                shim,
                adopted,
                transcript: Transcript::new(node.agent.adapter().output_format()),
                stdout: FileTail::new(places.iteration.stdout()),
                places: places.clone(),
                ended,
                end,
                _permit: permit,
            };
            Ok(Ensured::Runs(Box::new(attempt)))
        };
        tracing::debug!(%cursor, ?found, stopping = state.stopping.is_some(), "attempt looked at");
        match found {
            // Nothing is started only to be stopped.
            AttemptState::Nothing if state.stopping.is_some() => {
                Ok(Ensured::Ended(Outcome::Cancelled))
            }
            AttemptState::Nothing => {
                let Some((permit, slot)) = env.try_acquire_permit(plan)? else {
                    return Ok(Ensured::NoSlot);
                };
                let briefing = Briefing {
                    plan,
                    state,
                    budget,
                    node,
                    cursor,
                    places: &places,
                    tracker_env,
                    tools: env.tools(),
                    now,
                };
                match start(&briefing, env, slot)? {
                    Ok((shim, ended)) => attempt(shim, ended, false, permit),
                    Err(outcome) => Ok(Ensured::Ended(outcome)),
                }
            }
            AttemptState::Alive => attempt(
                state.shim.clone(),
                until_unlocked(places.iteration.stdout()),
                true,
                env.permit_for_adopted(),
            ),
            AttemptState::Ended => attempt(
                None,
                Box::pin(std::future::ready(())),
                true,
                env.permit_for_adopted(),
            ),
            AttemptState::Gone => {
                sweep(plan, cursor);
                Ok(Ensured::Ended(Outcome::Lost {
                    reason: "its shim was killed, or the machine went down".to_owned(),
                }))
            }
        }
    }

    /// Waits until the shim is gone.
    pub(super) async fn ended(&mut self) {
        self.ended.as_mut().await;
    }

    /// Asks the agent to end; `at_once` leaves it no time.
    pub(super) fn end(&mut self, at_once: bool) {
        self.end.request(at_once);
    }

    /// Takes in what the agent has said since and shows it piece by piece: it may be more than fits in memory, or than
    /// there is time for.
    pub(super) fn follow(&mut self, mut show: impl FnMut(&[Activity], &Transcript)) {
        self.skip_backlog();
        let transcript = &mut self.transcript;
        let polled = self.stdout.poll(|bytes| {
            let said = transcript.push(bytes);
            show(&said, transcript);
        });
        if let Err(error) = polled {
            tracing::warn!(%error, "the output cannot be read");
        }
    }

    /// Of plain words only the last ones count, and all of them stay in the file.
    fn skip_backlog(&mut self) {
        if self.transcript.needs_only_the_end() && self.stdout.has_large_backlog() {
            let bytes = self.stdout.skip_backlog();
            tracing::debug!(bytes, "output passed over");
        }
    }

    pub(super) fn transcript(&self) -> &Transcript {
        &self.transcript
    }

    /// Whether a shim that was taken over has ended without having begun anything.
    pub(super) fn was_not_started(&self) -> bool {
        self.adopted && !self.places.iteration.exit().exists()
    }

    /// Takes in the rest of what a gone agent has said.
    pub(super) fn follow_to_end(&mut self, mut show: impl FnMut(&[Activity], &Transcript)) {
        self.skip_backlog();
        let (transcript, flooded) = (&mut self.transcript, self.stdout.has_large_backlog());
        let read = self.stdout.read(|bytes| {
            let said = transcript.push(bytes);
            // The attempt is over; all of its output is in the file.
            show(if flooded { &[] } else { &said }, transcript);
            true
        });
        if let Err(error) = read {
            tracing::warn!(%error, "the output cannot be read");
        }
        let said = self.transcript.finish();
        show(&said, &self.transcript);
    }

    /// Returns what the agent said last; of a program that speaks plainly, the end of all it said.
    pub(super) fn last_words(&self) -> String {
        let told = self.transcript.final_text().map(str::to_owned);
        told.unwrap_or_else(|| last_text(&self.places.iteration.output(), JUDGE_INPUT_BYTES))
    }

    /// Types how the attempt ended, and leaves `status.json` and `output.md` where they belong.
    pub(super) fn conclude(
        &mut self,
        plan: &Plan,
        node: &Node,
        snapshots: &mut ProgressSnapshots,
        now: Timestamp,
    ) -> io::Result<(Outcome, Usage)> {
        let folder = &self.places.iteration;
        let exit: Option<Exit> = fs::read(folder.exit())
            .ok()
            .and_then(|text| serde_json::from_slice(&text).ok());
        crash::point("conclude: exit.json read");
        let Some(exit) = exit else {
            sweep(plan, self.cursor);
            let outcome = if self.end.is_requested() {
                Outcome::Cancelled
            } else {
                Outcome::Lost {
                    reason: "its shim was killed".to_owned(),
                }
            };
            return Ok((outcome, self.transcript.usage()));
        };
        let status = status_file::read(&self.places);
        status_file::keep(&self.places)?;
        let outcome = agent::outcome(
            &node.agent,
            &exit,
            &self.transcript,
            status,
            &last_text(&folder.stderr(), STDERR_TAIL),
            now,
        );
        if let (Outcome::Reported { status }, false) = (&outcome, folder.status().exists()) {
            atomic::replace(&folder.status(), &serde_json::to_vec_pretty(status)?)?;
        }
        crash::point("conclude: before output.md");
        self.keep_output(plan)?;
        crash::point("conclude: output.md kept");
        snapshots.keep(&self.places.progress, folder)?;
        Ok((outcome, self.transcript.usage()))
    }

    /// Keeps the agent's last words as `output.md`; of a program that speaks plainly, all its words.
    fn keep_output(&self, plan: &Plan) -> io::Result<()> {
        let output = self.places.iteration.output();
        if self.transcript.is_plain() {
            // The same bytes under a second name cost nothing, however many they are.
            match fs::hard_link(self.places.iteration.stdout(), &output) {
                Err(error) if error.kind() != io::ErrorKind::AlreadyExists => {
                    fs::copy(self.places.iteration.stdout(), &output)?;
                }
                Ok(()) | Err(_) => (),
            }
        } else {
            let mut text = self.transcript.final_text().unwrap_or_default().to_owned();
            text.push('\n');
            atomic::replace(&output, text.as_bytes())?;
        }
        if plan.kind == PlanKind::Pipeline {
            fs::copy(&output, self.places.stage.join("output.md"))?;
        }
        Ok(())
    }
}

pub(super) fn places(
    run: &RunDir,
    plan: &Plan,
    node: &Node,
    cursor: Cursor,
    env: &RunnerEnv,
) -> Places {
    let stage = run.stage(cursor.node, &node.id);
    let iteration = run.iteration(cursor, &node.id);
    let apart = node
        .agent
        .adapter()
        .reports_by_result(node.agent.permissions)
        .then(|| env.project.exchange(run));
    let status = match &apart {
        // Every attempt has a name of its own there, so that none is mistaken for another's.
        Some(exchange) => exchange.join(format!("status-{cursor}.json")),
        None => iteration.status(),
    };
    let result = match &apart {
        Some(exchange) => exchange.join(format!("result-{cursor}.json")),
        None => iteration.result(),
    };
    let own = own_progress(plan, run, &stage);
    let progress = if apart.is_some() {
        writable_dir::shared(&env.project, run, &own)
    } else {
        own
    };
    let output_path = super::context::output_path(node, plan, cursor, env.project.root());
    Places {
        run: run.clone(),
        stage,
        iteration,
        progress,
        status,
        result,
        output_path,
    }
}

/// Returns where people look for the progress file, and where it lies unless agents may not write there.
fn own_progress(plan: &Plan, run: &RunDir, stage: &Utf8Path) -> Utf8PathBuf {
    match plan.kind {
        // The stages of a branch are one line of thought.
        PlanKind::Pipeline if plan.branch.is_none() => stage.join("progress.md"),
        PlanKind::Pipeline | PlanKind::Loop => run.progress(),
    }
}

fn until_unlocked(stdout: Utf8PathBuf) -> Pin<Box<dyn Future<Output = ()> + Send>> {
    Box::pin(async move {
        let wait = move || {
            fs::File::open(&stdout)
                .and_then(|file| FileLock::exclusive(&file))
                .map(drop)
        };
        // A file that cannot be opened any more has no shim either.
        let _ = tokio::task::spawn_blocking(wait).await;
    })
}

/// Ends whatever carries the attempt's mark: its shim is gone, so nothing bounds it any more. Nothing of it lives when
/// this returns, unless it is stuck in the kernel: the next agent is about to start.
fn sweep(plan: &Plan, cursor: Cursor) {
    clock::wait_until(AFTER_KILL, || {
        let left = process::find_tagged(env_tag::ATTEMPT, &env_tag::attempt(&plan.run, cursor));
        for process in &left {
            process::send(process, Signal::SIGKILL);
        }
        left.is_empty()
    });
}
