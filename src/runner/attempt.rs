//! One try at an iteration, from its start or adoption to the end of its shim.
use super::attempt_context::{AttemptContext, AttemptPaths};
use super::enforcement::Enforcement;
use super::env::AgentPermit;
use super::folder::{AttemptFolder, AttemptState};
use super::gates::JUDGE_INPUT_BYTES;
use super::start::start;
use crate::agent::{Activity, Dialogue, Transcript};
use crate::clock;
use crate::exec::file_tail::{FileTail, last_text};
use crate::exec::process;
use crate::exec::shim::{AgentEnd, ShimControl};
use crate::model::{Cursor, Outcome, ProcessId, env_tag};
use crate::plan::Plan;
use crate::store::background::in_background;
use crate::store::beneath;
use crate::store::lock::FileLock;
use crate::termination::promises;
use camino::Utf8PathBuf;
use nix::sys::signal::Signal;
use std::future::Future;
use std::io;
use std::pin::Pin;

/// How long a killed process may take to be gone.
const AFTER_KILL: std::time::Duration = std::time::Duration::from_secs(2);

/// An attempt whose shim is alive, or was when we last looked.
pub(super) struct Attempt {
    pub(super) cursor: Cursor,
    pub(super) shim: Option<ProcessId>,
    /// Whether an earlier runner started it.
    pub(super) adopted: bool,
    pub(super) paths: AttemptPaths,
    pub(super) transcript: Transcript,
    stdout: FileTail,
    ended: Ended,
    pub(super) end: AgentEnd,
    /// How the agent takes messages, if it does.
    pub(super) dialogue: Option<Dialogue>,
    pub(super) enforcement: Enforcement,
    _permit: AgentPermit,
}

/// Completes when a shim is gone.
pub(super) type Ended = Pin<Box<dyn Future<Output = ()> + Send>>;

/// What came of making sure that an attempt runs.
pub(super) enum Ensured {
    /// It runs, or did when we last looked.
    Runs(Box<Attempt>),
    /// It ended like this, or cannot be started.
    Ended(Outcome),
    /// It is gone without a record of its end; what it printed is there.
    Gone(Box<Attempt>),
    /// No permit is free.
    NoSlot,
}

impl Attempt {
    /// Makes sure that the attempt runs, exactly once: starts it, or adopts what is there.
    pub(super) async fn ensure(context: &AttemptContext<'_>) -> io::Result<Ensured> {
        let AttemptContext { plan, state, .. } = context;
        let found = find(context).await?;
        tracing::info!(
            ?found,
            stopping = state.must_stop_agent(),
            "attempt inspected"
        );
        let shim = state.phase.shim().cloned();
        match found {
            // Nothing is started only to be stopped.
            AttemptState::Nothing if !context.is_fresh => {
                // What an earlier runner started and left no file of is ended first.
                sweep(plan, context.cursor).await;
                if state.must_stop_agent() {
                    return Ok(Ensured::Ended(Outcome::Cancelled));
                }
                Self::start(context)
            }
            AttemptState::Nothing if state.must_stop_agent() => {
                Ok(Ensured::Ended(Outcome::Cancelled))
            }
            AttemptState::Nothing => Self::start(context),
            AttemptState::Alive => {
                let ended = until_unlocked(context.paths.iteration.stdout());
                Ok(Self::adopted(context, shim, ended))
            }
            AttemptState::Ended => {
                let ended = Box::pin(std::future::ready(()));
                Ok(Self::adopted(context, None, ended))
            }
            AttemptState::Gone => {
                sweep(plan, context.cursor).await;
                let ended = Box::pin(std::future::ready(()));
                let permit = context.env.permit_for_adopted();
                let attempt = Self::new(context, None, ended, permit);
                Ok(Ensured::Gone(Box::new(attempt)))
            }
        }
    }

    fn start(context: &AttemptContext<'_>) -> io::Result<Ensured> {
        let Some((permit, slot)) = context
            .env
            .try_acquire_permit(context.plan, context.quota.as_ref())?
        else {
            return Ok(Ensured::NoSlot);
        };
        Ok(match start(context, slot)? {
            Ok((shim, ended)) => {
                let attempt = Self::new(context, shim, ended, permit);
                Ensured::Runs(Box::new(attempt))
            }
            Err(outcome) => Ensured::Ended(outcome),
        })
    }

    fn adopted(context: &AttemptContext<'_>, shim: Option<ProcessId>, ended: Ended) -> Ensured {
        tracing::info!(?shim, "attempt adopted");
        let permit = context.env.permit_for_adopted();
        let mut attempt = Self::new(context, shim, ended, permit);
        attempt.adopted = true;
        Ensured::Runs(Box::new(attempt))
    }

    fn new(
        context: &AttemptContext<'_>,
        shim: Option<ProcessId>,
        ended: Ended,
        permit: AgentPermit,
    ) -> Self {
        let paths = context.paths.clone();
        let end = AgentEnd::new(ShimControl {
            shim: shim.clone(),
            attempt: env_tag::attempt(&context.plan.run, context.cursor),
        });
        Self {
            cursor: context.cursor,
            enforcement: Enforcement::new(shim.clone(), context.node.agent.limits.wall_s),
            shim,
            adopted: false,
            transcript: Transcript::new(context.node.agent.adapter().output_format()),
            stdout: FileTail::new(paths.iteration.stdout()),
            paths,
            ended,
            end,
            dialogue: context.node.agent.dialogue,
            _permit: permit,
        }
    }

    /// Waits until the shim is gone.
    pub(super) async fn ended(&mut self) {
        self.ended.as_mut().await;
    }

    /// Asks the agent to end; `at_once` leaves it no time.
    pub(super) fn end(&mut self, at_once: bool) {
        if at_once || !self.end.is_requested() {
            self.enforcement.end_requested();
        }
        self.end.request(at_once);
    }

    /// Reads the new output and shows it piece by piece: it may be more than fits in memory, or than there is time for.
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

    /// Whether everything that the agent has printed is read.
    pub(super) fn is_read(&mut self) -> bool {
        self.stdout.is_at_end()
    }

    /// Skips a backlog of plain output: only its tail matters, and the file keeps everything.
    fn skip_backlog(&mut self) {
        if self.transcript.needs_only_the_end() && self.stdout.has_large_backlog() {
            let bytes = self.stdout.skip_backlog();
            tracing::debug!(bytes, "output passed over");
        }
    }

    pub(super) fn transcript(&self) -> &Transcript {
        &self.transcript
    }

    /// Whether an adopted shim has ended without having started anything.
    pub(super) fn was_not_started(&self) -> bool {
        self.adopted && !self.paths.iteration.exit().exists()
    }

    /// Reads the rest of the output of an agent that is gone.
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

    /// Returns the promises in the agent's last message. One that was cut off makes none: what followed may take it back.
    pub(super) fn promises(&self) -> Vec<String> {
        if self.transcript.is_cut_off() {
            return Vec::new();
        }
        promises(&self.last_words())
    }

    /// Returns the agent's final text; of plain output, its end.
    fn last_words(&self) -> String {
        let told = self.transcript.final_text().map(str::to_owned);
        told.unwrap_or_else(|| last_text(&self.paths.iteration.output(), JUDGE_INPUT_BYTES))
    }
}

/// Returns what exists of the attempt, in a folder that is ready for it. A branch does not hold up the others meanwhile.
async fn find(context: &AttemptContext<'_>) -> io::Result<AttemptState> {
    let folder = AttemptFolder::of(context);
    if context.plan.branch.is_some() {
        in_background(move || folder.find()).await
    } else {
        folder.find()
    }
}

fn until_unlocked(stdout: Utf8PathBuf) -> Pin<Box<dyn Future<Output = ()> + Send>> {
    Box::pin(async move {
        let wait = move || {
            beneath::open(&stdout)
                .and_then(|file| FileLock::exclusive(&file))
                .map(drop)
        };
        // A file that cannot be opened any more has no shim either.
        let _ = tokio::task::spawn_blocking(wait).await;
    })
}

/// Kills every process tagged with the attempt: its shim is gone, so nothing bounds them any more. They are gone when
/// this returns, unless one is stuck in the kernel: the next agent is about to start.
pub(super) async fn sweep(plan: &Plan, cursor: Cursor) {
    let tag = env_tag::attempt(&plan.run, cursor);
    // It reads `/proc` again and again; the other branches run meanwhile.
    let _ = tokio::task::spawn_blocking(move || kill_tagged(&tag)).await;
}

fn kill_tagged(tag: &str) {
    clock::wait_until(AFTER_KILL, || {
        let left = process::find_tagged(env_tag::ATTEMPT, tag);
        for process in &left {
            process::send(process, Signal::SIGKILL);
        }
        left.is_empty()
    });
}
