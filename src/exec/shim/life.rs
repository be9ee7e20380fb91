//! An agent's signs of life: what it prints, what its program writes down, and what its processes compute.
use super::hang::Look;
use super::job::Job;
use super::output_watch::OutputWatch;
use super::transcript_watch::TranscriptWatch;
use crate::exec::family::{family, processor_of_the_dead};
use crate::exec::file_tail::FileTail;
use std::time::{Duration, Instant};

/// An agent that printed something more recently is alive without a look at its processes.
const RECENT: Duration = Duration::from_secs(10);
/// A family that computes for less than this part of the time is at rest: timers and garbage collection take that much.
const AT_REST: f64 = 0.01;

/// The signs of life of a running agent.
#[derive(Debug)]
pub(super) struct Life {
    pub(super) output: OutputWatch,
    transcript: TranscriptWatch,
    /// When its processor time was taken since the last sign of life, and how much that was.
    processor: Option<(Instant, Duration)>,
    /// Since when an unanswered question stands.
    asked: Option<Instant>,
    started: Instant,
    last_sign: Instant,
    /// When a tool was ended of which nothing was printed since.
    ended_tool: Option<Instant>,
    /// Since when the agent waits for a permission.
    held: Option<Instant>,
}

impl Life {
    pub(super) fn new(job: &Job) -> Self {
        // The file we hold, whatever an agent has put in its place.
        let held = fs_err::File::open("/proc/self/fd/1").ok();
        let stdout = match held.filter(|_| cfg!(target_os = "linux")) {
            Some(file) => FileTail::of(file),
            None => FileTail::new(job.folder.stdout()),
        };
        Self {
            output: OutputWatch::new(stdout, job.folder.stderr(), job.watched.clone()),
            transcript: TranscriptWatch::new(job.watched.transcripts.clone()),
            processor: None,
            asked: None,
            started: Instant::now(),
            last_sign: Instant::now(),
            ended_tool: None,
            held: None,
        }
    }

    /// Takes in what the agent printed. Returns how many bytes that were.
    pub(super) fn look_at_output(&mut self) -> u64 {
        let before = self.output.length();
        self.read_output();
        self.output.length().saturating_sub(before)
    }

    /// Reads what is new. Returns whether anything is.
    fn read_output(&mut self) -> bool {
        let printed = self.output.look();
        if printed {
            self.ended_tool = None;
            self.give_sign();
        }
        self.stand_still();
        printed
    }

    /// Whether the agent waits for a permission: its limits stand still.
    pub(super) fn is_held(&self) -> bool {
        self.held.is_some()
    }

    /// Stops the clocks while the agent waits for a permission, and lets them continue where they were.
    fn stand_still(&mut self) {
        match (self.held, self.output.requests.since()) {
            (None, since) => self.held = since,
            (Some(_), Some(_)) => {}
            (Some(since), None) => {
                let (now, waited) = (Instant::now(), since.elapsed());
                self.held = None;
                self.started = (self.started + waited).min(now);
                self.last_sign = now;
                self.processor = None;
                self.asked = None;
                self.ended_tool = self.ended_tool.map(|ended| (ended + waited).min(now));
                self.output.pass_over(waited);
            }
        }
    }

    /// Looks for signs of life. After `rested` without output it looks at the processes too.
    pub(super) fn look(&mut self, rested: Duration) -> Look {
        let printed = self.read_output();
        let session = self.output.session.as_deref();
        let wrote = self.transcript.has_grown(session);
        if wrote {
            self.give_sign();
        } else if !printed
            && self.processor.is_none()
            && rested.min(RECENT) <= self.last_sign.elapsed()
        {
            self.processor = Some((Instant::now(), processor_time()));
        }
        let asks = self.output.question().is_some();
        self.asked = asks.then(|| self.asked.unwrap_or_else(Instant::now));
        let tools = &self.output.tools;
        Look {
            ran: self.started.elapsed(),
            still: self.last_sign.elapsed(),
            silent: self.output.silent_for(),
            began: self.output.has_printed() || self.transcript.exists(),
            gave_result: self.output.saw_result,
            answered: tools.all_answered(),
            tool: tools.longest().map(|call| call.since.elapsed()),
            ended_tool: self.ended_tool.map(|ended| ended.elapsed()),
            asked: self.asked.map(|asked| asked.elapsed()),
        }
    }

    /// Records that the processes of a tool were ended.
    pub(super) fn tool_ended(&mut self) {
        self.ended_tool = Some(Instant::now());
        self.give_sign();
    }

    fn give_sign(&mut self) {
        self.last_sign = Instant::now();
        self.processor = None;
    }

    /// Returns how long the agent has run, without the time in which it waited for permissions.
    pub(super) fn ran(&self) -> Duration {
        let held = self.held.map_or(Duration::ZERO, |since| since.elapsed());
        self.started.elapsed().saturating_sub(held)
    }

    /// Whether the agent's processes have computed since its last sign of life, on average. That is one too, then.
    pub(super) fn has_computed(&mut self) -> bool {
        let Some((at, before)) = self.processor else {
            return false;
        };
        let used = processor_time().saturating_sub(before).as_secs_f64();
        let has_computed = AT_REST * at.elapsed().as_secs_f64() < used;
        if has_computed {
            self.give_sign();
        }
        has_computed
    }
}

/// Returns the processor time of everything that descends from this process, the dead included.
fn processor_time() -> Duration {
    let me = i32::try_from(std::process::id()).unwrap_or(i32::MAX);
    let living: Duration = family(me).iter().map(|member| member.processor).sum();
    living + processor_of_the_dead()
}
