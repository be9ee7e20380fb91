//! How long a sender lives, and what it does meanwhile.
use super::round::{Round, round};
use crate::clock;
use crate::error::Result;
use crate::exec::holder::is_running;
use crate::notify::configuration::{Configuration, SenderEnv};
use crate::notify::http::Request;
use crate::notify::outbox::{Outbox, SenderLock};
use crate::notify::secret::Resolver;
use crate::notify::updates::{self, Poller};
use crate::notify::wake::Bell;
use crate::store::layout::{Project, UserDirs};
use crate::store::session::names;
use crate::store::{crash, roots};
use jiff::Timestamp;
use std::time::{Duration, Instant};

/// How often it looks whether sessions run, and whether its configuration is another one.
const LOOK: Duration = Duration::from_secs(60);

/// What `ap notify flush` did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Flushed {
    Done(Round),
    /// Another process sends, and was woken.
    SenderIsAlive,
}

/// Sends until nothing is left to do. Does nothing if another process sends.
pub fn run(env: &SenderEnv) -> Result<()> {
    crash::role("sender");
    let outbox = Outbox::new(&env.dirs);
    outbox.create(&env.dirs)?;
    loop {
        let Some(lock) = outbox.lock()? else {
            return Ok(());
        };
        stay(env, &outbox, &lock)?;
        drop(lock);
        // A message may have come between the last look and the end of the lock.
        if outbox.is_empty() {
            return Ok(());
        }
    }
}

/// Sends now what is due or waits for another try.
pub fn flush(env: &SenderEnv) -> Result<Flushed> {
    let outbox = Outbox::new(&env.dirs);
    outbox.create(&env.dirs)?;
    let Some(_lock) = outbox.lock()? else {
        crate::notify::ring(&env.dirs);
        return Ok(Flushed::SenderIsAlive);
    };
    outbox.recover()?;
    round(env, &outbox, true).map(Flushed::Done)
}

fn stay(env: &SenderEnv, outbox: &Outbox, _lock: &SenderLock) -> Result<()> {
    let mut bell = Bell::open(&env.dirs)?;
    outbox.recover()?;
    outbox.prune(clock::now())?;
    let mut poller = Poller::default();
    let mut beat = Beat::default();
    loop {
        let done = round(env, outbox, false)?;
        let configuration = env.configuration()?;
        updates::forget_answered(env, outbox, &configuration);
        let serves = configuration.policy.serves_running_sessions() && sessions_run(&env.dirs);
        if serves {
            beat.call(env, &configuration);
        }
        let polls = updates::polls(outbox, &configuration.policy, serves);
        poller.keep(env, outbox, polls);
        if done.waiting == 0 && !serves && !polls {
            return Ok(());
        }
        bell.wait(pause(&done, clock::now()));
    }
}

/// Returns how long to wait for the bell.
fn pause(done: &Round, now: Timestamp) -> Duration {
    let due = done
        .next
        .map(|next| next.duration_since(now).unsigned_abs());
    let is_past = done.next.is_some_and(|next| next <= now);
    match due {
        Some(_) if is_past => Duration::from_millis(10),
        Some(due) => due.min(LOOK),
        None => LOOK,
    }
}

/// Whether a session of this user runs.
pub fn sessions_run(dirs: &UserDirs) -> bool {
    let projects = roots::read(dirs).unwrap_or_default().into_iter();
    projects
        .map(|known| Project::new(known.root))
        .filter(|project| project.root().is_dir())
        .any(|project| {
            let sessions = names(&project).unwrap_or_default();
            sessions.iter().any(|session| is_running(&project, session))
        })
}

/// Calls an address from time to time, so that silence is noticed there.
#[derive(Debug, Default)]
struct Beat {
    last: Option<Instant>,
}

impl Beat {
    fn call(&mut self, env: &SenderEnv, configuration: &Configuration) {
        let Some(heartbeat) = &configuration.policy.heartbeat else {
            return;
        };
        let every = Duration::from_secs(heartbeat.every_s);
        if self.last.is_some_and(|last| last.elapsed() < every) {
            return;
        }
        self.last = Some(Instant::now());
        let resolver = Resolver {
            secrets: &configuration.secrets,
            vars: &env.vars,
        };
        let called = resolver.resolve(&heartbeat.url).map(|url| {
            configuration
                .http
                .send(&Request::get(url))
                .map(|answer| answer.status)
        });
        tracing::debug!(?called, "heartbeat");
    }
}
