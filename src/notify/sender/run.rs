//! The sender's loop, and `ap notify flush`.
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

/// How often the sender checks whether sessions run, and reads its configuration again.
const LOOK: Duration = Duration::from_secs(60);

/// What `ap notify flush` did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Flushed {
    Done(Round),
    /// Another process sends, and was woken.
    SenderIsAlive,
}

/// Sends messages until none is left. Returns at once if another process is the sender.
pub fn run(env: &SenderEnv) -> Result<()> {
    crash::role("sender");
    let outbox = Outbox::new(&env.dirs);
    outbox.create(&env.dirs)?;
    loop {
        let Some(lock) = outbox.lock()? else {
            return Ok(());
        };
        send_all(env, &outbox, &lock)?;
        drop(lock);
        // A message may have come between the last round and the release of the lock.
        if outbox.is_empty() {
            return Ok(());
        }
    }
}

/// Sends now the messages that are due or wait for a retry.
pub fn flush(env: &SenderEnv) -> Result<Flushed> {
    let outbox = Outbox::new(&env.dirs);
    outbox.create(&env.dirs)?;
    let Some(_lock) = outbox.lock()? else {
        crate::notify::ring(&env.dirs);
        return Ok(Flushed::SenderIsAlive);
    };
    outbox.recover()?;
    round(env, &env.configuration()?, &outbox, true).map(Flushed::Done)
}

/// Sends messages as they fall due, until none waits and nothing else needs the sender.
fn send_all(env: &SenderEnv, outbox: &Outbox, _lock: &SenderLock) -> Result<()> {
    let mut bell = Bell::open(&env.dirs)?;
    outbox.recover()?;
    outbox.prune(clock::now())?;
    let mut poller = Poller::default();
    let mut heartbeat = HeartbeatCaller::default();
    loop {
        let configuration = env.configuration()?;
        let done = round(env, &configuration, outbox, false)?;
        updates::close_answered(env, outbox, &configuration);
        let serves = configuration.policy.serves_running_sessions() && sessions_run(&env.dirs);
        if serves {
            heartbeat.call(env, &configuration);
        }
        let polls = updates::needs_poller(outbox, &configuration.policy, serves);
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

/// Requests the address in `heartbeat:` at its interval, so that a monitoring service notices when it stops.
#[derive(Debug, Default)]
struct HeartbeatCaller {
    last_call: Option<Instant>,
}

impl HeartbeatCaller {
    fn call(&mut self, env: &SenderEnv, configuration: &Configuration) {
        let Some(heartbeat) = &configuration.policy.heartbeat else {
            return;
        };
        let every = Duration::from_secs(heartbeat.every_s);
        if self.last_call.is_some_and(|at| at.elapsed() < every) {
            return;
        }
        self.last_call = Some(Instant::now());
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
