//! What reacts to the facts of a session: its window, its views, a recording, a notification.
//!
//! # Contract
//!
//! - **After the disk.** An observer is told of a fact only once the fact is on disk.
//! - **In order, without gaps.** Facts come in the order of the journal.
//! - **At least once.** A durable observer has a position: the end of the last fact at which it did something that
//!   outlasts the process. It is stored after the reaction. If the process dies in between, the next one shows the
//!   observer that fact once more, with the same key and marked [`again`](Fact::again); no fact is left out.
//! - **Exactly once by key.** An observer that stores its reaction under the fact's [key](FactKey) has the effect of each
//!   fact once, since a second reaction replaces the first.
//! - **A failure stops the observer, not the session.** After an error the observer is told nothing more by this process,
//!   and its position stays before that fact; the next process starts there.
//! - **It must be quick.** It runs in the thread that runs the session and its branches. One that waits for something
//!   has a thread of its own.
//!
//! An observer without a position is told of the facts recorded after it was attached, and costs no write.
use super::journal::Position;
use crate::engine::State;
use crate::model::{Event, RunId};
use crate::plan::Plan;
use jiff::Timestamp;
use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Names a fact for good.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FactKey<'a> {
    pub run: &'a RunId,
    /// The number of its line in the run's journal, from 1.
    pub number: u64,
}

/// A fact that is on disk.
#[derive(Clone, Copy, Debug)]
pub struct Fact<'a> {
    pub key: FactKey<'a>,
    pub at: Timestamp,
    pub event: &'a Event,
    /// Where it ends in the journal.
    pub end: Position,
    /// Whether the observer may have reacted to it before: it is the first one after a stored position.
    pub again: bool,
    pub plan: &'a Plan,
    /// The session's state. It may be ahead of the fact, by the facts that were synced with it.
    pub state: &'a State,
}

impl Fact<'_> {
    /// Whether the fact was copied from the session that this one was forked from.
    pub fn is_copied(&self) -> bool {
        let from = self.state.session.forked_from.as_ref();
        from.is_some_and(|from| self.key.number <= from.lines)
    }
}

/// Reacts to the facts of a session; see the [contract](self). A session is opened in one thread and run in another.
pub trait Observer: Send {
    /// Names the observer's position in the run directory; `None` if it has none.
    fn durable_name(&self) -> Option<&'static str> {
        None
    }

    /// Reacts to a fact.
    fn observe(&mut self, fact: &Fact<'_>) -> io::Result<Reaction>;
}

/// What an observer did at a fact.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reaction {
    /// Nothing that outlasts the process. The position stays, so the next process may see the fact again.
    Transient,
    /// Something that outlasts the process. The position is stored after the fact.
    Durable,
}

/// An observer that its owner keeps using after it is attached.
#[derive(Debug, Default)]
pub struct SharedObserver<O>(Arc<Mutex<O>>);

impl<O> SharedObserver<O> {
    pub fn new(observer: O) -> Self {
        Self(Arc::new(Mutex::new(observer)))
    }

    /// Returns the observer. No fact reaches it while the guard lives.
    pub fn lock(&self) -> MutexGuard<'_, O> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<O> Clone for SharedObserver<O> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<O: Observer> Observer for SharedObserver<O> {
    fn durable_name(&self) -> Option<&'static str> {
        self.lock().durable_name()
    }

    fn observe(&mut self, fact: &Fact<'_>) -> io::Result<Reaction> {
        self.lock().observe(fact)
    }
}
