//! Runs hooks one after the other, in a thread of their own.
use super::call::{HookPlace, exit};
use super::log::{HookLog, LogLine};
use crate::clock;
use crate::model::{HookEvent, HookExit, HookRun};
use crate::plan::{Hook, OnHookFailure};
use serde_json::Value;
use std::io;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
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

fn work(place: &HookPlace, log: &HookLog, jobs: &Receiver<HookJob>, shared: &Shared) {
    for job in jobs {
        let closed = shared.closed.get();
        let is_late = closed.is_some_and(|closed| AFTER_END <= closed.elapsed());
        // The session's next runner runs what has not run.
        if !is_late || job.run.moment.event == HookEvent::SessionEnd {
            run(place, log, &job);
        }
        shared.waiting.fetch_sub(1, Ordering::Relaxed);
    }
}

fn run(place: &HookPlace, log: &HookLog, job: &HookJob) {
    let tries = match job.hook.on_failure {
        OnHookFailure::Retry => Hook::MAX_TRIES,
        OnHookFailure::Note | OnHookFailure::Hold | OnHookFailure::Fail => 1,
    };
    let (mut run, mut ended) = (job.run, HookExit::default());
    for number in 1..=tries {
        run.tries = number;
        ended = match place.command(&job.hook, &job.input) {
            Ok(command) => exit(&command.run()),
            Err(exit) => exit,
        };
        if ended.succeeded() {
            break;
        }
        tracing::warn!(hook = job.hook.name(), event = %job.hook.event, %ended, "a hook failed");
    }
    let line = LogLine {
        at: clock::now(),
        seq: job.seq,
        run,
        input: None,
        exit: Some(ended),
        again: job.again,
    };
    if let Err(error) = log.append(&line) {
        tracing::warn!(%error, "the end of a hook is not recorded");
    }
}
