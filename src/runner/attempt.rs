//! One try at an iteration: its folder, its shim, and how it ended.
use super::attempt_context::{AttemptContext, AttemptPaths};
use super::env::AgentPermit;
use super::folder::{AttemptState, NEW_PROGRESS, inspect, prepare};
use super::gates::JUDGE_INPUT_BYTES;
use super::progress_snapshots::ProgressSnapshots;
use super::start::start;
use super::status_file;
use super::writable_dir;
use crate::agent::{self, Activity, Transcript};
use crate::clock;
use crate::exec::file_tail::{FileTail, last_text};
use crate::exec::process;
use crate::exec::shim::{AgentEnd, ShimControl};
use crate::model::{Cursor, Exit, Outcome, ProcessId, Usage, env_tag};
use crate::plan::{Node, Plan, PlanKind};
use crate::store::lock::FileLock;
use crate::store::{atomic, crash};
use camino::Utf8PathBuf;
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
    paths: AttemptPaths,
    transcript: Transcript,
    stdout: FileTail,
    ended: Ended,
    end: AgentEnd,
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
    /// No permit is free.
    NoSlot,
}

impl Attempt {
    /// Makes sure that the attempt runs, exactly once: starts it, or adopts what is there.
    pub(super) async fn ensure(context: &AttemptContext<'_>) -> io::Result<Ensured> {
        let AttemptContext { plan, state, .. } = context;
        let found = find(context)?;
        tracing::info!(
            ?found,
            stopping = state.session.stopping.is_some(),
            "attempt inspected"
        );
        let shim = state.phase.shim().cloned();
        match found {
            // Nothing is started only to be stopped.
            AttemptState::Nothing if state.session.stopping.is_some() => {
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
                Ok(Ensured::Ended(Outcome::Lost {
                    reason: "its shim was killed, or the machine went down".to_owned(),
                }))
            }
        }
    }

    fn start(context: &AttemptContext<'_>) -> io::Result<Ensured> {
        let Some((permit, slot)) = context.env.try_acquire_permit(context.plan)? else {
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
            shim,
            adopted: false,
            transcript: Transcript::new(context.node.agent.adapter().output_format()),
            stdout: FileTail::new(paths.iteration.stdout()),
            paths,
            ended,
            end,
            _permit: permit,
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
        self.adopted && !self.paths.iteration.exit().exists()
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
        told.unwrap_or_else(|| last_text(&self.paths.iteration.output(), JUDGE_INPUT_BYTES))
    }

    /// Types how the attempt ended, and leaves `status.json` and `output.md` where they belong.
    pub(super) async fn conclude(
        &mut self,
        plan: &Plan,
        node: &Node,
        snapshots: &mut ProgressSnapshots,
        now: Timestamp,
    ) -> io::Result<(Outcome, Usage)> {
        let folder = &self.paths.iteration;
        let exit: Option<Exit> = fs::read(folder.exit())
            .ok()
            .and_then(|text| serde_json::from_slice(&text).ok());
        crash::point("conclude: exit.json read");
        let Some(exit) = exit else {
            sweep(plan, self.cursor).await;
            let outcome = if self.end.is_requested() {
                Outcome::Cancelled
            } else {
                Outcome::Lost {
                    reason: "its shim was killed".to_owned(),
                }
            };
            return Ok((outcome, self.transcript.usage()));
        };
        let status = status_file::read(&self.paths);
        status_file::keep(&self.paths)?;
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
        snapshots.keep(&self.paths.progress, folder)?;
        Ok((outcome, self.transcript.usage()))
    }

    /// Keeps the agent's last words as `output.md`; of a program that speaks plainly, all its words.
    fn keep_output(&self, plan: &Plan) -> io::Result<()> {
        let output = self.paths.iteration.output();
        if self.transcript.is_plain() {
            // The same bytes under a second name cost nothing, however many they are.
            match fs::hard_link(self.paths.iteration.stdout(), &output) {
                Err(error) if error.kind() != io::ErrorKind::AlreadyExists => {
                    fs::copy(self.paths.iteration.stdout(), &output)?;
                }
                Ok(()) | Err(_) => (),
            }
        } else {
            let mut text = self.transcript.final_text().unwrap_or_default().to_owned();
            text.push('\n');
            atomic::replace(&output, text.as_bytes())?;
        }
        if plan.kind == PlanKind::Pipeline {
            fs::copy(&output, self.paths.stage.join("output.md"))?;
        }
        Ok(())
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

/// Returns what there is of the attempt, in a folder that is ready for it.
fn find(context: &AttemptContext<'_>) -> io::Result<AttemptState> {
    let AttemptContext { env, paths, .. } = context;
    let is_new = prepare(paths, context.cursor)?;
    if paths.own_progress != paths.progress {
        writable_dir::prepare(&env.workspace, &paths.run)?;
        writable_dir::share(
            &env.workspace,
            &paths.own_progress,
            &paths.progress,
            NEW_PROGRESS,
        )?;
    }
    if is_new {
        Ok(AttemptState::Nothing)
    } else {
        inspect(&paths.iteration)
    }
}

/// Kills every process tagged with the attempt: its shim is gone, so nothing bounds them any more. They are gone when
/// this returns, unless one is stuck in the kernel: the next agent is about to start.
async fn sweep(plan: &Plan, cursor: Cursor) {
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
