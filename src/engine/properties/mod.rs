//! Property tests: in random sessions with a crash after any event, every invariant of the engine holds.
mod plans;
mod rate_limits;

pub(crate) use plans::plan;

use super::{Phase, State, accept, follow};
use crate::model::*;
use crate::plan::{Branch, Plan};
use jiff::{SignedDuration, Timestamp};
use proptest::prelude::*;
use rate_limits::RateLimits;

/// What the world does next.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Die {
    Crash,
    Lost,
    TimedOut,
    Limited,
    LimitedUnknown,
    Stop,
    Continue,
    AgentError,
    Mute,
    Pause,
    Go,
    Quit,
    Again,
    Stale,
    Held,
    /// A clock that rings too soon.
    Early,
}

fn die() -> impl Strategy<Value = Die> {
    use Die::*;
    prop_oneof![
        2 => Just(Crash), 1 => Just(Lost), 1 => Just(TimedOut), 1 => Just(Limited), 1 => Just(LimitedUnknown), 5 => Just(Stop), 5 => Just(Continue),
        1 => Just(AgentError), 1 => Just(Mute), 1 => Just(Pause), 3 => Just(Go), 1 => Just(Quit), 2 => Just(Again), 1 => Just(Stale), 1 => Just(Held), 1 => Just(Early)
    ]
}

fn said(decision: Decision) -> Outcome {
    Outcome::Reported {
        status: Status {
            decision,
            ..Status::missing("as the die says")
        },
    }
}

fn outcome(die: Die, now: Timestamp) -> Outcome {
    match die {
        Die::Crash => Outcome::Crashed {
            code: Some(1),
            signal: None,
            reason: String::new(),
            stderr: String::new(),
        },
        Die::Lost => Outcome::Lost {
            reason: "gone".to_owned(),
        },
        Die::TimedOut => Outcome::TimedOut {
            limit: LimitKind::Idle,
        },
        Die::Limited => Outcome::RateLimited {
            until: Some(now + SignedDuration::from_secs(60)),
            reason: String::new(),
        },
        Die::LimitedUnknown => Outcome::RateLimited {
            until: None,
            reason: String::new(),
        },
        Die::Stop => said(Decision::Stop),
        Die::AgentError => said(Decision::Error),
        Die::Mute => Outcome::Unreported {
            reason: "no status".to_owned(),
        },
        Die::Continue
        | Die::Pause
        | Die::Go
        | Die::Quit
        | Die::Again
        | Die::Stale
        | Die::Held
        | Die::Early => said(Decision::Continue),
    }
}

/// Plays the world: answers what is pending, as the die says.
fn answer(plan: &Plan, state: &State, die: Die, now: &mut Timestamp) -> Input {
    match die {
        Die::Pause => return Input::Request(Request::Pause),
        Die::Quit => {
            return Input::Request(Request::Stop {
                by: "a person".to_owned(),
            });
        }
        Die::Go => return Input::Request(Request::Continue),
        Die::Early => return Input::Woke,
        Die::Again => {
            return Input::Request(Request::Resume {
                max_iterations: None,
                change: Change::default(),
            });
        }
        Die::Stale => {
            let cursor = Cursor {
                node: state.current.cursor.node,
                iteration: state.current.cursor.iteration,
                attempt: state.current.cursor.attempt + 7,
            };
            return Input::AgentExited(FinishedAttempt::new(cursor, said(Decision::Stop)));
        }
        _ => (),
    }
    match state.pending(plan) {
        None => Input::Woke,
        Some(Effect::RunAgent(cursor) | Effect::StopAgent(cursor)) => {
            Input::AgentExited(FinishedAttempt {
                usage: Usage {
                    cost_usd: 0.5,
                    ..Usage::default()
                },
                ..FinishedAttempt::new(cursor, outcome(die, *now))
            })
        }
        Some(Effect::CheckQueue(cursor)) => {
            let status = match die {
                Die::Stop => QueueStatus::Done { closed: 2 },
                Die::Held => QueueStatus::Wait {
                    held: 1,
                    by: Vec::new(),
                },
                _ => QueueStatus::Work {
                    ready: 1,
                    left: 1,
                    next: Vec::new(),
                    held: 0,
                    blocked: 0,
                },
            };
            Input::QueueChecked {
                cursor,
                status,
                released: Vec::new(),
                parked: Vec::new(),
            }
        }
        // Others may be quicker.
        Some(Effect::ClaimTask(_)) if die == Die::Held => {
            let status = QueueStatus::Wait {
                held: 1,
                by: Vec::new(),
            };
            Input::QueueChecked {
                cursor: state.current.cursor,
                status,
                released: Vec::new(),
                parked: Vec::new(),
            }
        }
        Some(Effect::AskGate(cursor, gate)) => {
            let reason = String::new();
            let verdict = match die {
                Die::Stop => GateVerdict::Stop { reason },
                Die::Crash | Die::Lost | Die::TimedOut => GateVerdict::Broken { reason },
                Die::Held => GateVerdict::InProgress { reason },
                _ => GateVerdict::Continue { reason },
            };
            Input::GateAnswered {
                cursor,
                gate,
                verdict,
                usage: Usage::default(),
            }
        }
        Some(Effect::RunBlock(cursor)) => branch_says(plan, state, cursor, die),
        Some(Effect::ClaimTask(cursor)) => Input::TaskClaimed {
            cursor,
            task: task(),
        },
        Some(Effect::WaitUntil(at)) => {
            *now = at.max(*now);
            Input::Woke
        }
    }
}

/// The first branch that has not ended says how far it is.
fn branch_says(plan: &Plan, state: &State, cursor: Cursor, die: Die) -> Input {
    let report = |branch: &Branch| state.current.branches.get(&branch.name).cloned();
    let open = |branch: &&Branch| report(branch).is_none_or(|report| report.ending.is_none());
    let branch = plan
        .block(cursor.node)
        .unwrap()
        .branches
        .iter()
        .find(open)
        .unwrap();
    let known = report(branch).unwrap_or(BranchReport {
        seq: 0,
        iterations: 0,
        usage: Usage::default(),
        ending: None,
    });
    let orders = state.orders();
    let ending = match (
        die,
        orders.stop.or(orders.drain.map(|limit| limit.to_string())),
    ) {
        (Die::Stop, _) => Some(Ending::Completed {
            reason: NodeEnding::AllIterations { iterations: 3 },
        }),
        (_, Some(by)) => Some(Ending::Stopped { by }),
        (Die::Crash | Die::Lost, None) => Some(Ending::Failed {
            error: "as the die says".to_owned(),
            hint: String::new(),
        }),
        _ => None,
    };
    let usage = Usage {
        cost_usd: known.usage.cost_usd + 0.5,
        ..Usage::default()
    };
    let report = BranchReport {
        seq: known.seq + 3,
        iterations: known.iterations + 1,
        usage,
        ending,
    };
    Input::BranchReported {
        step: cursor.node,
        branch: branch.name.clone(),
        report,
    }
}

fn task() -> Task {
    Task {
        id: "t".to_owned(),
        title: String::new(),
        body: String::new(),
        acceptance: Vec::new(),
        priority: None,
        state: TaskState::Held,
        owner: None,
        why: None,
    }
}

/// Whether all iterations of the node are used up and not one of them went well: there is no good end to come.
fn in_vain(state: &State) -> bool {
    state.current.counters.succeeded == 0
        && state.current.counters.iterations == 3 + state.current.counters.extra
        && state.current.cursor.node % 6 == 5
}

/// A runner whose journal is text, and who may die after any line of it.
#[derive(Default)]
struct Runner {
    state: State,
    journal: Vec<String>,
    /// What the journal must show, kept apart from the engine's own books.
    streak: u32,
    owes_wait: bool,
    waiting: Option<Timestamp>,
    agents: u32,
    completed: u32,
    errors: u32,
    asked_to_stop: bool,
    /// A person may end a wait early.
    hurried: bool,
    rate_limits: RateLimits,
    /// What the queue said since somebody took the session up, or waited, or ran an agent.
    queue_status: Option<QueueStatus>,
    /// Which attempt the engine has taken a task for.
    claimed: Option<Cursor>,
    /// Whether an agent may have left a task behind.
    holding: bool,
}

impl Runner {
    fn record(&mut self, plan: &Plan, event: &Event, now: Timestamp) -> Result<(), TestCaseError> {
        match event {
            Event::QueueChecked { .. } => (self.claimed, self.holding) = (None, false),
            Event::TaskClaimed { cursor, .. } => {
                prop_assert!(!self.holding && self.agents == 0, "a second task was taken");
                (self.claimed, self.holding) = (Some(*cursor), true);
            }
            Event::GateAnswered { .. } => prop_assert!(
                self.agents == 0 && !self.holding,
                "asked while somebody works"
            ),
            Event::IterationStarted { cursor, .. } => {
                let node = plan.node(cursor.node).unwrap();
                let asked = node.termination.gates().is_empty()
                    || cursor.iteration == 1
                    || 1 < cursor.attempt
                    || !self.state.current.gates.is_empty();
                prop_assert!(asked, "went on without having asked");
                prop_assert!(
                    !node.claims() || self.claimed == Some(*cursor),
                    "an agent without a task"
                );
                self.holding = node.queue.is_some();
            }
            Event::NodeFinished { .. } | Event::SessionFinished { .. } => {
                prop_assert!(!self.holding, "ended with a task in its hands");
            }
            _ => (),
        }
        self.rate_limits.record(plan, &self.state, event, now)?;
        match event {
            Event::AgentExited(FinishedAttempt {
                outcome: Outcome::Crashed { .. } | Outcome::Lost { .. } | Outcome::TimedOut { .. },
                ..
            }) => {
                self.streak += 1;
                self.owes_wait = true;
                self.agents -= 1;
            }
            Event::AgentExited(FinishedAttempt {
                outcome, cursor, ..
            }) => {
                self.agents -= 1;
                // Whoever is out of quota may not start again before: the rate_limits' own book sees to that.
                self.owes_wait = false;
                if matches!(
                    outcome,
                    Outcome::Reported { .. } | Outcome::Unreported { .. }
                ) {
                    let well = matches!(outcome, Outcome::Reported { status } if status.decision != Decision::Error);
                    self.errors = if well { 0 } else { self.errors + 1 };
                    self.streak = 0;
                    self.completed += 1;
                    prop_assert!(
                        self.state.current.counters.iterations < cursor.iteration,
                        "an iteration was counted twice"
                    );
                }
            }
            Event::WaitStarted { until, .. } => self.waiting = Some(*until),
            Event::WaitEnded => {
                prop_assert!(
                    self.hurried || self.waiting.is_some_and(|until| until <= now),
                    "woke too soon"
                );
                (self.waiting, self.owes_wait) = (None, false);
            }
            Event::QueueChecked { status, .. } => self.queue_status = Some(status.clone()),
            Event::RunnerStarted { .. } => {
                self.queue_status = None;
                if self.agents == 0 {
                    // The next look gives back what was taken.
                    self.holding = false;
                }
            }
            Event::StopRequested { .. } => self.asked_to_stop = true,
            Event::SessionResumed { .. } if matches!(self.state.phase, Phase::Ended { .. }) => {
                (self.streak, self.owes_wait, self.waiting, self.errors) = (0, false, None, 0);
            }
            Event::SessionResumed { .. } => self.asked_to_stop = false,
            Event::SessionFinished {
                ending: Ending::Failed { error, .. },
            } => {
                let retries = self.streak == plan.node(0).unwrap().agent.max_attempts;
                prop_assert!(
                    retries
                        || error.contains("parallel block")
                        || error.contains("gave no answer")
                        || error.contains("in a row")
                        || in_vain(&self.state),
                    "gave up early: {error} after {}",
                    self.streak
                );
            }
            Event::SessionFinished { .. } => (self.waiting, self.asked_to_stop) = (None, false),
            // The queue may be empty although its last agent failed: nothing is left to wait for or to try again.
            Event::NodeFinished { .. } => {
                (self.streak, self.owes_wait, self.errors, self.queue_status) = (0, false, 0, None);
            }
            Event::IterationStarted { cursor, .. } => {
                prop_assert_eq!(self.agents, 0, "two agents at once");
                self.agents += 1;
                prop_assert!(
                    self.streak < plan.node(0).unwrap().agent.max_attempts,
                    "retry budget overrun"
                );
                prop_assert!(!self.owes_wait, "started again without waiting");
                prop_assert!(self.waiting.is_none(), "started while it had to wait");
                prop_assert!(
                    self.state.current.cursor < *cursor,
                    "an attempt was used twice"
                );
                prop_assert!(
                    !self.state.session.pausing && !self.asked_to_stop,
                    "started though held"
                );
                prop_assert!(
                    self.errors < plan.guardrails.max_consecutive_errors,
                    "money burned on errors"
                );
                if plan.node(cursor.node).unwrap().queue.is_some() {
                    let ready = matches!(self.queue_status, Some(QueueStatus::Work { .. }))
                        || 1 < cursor.attempt && self.queue_status.is_some();
                    prop_assert!(
                        ready,
                        "started though the queue said {:?}",
                        self.queue_status
                    );
                }
                self.queue_status = None;
                prop_assert_eq!(
                    self.state.current.counters.iterations + 1,
                    cursor.iteration,
                    "an iteration was skipped or repeated"
                );
            }
            Event::BlockStarted { cursor } => {
                prop_assert!(
                    !self.state.session.pausing && !self.asked_to_stop,
                    "started though held"
                );
                prop_assert!(
                    self.state.current.cursor < *cursor && self.state.phase == Phase::Ready,
                    "a block was started twice"
                );
            }
            Event::BranchReported { branch, report, .. } => {
                let known = self.state.current.branches.get(branch);
                prop_assert!(
                    known.is_none_or(|known| known.ending.is_none() && known.seq < report.seq),
                    "a branch was heard twice"
                );
                self.completed += report.iterations - known.map_or(0, |known| known.iterations);
            }
            Event::BlockDraining { .. } => {
                prop_assert!(self.state.current.drain.is_none(), "drained twice");
            }
            Event::TaskClaimed { .. }
            | Event::PlanReplaced { .. }
            | Event::SessionForked { .. }
            | Event::GateAnswered { .. }
            | Event::SessionStarted { .. }
            | Event::AgentStarted { .. }
            | Event::PauseRequested
            | Event::ContinueRequested => (),
        }
        let line = Line {
            v: Line::VERSION,
            seq: self.journal.len() as u64 + 1,
            at: now,
            event: event.clone(),
        };
        self.journal.push(serde_json::to_string(&line).unwrap());
        self.state.apply(event, now);
        prop_assert_eq!(
            self.completed,
            self.state.session.iterations,
            "a finished iteration got lost"
        );
        Ok(())
    }

    /// Dies and comes back: all it has is the text of the journal.
    fn restart(&mut self, plan: &Plan, now: Timestamp) -> Result<(), TestCaseError> {
        let mut state = State::default();
        for text in &self.journal {
            let line: Line = serde_json::from_str(text).unwrap();
            state.apply(&line.event, line.at);
        }
        prop_assert_eq!(&state, &self.state, "the refolded state differs");
        self.state = state;
        let runner = ProcessId {
            pid: 1,
            start_ticks: 1,
            boot_id: "b".to_owned(),
            host: "h".to_owned(),
        };
        self.record(
            plan,
            &Event::RunnerStarted {
                runner,
                version: "1".to_owned(),
            },
            now,
        )
    }

    fn turn(
        &mut self,
        plan: &Plan,
        input: &Input,
        now: &mut Timestamp,
        mut dies_after: usize,
    ) -> Result<(), TestCaseError> {
        self.hurried = matches!(input, Input::Request(Request::Continue));
        let mut next =
            accept(plan, &self.state, input, *now).or_else(|| follow(plan, &self.state, *now));
        while let Some(event) = next {
            self.record(plan, &event, *now)?;
            if dies_after == 0 {
                *now += SignedDuration::from_secs(30);
                self.restart(plan, *now)?;
            }
            dies_after = dies_after.wrapping_sub(1);
            // Whether it just died or not, the next fact is the one that follows from the state.
            next = follow(plan, &self.state, *now);
        }
        let pending = self.state.pending(plan);
        let runs = matches!(pending, Some(Effect::RunAgent(_)));
        prop_assert!(
            !(runs && self.state.session.stopping.is_some()),
            "an agent runs on after stop"
        );
        let quiet =
            matches!(self.state.phase, Phase::New | Phase::Ended { .. }) || self.state.is_paused();
        prop_assert!(pending.is_some() || quiet, "stuck: {:?}", self.state);
        Ok(())
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(10_000) })]
    #[test]
    fn a_session_survives_a_crash_after_any_event(rolls in prop::collection::vec((die(), 0usize..4), 0..60)) {
        // A second run takes its time, and is much like the first.
        let plan = Plan { runs: if rolls.len().is_multiple_of(8) { 2 } else { 1 }, ..plan() };
        let mut now: Timestamp = "2026-01-01T00:00:00Z".parse().unwrap();
        let mut runner = Runner::default();
        runner.record(&plan, &Event::SessionStarted { session: plan.session.clone(), run: plan.run.clone(), plan: String::new() }, now)?;
        for (die, dies_after) in &rolls {
            let input = answer(&plan, &runner.state, *die, &mut now);
            if *die == Die::Stale {
                prop_assert!(accept(&plan, &runner.state, &input, now).is_none(), "a stale report changed something");
            }
            runner.turn(&plan, &input, &mut now, *dies_after)?;
        }
        // Left alone with a healthy agent and somebody who resumes what stopped, every session ends well.
        for _ in 0..320 {
            let die = match &runner.state.phase {
                Phase::Ended { ending: Ending::Completed { .. } } => break,
                Phase::Ended { .. } => Die::Again,
                _ if runner.state.is_paused() => Die::Go,
                _ => Die::Stop,
            };
            let input = answer(&plan, &runner.state, die, &mut now);
            runner.turn(&plan, &input, &mut now, usize::MAX)?;
            if matches!(&runner.state.phase, Phase::Ended { ending: Ending::LimitReached { .. } }) || in_vain(&runner.state) { break; }
        }
        let well = matches!(&runner.state.phase, Phase::Ended { ending: Ending::Completed { .. } | Ending::LimitReached { .. } });
        prop_assert!(well || in_vain(&runner.state), "never ended: {:?}", runner.state);
    }
}
