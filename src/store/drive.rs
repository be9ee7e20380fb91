//! Drives a session: records what an input amounts to, and what follows from the state.
use super::manifest;
use super::session::Session;
use crate::clock;
use crate::engine::{accept, follow};
use crate::error::Result;
use crate::model::{Event, Input, NodeEnding};
use std::io;

impl Session {
    /// Appends the fact an input amounts to, if the input still matters.
    pub fn accept(&mut self, input: &Input) -> io::Result<()> {
        let now = clock::now();
        match accept(&self.plan, self.state(), input, now) {
            Some(event) => self.append(event, now),
            None => Ok(()),
        }
    }

    /// Appends what follows from the state, until nothing more does. Nothing may be done about it before it is synced.
    pub fn append_consequences(&mut self) -> Result<()> {
        while let Some(event) = follow(&self.plan, self.state(), clock::now()) {
            if let Event::NodeFinished {
                node,
                ending: NodeEnding::Branches { .. },
                ..
            } = &event
            {
                manifest::write(self, *node)?;
            }
            self.append(event, clock::now())?;
        }
        Ok(())
    }

    /// Records what follows from the state. Everything appended so far is on disk when this returns.
    pub fn record_consequences(&mut self) -> Result<()> {
        self.append_consequences()?;
        Ok(self.sync()?)
    }
}
