//! Runs hooks one after the other, in a thread of their own. One that failed waits there for its next try.
use super::call::HookPlace;
use super::hook_result::HookResult;
use super::log::{HookLog, LogLine};
use super::retry::delay;
use crate::clock;
use crate::model::{HookEvent, HookRun};
use crate::plan::{Hook, OnHookFailure};
use crate::store::crash;
use serde_json::Value;
use std::io;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::sync::{Arc, OnceLock};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

/// How long hooks other than those of the end still begin once the session is over.
const AFTER_END: Duration = Duration::from_secs(30);

/// A hook that is to run.
#[derive(Debug)]
pub(super) struct HookJob {
    pub(super) seq: u64,
    pub(super) run: HookRun,
    pub(super) hook: Hook,
    pub(super) input: Value,
    pub(super) again: bool,
}

/// The hooks that are to run. When it is dropped, what is in it runs first.
#[derive(Debug)]
pub(super) struct HookQueue {
    jobs: Option<Sender<HookJob>>,
    shared: Arc<Shared>,
    worker: Option<JoinHandle<()>>,
}

#[derive(Debug, Default)]
struct Shared {
    waiting: AtomicUsize,
    /// When no more hooks came.
    closed: OnceLock<Instant>,
}

impl HookQueue {
    pub(super) fn start(place: HookPlace, log: HookLog) -> io::Result<Self> {
        let (jobs, received) = channel();
        let shared = Arc::new(Shared::default());
        let worker = {
            let shared = Arc::clone(&shared);
            let thread = std::thread::Builder::new().name("hooks".into());
            thread.spawn(move || work(&place, &log, &received, &shared))?
        };
        Ok(Self {
            jobs: Some(jobs),
            shared,
            worker: Some(worker),
        })
    }

    pub(super) fn push(&self, job: HookJob) {
        self.shared.waiting.fetch_add(1, Ordering::Relaxed);
        if let Some(jobs) = &self.jobs {
            // Its thread lives as long as this.
            let _ = jobs.send(job);
        }
    }

    /// Returns how many have not ended.
    pub(super) fn waiting(&self) -> usize {
        self.shared.waiting.load(Ordering::Relaxed)
    }
}

impl Drop for HookQueue {
    fn drop(&mut self) {
        let _ = self.shared.closed.set(Instant::now());
        self.jobs = None;
        if let Some(worker) = self.worker.take() {
            let _ = worker.join();
        }
    }
}

/// A hook that failed and runs again.
struct Retry {
    due: Instant,
    job: HookJob,
}

fn work(place: &HookPlace, log: &HookLog, jobs: &Receiver<HookJob>, shared: &Shared) {
    let mut retries = Vec::new();
    while let Some(job) = next(jobs, &mut retries) {
        let closed = shared.closed.get();
        let is_late = closed.is_some_and(|closed| AFTER_END <= closed.elapsed());
        // The session's next runner runs what has not run.
        let runs = !is_late || job.run.moment.event == HookEvent::SessionEnd;
        if runs && let Some(retry) = run(place, log, job) {
            retries.push(retry);
            continue;
        }
        shared.waiting.fetch_sub(1, Ordering::Relaxed);
    }
}

/// Returns the hook that runs next: one whose wait is over, else the next one that comes. Others run while one waits.
fn next(jobs: &Receiver<HookJob>, retries: &mut Vec<Retry>) -> Option<HookJob> {
    loop {
        let first = (0..retries.len()).min_by_key(|index| retries[*index].due);
        let Some(first) = first else {
            return jobs.recv().ok();
        };
        let wait = retries[first].due.saturating_duration_since(Instant::now());
        if wait.is_zero() {
            return Some(retries.swap_remove(first).job);
        }
        match jobs.recv_timeout(wait) {
            Ok(job) => return Some(job),
            Err(RecvTimeoutError::Timeout) => {}
            Err(RecvTimeoutError::Disconnected) => std::thread::park_timeout(wait),
        }
    }
}

/// Runs a hook, and records its end unless it runs again.
fn run(place: &HookPlace, log: &HookLog, mut job: HookJob) -> Option<Retry> {
    crash::point("hooks: before one runs");
    let HookResult { exit, after } = place.call(&job.hook, job.input.clone(), job.run);
    crash::point("hooks: one ended, not recorded");
    if !exit.succeeded() {
        tracing::warn!(hook = job.hook.name(), event = %job.hook.event, %exit, "a hook failed");
        if job.hook.on_failure == OnHookFailure::Retry && job.run.tries < Hook::MAX_TRIES {
            job.run.tries += 1;
            let due = Instant::now() + delay(job.run.tries, after, place.wait_factor);
            return Some(Retry { due, job });
        }
    }
    let line = LogLine {
        at: clock::now(),
        seq: job.seq,
        run: job.run,
        input: None,
        exit: Some(exit),
        again: job.again,
    };
    if let Err(error) = log.append(&line) {
        tracing::warn!(%error, "the end of a hook is not recorded");
    }
    None
}
