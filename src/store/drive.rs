//! Drives a session: records what an input amounts to, and what follows from the state.
use super::attempt_gate::{AttemptGate, Permission};
use super::background::in_background;
use super::beneath;
use super::manifest::BlockOutputs;
use super::session::Session;
use crate::clock;
use crate::engine::{accept, follow};
use crate::error::Result;
use crate::model::{Event, Input};
use jiff::Timestamp;
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

    /// Appends the end of the current wait, whose length has passed: the wall clock may have been set back in it.
    pub fn end_wait(&mut self, until: Timestamp) -> io::Result<()> {
        let now = clock::now();
        match accept(&self.plan, self.state(), &Input::Woke, now.max(until)) {
            Some(event) => self.append(event, now),
            None => Ok(()),
        }
    }

    /// Appends what follows from the state, until nothing more does. Nothing may be done about it before it is synced.
    pub fn append_consequences(&mut self) -> Result<()> {
        while let Some(event) = self.consequence() {
            self.clear_way(&event)?;
            if let Some(outputs) = BlockOutputs::of(self, &event) {
                outputs.write_manifest()?;
            }
            if self.must_settle(&event) {
                self.sync()?;
            }
            self.append(event, clock::now())?;
        }
        Ok(())
    }

    /// Appends as [`append_consequences`](Self::append_consequences) does, but writes manifests on a thread of their own.
    pub async fn append_consequences_in_background(&mut self) -> Result<()> {
        while let Some(event) = self.consequence() {
            self.clear_way(&event)?;
            if let Some(outputs) = BlockOutputs::of(self, &event) {
                in_background(move || outputs.write_manifest()).await?;
            }
            if self.must_settle(&event) {
                self.sync_in_background().await?;
            }
            self.append(event, clock::now())?;
        }
        Ok(())
    }

    /// Whether what was spent must be in the ledger before this fact: a complete session is not resumed, so a runner that
    /// dies behind it leaves a line out for good.
    fn must_settle(&self, event: &Event) -> bool {
        matches!(event, Event::SessionFinished { .. }) && self.has_unsynced_costs()
    }

    /// Sets aside what has the name of the folder of an iteration that is about to begin: an earlier agent left it there.
    fn clear_way(&self, event: &Event) -> io::Result<()> {
        let Event::IterationStarted { cursor, .. } = *event else {
            return Ok(());
        };
        let Some(node) = self.plan.node(cursor.node).filter(|_| cursor.attempt == 1) else {
            return Ok(());
        };
        let folder = self.dir.iteration(cursor, &node.id);
        if std::fs::symlink_metadata(folder.root().as_std_path()).is_ok() {
            beneath::set_aside(folder.root())?;
        }
        Ok(())
    }

    /// Appends what ends a wait for the gate, if it does.
    pub fn look_at_gate(&mut self) -> io::Result<()> {
        let now = clock::now();
        let Some(mut gate) = self.gate.take() else {
            return Ok(());
        };
        let found = gate.look(&self.plan, self.state(), now);
        self.gate = Some(gate);
        found.map_or(Ok(()), |input| self.accept(&input))
    }

    fn consequence(&mut self) -> Option<Event> {
        let now = clock::now();
        let Some(mut gate) = self.gate.take() else {
            return follow(&self.plan, self.state(), now);
        };
        let event = self.permitted(gate.as_mut(), now);
        self.gate = Some(gate);
        event
    }

    /// Returns what follows from the state, if the gate has nothing against an attempt.
    fn permitted(&self, gate: &mut dyn AttemptGate, now: Timestamp) -> Option<Event> {
        let (plan, state) = (&self.plan, self.state());
        let next = follow(plan, state, now);
        let Some((index, label)) = state.attempting_agent(plan, next.as_ref(), now) else {
            return next;
        };
        match gate.ask(plan, state, (index, &label)) {
            Permission::Begin => next,
            // Nothing begins against the gate: what is no news now is asked again with the next look.
            Permission::Record(input) => accept(plan, state, &input, now),
            Permission::Wait => None,
        }
    }

    /// Records what follows from the state. Everything appended so far is on disk when this returns.
    pub fn record_consequences(&mut self) -> Result<()> {
        self.append_consequences()?;
        Ok(self.sync()?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plans::plan;
    use crate::store::disk::Disk;
    use crate::store::layout::Project;
    use camino::Utf8PathBuf;
    use std::sync::mpsc::{Receiver, channel};
    use std::sync::{Arc, Mutex};

    /// A disk that is done when it is told so.
    #[derive(Debug)]
    struct HeldDisk(Mutex<Receiver<()>>);

    impl Disk for HeldDisk {
        fn sync(&self, _: &fs_err::File) -> io::Result<()> {
            let released = self.0.lock().map_err(|_| io::Error::other("poisoned"))?;
            released.recv().map_err(io::Error::other)
        }
    }

    fn session(root: &Utf8PathBuf, name: &str) -> Session {
        let mut plan = plan();
        plan.session = name.parse().unwrap();
        let dir = Project::new(root.clone()).session(&plan.session);
        Session::create(dir, &plan, None, clock::now()).unwrap()
    }

    /// Would wait for ever if the slow sync held the thread.
    #[tokio::test]
    async fn a_slow_sync_of_one_branch_does_not_hold_up_another() {
        let folder = tempfile::tempdir().unwrap();
        let root = Utf8PathBuf::from_path_buf(folder.path().to_owned()).unwrap();
        let (mut slow, mut fast) = (session(&root, "slow"), session(&root, "fast"));
        let (release, released) = channel();
        slow.set_disk(Arc::new(HeldDisk(Mutex::new(released))));
        for session in [&mut slow, &mut fast] {
            session.append(Event::WaitEnded, clock::now()).unwrap();
        }
        let fast_then_release = async {
            fast.sync_in_background().await.unwrap();
            release.send(()).unwrap();
        };
        let (synced, ()) = tokio::join!(slow.sync_in_background(), fast_then_release);
        synced.unwrap();
    }
}
