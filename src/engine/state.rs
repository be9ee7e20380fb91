//! The fold of the journal.
use super::RateLimit;
use crate::model::{
    BranchReport, Change, Cursor, Decision, Ending, Event, ForkedFrom, GateVerdict, NodeEnding,
    NodeId, Outcome, ProcessId, QueueStatus, RunId, SessionName, Status, Task, Usage, WaitReason,
    WorkTree,
};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, VecDeque};

/// Everything the journal says. Never edited, only [`apply`](State::apply)ed to.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct State {
    pub session: Option<SessionName>,
    pub run: Option<RunId>,
    /// Where its beginning comes from, if it is another session's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub forked_from: Option<ForkedFrom>,
    /// Fingerprint of the plan the session runs.
    #[serde(default)]
    pub plan: String,
    pub phase: Phase,
    /// The current attempt, or the last one.
    pub cursor: Cursor,
    /// Who makes that attempt: a place in the node's chain of agents, 0 the node's own, and what it is called by.
    #[serde(default)]
    pub fallback: u32,
    #[serde(default)]
    pub agent: String,
    /// Agents that are out of quota, by label.
    #[serde(default)]
    pub rate_limits: BTreeMap<String, RateLimit>,
    /// Counters of the current node.
    pub counters: NodeCounters,
    /// Nodes that are done, in order.
    pub finished: Vec<FinishedNode>,
    /// Replaces the current node's own maximum.
    pub max_iterations: Option<u32>,
    /// What a person has changed about the agents since the start.
    #[serde(default)]
    pub change: Change,
    /// What the queue said last, while it can still be relied on.
    pub queue_status: Option<QueueStatus>,
    /// What the engine took for the current attempt, or for the one that comes next.
    #[serde(default)]
    pub task: Option<Task>,
    /// What the last agent promised.
    #[serde(default)]
    pub promises: Vec<String>,
    /// What has been said since the last iteration about whether the node is done, by the gate's number.
    #[serde(default)]
    pub gates: BTreeMap<u32, GateVerdict>,
    /// Who said something last, and what.
    #[serde(default)]
    pub last_gate: Option<(String, GateVerdict)>,
    /// How far the branches of the current block are.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub branches: BTreeMap<NodeId, BranchReport>,
    /// Why the branches of the current block end as soon as their agents do.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub drain: Option<String>,
    /// A pause was asked for; the session holds as soon as no agent runs.
    pub pausing: bool,
    /// Who asked for a stop.
    pub stopping: Option<String>,
    /// The last iterations that are over, oldest first; at most [`State::HISTORY`].
    pub history: VecDeque<IterationRecord>,
    /// The project's files after the last iteration, if they are in git.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tree: Option<WorkTree>,
    /// How many tasks were left when the queue last said so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub left: Option<u32>,
    /// Over all nodes.
    pub iterations: u32,
    pub usage: Usage,
    /// Why the last attempt or iteration failed; cleared by one that went well.
    pub last_error: Option<String>,
    /// The runner that took the session up last, dead or alive.
    pub runner: Option<ProcessId>,
    /// The shim of the current attempt.
    pub shim: Option<ProcessId>,
    pub started_at: Option<Timestamp>,
    pub iteration_started: Option<Timestamp>,
    pub resumed_at: Option<Timestamp>,
    pub updated_at: Option<Timestamp>,
    /// Milliseconds without a runner: between a crash, stop or failure and the runner that took over.
    pub unattended_ms: i64,
}

/// Where the session stands.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "kind")]
pub enum Phase {
    #[default]
    New,
    /// Nothing runs; the next attempt may start.
    Ready,
    /// An agent should be running.
    Running,
    /// The branches of a block should be running.
    Parallel,
    /// An agent ended; what follows has not been drawn yet.
    Exited {
        outcome: Outcome,
    },
    Waiting {
        reason: WaitReason,
        since: Timestamp,
        until: Timestamp,
    },
    Ended {
        ending: Ending,
    },
}

/// What has happened in the current node so far.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct NodeCounters {
    /// Iterations that are over. Only grows.
    pub iterations: u32,
    /// Iterations that are over and did not err.
    #[serde(default)]
    pub succeeded: u32,
    /// Extra iterations granted on resume, one per failed one.
    #[serde(default)]
    pub extra: u32,
    /// Agents in a row that said stop.
    pub stops: u32,
    /// Error iterations in a row.
    pub errors: u32,
    /// Iterations in a row that left everything as it was.
    #[serde(default)]
    pub idle: u32,
    /// Failed attempts of the current iteration.
    pub failures: u32,
    /// Tasks parked since an iteration last went well.
    #[serde(default)]
    pub parked: u32,
    /// Broken answers of gates in a row.
    #[serde(default)]
    pub gate_failures: u32,
    /// Times in a row that only others' tasks were left.
    pub queue_waits: u32,
    pub queue_waiting_since: Option<Timestamp>,
}

/// A node that is done.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct FinishedNode {
    pub id: NodeId,
    pub iterations: u32,
    pub ending: NodeEnding,
    pub at: Timestamp,
    /// Of a block: how far each branch came.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub branches: BTreeMap<NodeId, BranchReport>,
}

/// One iteration that is over.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct IterationRecord {
    pub node: u32,
    pub iteration: u32,
    pub attempts: u32,
    /// Who made the last of them.
    #[serde(default)]
    pub agent: String,
    pub at: Timestamp,
    pub status: Status,
}

impl State {
    /// How many history entries the state keeps; the journal has all.
    pub const HISTORY: usize = 100;

    /// Records a fact. Total: never fails, never looks outside. The only writer of `State`.
    pub fn apply(&mut self, event: &Event, at: Timestamp) {
        let before = self.updated_at.replace(at);
        match event {
            Event::SessionStarted { session, run, plan } => {
                self.plan.clone_from(plan);
                (self.session, self.run, self.started_at) =
                    (Some(session.clone()), Some(run.clone()), Some(at));
                self.phase = Phase::Ready;
            }
            Event::RunnerStarted { runner, .. } => {
                let attended = self.runner.replace(runner.clone()).is_some();
                if attended || self.forked_from.is_some() {
                    self.nobody_since(before, at);
                }
                // What the queue said may have been long ago; and what was taken for an attempt that never began is
                // given back with the next look.
                self.queue_status = None;
                if self.phase != Phase::Running {
                    self.task = None;
                }
            }
            Event::SessionResumed {
                max_iterations,
                change,
            } => {
                self.change = change.clone().over(std::mem::take(&mut self.change));
                self.resume(*max_iterations, at);
            }
            Event::PlanReplaced { plan } => {
                self.plan.clone_from(plan);
                // It may ask others whether it is done, or ask them otherwise.
                (self.queue_status, self.gates) = (None, BTreeMap::new());
            }
            Event::SessionForked { from } => {
                self.nobody_since(before, at);
                // The other session's runner is none of this one's.
                (self.runner, self.forked_from) = (None, Some(from.clone()));
            }
            Event::IterationStarted {
                cursor,
                fallback,
                agent,
            } => {
                (self.fallback, self.agent) = (*fallback, agent.clone());
                self.begin(*cursor, at);
            }
            Event::AgentStarted { shim, .. } => self.shim = Some(shim.clone()),
            Event::AgentExited {
                cursor,
                outcome,
                usage,
                promises,
                tree,
            } => {
                self.promises.clone_from(promises);
                self.end_attempt(*cursor, outcome, *usage, tree.as_ref(), at);
            }
            Event::BlockStarted { cursor } => self.begin_block(*cursor, at),
            Event::BranchReported { branch, report, .. } => self.hear(branch, report),
            Event::BlockDraining { limit } => self.drain = Some(limit.clone()),
            Event::GateAnswered {
                gate,
                name,
                verdict,
                usage,
            } => {
                self.usage += *usage;
                self.counters.gate_failures = if matches!(verdict, GateVerdict::Broken { .. }) {
                    self.counters.gate_failures + 1
                } else {
                    0
                };
                self.gates.insert(*gate, verdict.clone());
                self.last_gate = Some((name.clone(), verdict.clone()));
            }
            // Nothing of ours is held any more.
            Event::QueueChecked { status, parked, .. } => {
                self.look_at_queue(status);
                (self.queue_status, self.task) = (Some(status.clone()), None);
                if !parked.is_empty() {
                    // What kept failing is out of the way. If what comes next fails as well, it was hardly the task.
                    if self.counters.parked == 0 {
                        (self.counters.errors, self.counters.failures) = (0, 0);
                    }
                    self.counters.parked += 1;
                }
            }
            Event::TaskClaimed { task, .. } => self.task = Some(task.clone()),
            Event::WaitStarted { reason, until } => {
                if let WaitReason::Queue { .. } | WaitReason::BusyQueue { .. } = reason {
                    self.counters.queue_waits += 1;
                    self.counters.queue_waiting_since.get_or_insert(at);
                }
                self.phase = Phase::Waiting {
                    reason: reason.clone(),
                    since: at,
                    until: *until,
                };
            }
            Event::WaitEnded => {
                // A delay is short; after any other wait the queue may look different.
                if !matches!(
                    self.phase,
                    Phase::Waiting {
                        reason: WaitReason::Delay,
                        ..
                    }
                ) {
                    self.queue_status = None;
                }
                if matches!(
                    self.phase,
                    Phase::Waiting {
                        reason: WaitReason::RateLimit { .. },
                        ..
                    }
                ) {
                    self.clear_rate_limits(at);
                }
                self.phase = Phase::Ready;
            }
            // A task that is being taken at this moment is given back with the next look.
            Event::PauseRequested => (self.pausing, self.queue_status) = (true, None),
            Event::ContinueRequested => {
                self.pausing = false;
                self.queue_status = None;
            }
            // What was said before may not know of a task that is being taken at this moment.
            Event::StopRequested { by } => {
                (self.stopping, self.queue_status) = (Some(by.clone()), None)
            }
            Event::NodeFinished { node, id, ending } => {
                let of_branches: u32 = self.branches.values().map(|report| report.iterations).sum();
                let iterations = self.counters.iterations + of_branches;
                let branches = std::mem::take(&mut self.branches);
                self.finished.push(FinishedNode {
                    id: id.clone(),
                    iterations,
                    ending: ending.clone(),
                    at,
                    branches,
                });
                self.cursor = Cursor::before(node + 1);
                (
                    self.counters,
                    self.max_iterations,
                    self.queue_status,
                    self.task,
                ) = (NodeCounters::default(), None, None, None);
                (self.fallback, self.agent) = (0, String::new());
                (self.promises, self.gates, self.last_gate) = (Vec::new(), BTreeMap::new(), None);
                self.drain = None;
                self.phase = Phase::Ready;
            }
            Event::SessionFinished { ending } => {
                if let Ending::Failed { error, .. } = ending {
                    self.last_error = Some(error.clone());
                }
                (self.stopping, self.pausing, self.shim, self.task) = (None, false, None, None);
                self.phase = Phase::Ended {
                    ending: ending.clone(),
                };
            }
        }
    }

    /// Counts the time since the last fact as one in which nobody ran the session.
    fn nobody_since(&mut self, before: Option<Timestamp>, at: Timestamp) {
        self.unattended_ms += before.map_or(0, |before| {
            at.duration_since(before)
                .as_millis()
                .try_into()
                .unwrap_or(i64::MAX)
                .max(0)
        });
    }

    fn begin(&mut self, cursor: Cursor, at: Timestamp) {
        if cursor.attempt == 1 {
            self.counters.failures = 0;
        }
        (self.cursor, self.shim, self.iteration_started) = (cursor, None, Some(at));
        (self.promises, self.gates) = (Vec::new(), BTreeMap::new());
        (self.counters.queue_waits, self.counters.queue_waiting_since) = (0, None);
        self.phase = Phase::Running;
    }

    fn begin_block(&mut self, cursor: Cursor, at: Timestamp) {
        (self.cursor, self.shim, self.iteration_started, self.drain) =
            (cursor, None, Some(at), None);
        // Whoever reached its goal has; the others go on.
        for report in self.branches.values_mut() {
            report.ending = report
                .ending
                .take()
                .filter(|ending| matches!(ending, Ending::Completed { .. }));
        }
        self.phase = Phase::Parallel;
    }

    /// Takes in how far a branch is: all it used, of which some is known.
    fn hear(&mut self, branch: &NodeId, report: &BranchReport) {
        let known = self.branches.insert(branch.clone(), report.clone());
        let (iterations, usage) = known.map_or((0, Usage::default()), |known| {
            (known.iterations, known.usage)
        });
        self.iterations += report.iterations.saturating_sub(iterations);
        self.usage += report.usage.since(usage);
    }

    fn resume(&mut self, max_iterations: Option<u32>, at: Timestamp) {
        self.max_iterations = max_iterations.or(self.max_iterations);
        self.resumed_at = Some(at);
        self.stopping = None;
        if let Phase::Ended { ending } = &self.phase {
            if let (Ending::Failed { .. }, None) = (ending, max_iterations) {
                self.counters.extra += self.counters.errors;
            }
            // Whoever resumes has seen the failures; they get all their tries again.
            (
                self.counters.failures,
                self.counters.errors,
                self.counters.parked,
                self.counters.idle,
            ) = (0, 0, 0, 0);
            (self.counters.queue_waits, self.counters.queue_waiting_since) = (0, None);
            // Somebody may have changed something: whoever was asked is asked again.
            (self.counters.gate_failures, self.gates) = (0, BTreeMap::new());
            (self.last_error, self.queue_status) = (None, None);
            self.rate_limits.clear();
            self.phase = Phase::Ready;
        }
    }

    fn end_attempt(
        &mut self,
        cursor: Cursor,
        outcome: &Outcome,
        usage: Usage,
        tree: Option<&WorkTree>,
        at: Timestamp,
    ) {
        self.usage += usage;
        (self.shim, self.queue_status) = (None, None);
        match outcome {
            Outcome::Reported { status } => self.complete(cursor, status.clone(), tree, at),
            Outcome::Unreported { reason } => {
                self.complete(cursor, Status::missing(reason), tree, at)
            }
            Outcome::RateLimited { until, .. } => self.rate_limited(*until, at),
            Outcome::Cancelled => (),
            Outcome::Crashed { .. }
            | Outcome::Refused { .. }
            | Outcome::TimedOut { .. }
            | Outcome::Lost { .. } => {
                self.counters.failures += 1;
                self.last_error = Some(outcome.to_string());
            }
        }
        self.phase = Phase::Exited {
            outcome: outcome.clone(),
        };
    }

    fn complete(&mut self, cursor: Cursor, status: Status, tree: Option<&WorkTree>, at: Timestamp) {
        self.look_at_work(cursor, &status, tree);
        let counters = &mut self.counters;
        (counters.iterations, counters.failures) = (cursor.iteration, 0);
        counters.stops = if status.decision == Decision::Stop {
            counters.stops + 1
        } else {
            0
        };
        counters.errors = if status.decision == Decision::Error {
            counters.errors + 1
        } else {
            0
        };
        counters.succeeded += u32::from(status.decision != Decision::Error);
        counters.parked = if status.decision == Decision::Error {
            counters.parked
        } else {
            0
        };
        self.last_error = (status.decision == Decision::Error).then(|| status.reason.clone());
        self.rate_limits.remove(&self.agent);
        self.iterations += 1;
        self.iteration_started = None;
        if self.history.len() == Self::HISTORY {
            self.history.pop_front();
        }
        let Cursor {
            node,
            iteration,
            attempt,
        } = cursor;
        self.history.push_back(IterationRecord {
            node,
            iteration,
            attempts: attempt,
            agent: self.agent.clone(),
            at,
            status,
        });
    }
}
