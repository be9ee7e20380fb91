//! Answers that come late, early, twice, or for another attempt, iteration, node, run or branch; and, kept apart from the
//! engine's own conditions, which answers are awaited.
use super::gate::read;
use super::world::{
    account_changed, agent_exited, branch_report_of, budget_reached, is_hold, queue_checked_at,
    task,
};
use crate::engine::{Phase, State};
use crate::model::*;
use crate::plan::Plan;
use jiff::Timestamp;
use proptest::prelude::*;

/// What is answered, and about what.
#[derive(Clone, Copy, Debug)]
pub(super) struct Noise {
    kind: Kind,
    shift: Shift,
}

#[derive(Clone, Copy, Debug)]
enum Kind {
    Started,
    Exited,
    Gate,
    Queue,
    Claim,
    Branch,
    Probe,
    Woke,
    Spent,
    Key,
    Quota,
    Hook,
}

/// How the cursor of an answer differs from the current one.
#[derive(Clone, Copy, Debug)]
enum Shift {
    /// The current attempt: early or twice, unless it is awaited.
    None,
    /// The next attempt, as a claim has it.
    Next,
    EarlierAttempt,
    LaterAttempt,
    EarlierIteration,
    LaterIteration,
    EarlierNode,
    LaterNode,
    /// The same step of the next run.
    LaterRun,
    /// Another gate, branch or shim of the current attempt.
    Other,
}

pub(super) fn noise() -> impl Strategy<Value = Noise> {
    let kind = prop_oneof![
        Just(Kind::Started),
        Just(Kind::Exited),
        Just(Kind::Gate),
        Just(Kind::Queue),
        Just(Kind::Claim),
        Just(Kind::Branch),
        Just(Kind::Probe),
        Just(Kind::Woke),
        Just(Kind::Spent),
        Just(Kind::Key),
        Just(Kind::Quota),
        Just(Kind::Hook),
    ];
    let shift = prop_oneof![
        2 => Just(Shift::None),
        2 => Just(Shift::Next),
        1 => Just(Shift::EarlierAttempt),
        1 => Just(Shift::LaterAttempt),
        1 => Just(Shift::EarlierIteration),
        1 => Just(Shift::LaterIteration),
        1 => Just(Shift::EarlierNode),
        1 => Just(Shift::LaterNode),
        1 => Just(Shift::LaterRun),
        2 => Just(Shift::Other),
    ];
    (kind, shift).prop_map(|(kind, shift)| Noise { kind, shift })
}

impl Noise {
    /// Returns the answer in this state.
    pub(super) fn input(self, plan: &Plan, state: &State) -> Input {
        let cursor = self.cursor(plan, state);
        let other = matches!(self.shift, Shift::Other);
        match self.kind {
            Kind::Started => Input::AgentStarted {
                cursor,
                shim: shim(if other { 2 } else { 1 }),
                containment: None,
            },
            Kind::Exited => agent_exited(cursor),
            Kind::Gate => Input::GateAnswered {
                cursor,
                gate: u32::from(other),
                verdict: GateVerdict::Stop {
                    reason: String::new(),
                },
                answer: None,
                phases: Vec::new(),
                usage: Usage::default(),
            },
            Kind::Queue => queue_checked_at(cursor),
            Kind::Claim => Input::TaskClaimed {
                cursor,
                task: task(),
            },
            Kind::Branch => self.branch_report(state, cursor.node),
            Kind::Probe => Input::ProbeSucceeded { cursor },
            Kind::Woke => Input::Woke,
            Kind::Spent => budget_reached(cursor),
            Kind::Key => account_changed(cursor),
            Kind::Hook => Input::HookEnded {
                run: self.hook_run(state, cursor),
                exit: HookExit::cancelled("as rolled"),
            },
            // No agent has this label, so nothing holds it.
            Kind::Quota => read("none".to_owned(), QuotaDecision::Go),
        }
    }

    /// Returns the run of the hook that runs, or of none.
    fn hook_run(self, state: &State, cursor: Cursor) -> HookRun {
        let none = HookRun {
            hook: 99,
            moment: HookMoment {
                event: HookEvent::IterationEnd,
                node: cursor.node,
                number: cursor.iteration,
            },
            tries: 1,
        };
        let (run, _) = state.session.hooks.running.unwrap_or((none, false));
        let later = u32::from(!matches!(self.shift, Shift::None | Shift::Next));
        HookRun {
            tries: run.tries + later,
            ..run
        }
    }

    fn cursor(self, plan: &Plan, state: &State) -> Cursor {
        let current = state.current.cursor;
        let Cursor {
            node,
            iteration,
            attempt,
        } = current;
        let steps = u32::try_from(plan.steps.len()).unwrap();
        let shifted = match self.shift {
            Shift::None | Shift::Other => (node, iteration, attempt),
            Shift::Next => return state.current.next_attempt(),
            Shift::EarlierAttempt => (node, iteration, attempt.wrapping_sub(1)),
            Shift::LaterAttempt => (node, iteration, attempt + 1),
            Shift::EarlierIteration => (node, iteration.wrapping_sub(1), attempt),
            Shift::LaterIteration => (node, iteration + 1, attempt),
            Shift::EarlierNode => (node.wrapping_sub(1), iteration, attempt),
            Shift::LaterNode => (node + 1, iteration, attempt),
            Shift::LaterRun => (node + steps, iteration, attempt),
        };
        let (node, iteration, attempt) = shifted;
        Cursor {
            node,
            iteration,
            attempt,
        }
    }

    /// A report of a branch: of a later line, of the known one, or of a branch that is not in the block.
    fn branch_report(self, state: &State, step: u32) -> Input {
        let name = match self.shift {
            Shift::Other => "none",
            Shift::LaterAttempt => "b",
            _ => "a",
        };
        let name: NodeId = name.parse().unwrap();
        let known = state.current.branches.get(&name);
        let seq = known.map_or(0, |known| known.seq);
        let later = u64::from(!matches!(self.shift, Shift::Next));
        branch_report_of(step, name, seq + later)
    }
}

fn shim(pid: i32) -> ProcessId {
    ProcessId {
        pid,
        start_ticks: 1,
        boot_id: "b".to_owned(),
        host: "h".to_owned(),
        namespace: None,
    }
}

/// Whether an answer is what is in flight, seen from what is pending alone.
pub(super) fn is_awaited(plan: &Plan, state: &State, input: &Input, now: Timestamp) -> bool {
    let pending = state.pending(plan);
    let runs = match pending {
        Some(Effect::RunAgent(cursor) | Effect::StopAgent(cursor)) => Some(cursor),
        _ => None,
    };
    match input {
        Input::AgentStarted { cursor, shim, .. } => {
            runs == Some(*cursor) && state.phase.shim() != Some(shim)
        }
        Input::AgentExited(attempt) => runs == Some(attempt.cursor),
        Input::BudgetHeld { .. } => false,
        Input::AccountChanged { cursor, .. } => {
            let spending = &state.session.spending;
            let is_accepted = spending.accepted == Some(AccountKind::ApiKey);
            runs == Some(*cursor) && spending.billing.is_none() && !is_accepted
        }
        Input::BudgetReached { cursor, .. } => runs == Some(*cursor) && !state.must_stop_agent(),
        Input::GateAnswered { cursor, gate, .. } => {
            pending == Some(Effect::AskGate(*cursor, *gate))
        }
        Input::QueueChecked { cursor, .. } => match pending {
            Some(Effect::CheckQueue(asked)) => asked == *cursor,
            // Others may have been quicker than the claim.
            Some(Effect::ClaimTask(_)) => *cursor == state.current.cursor,
            _ => false,
        },
        Input::TaskClaimed { cursor, .. } => pending == Some(Effect::ClaimTask(*cursor)),
        Input::BranchReported {
            step,
            branch,
            report,
        } => {
            let block = plan.block(*step);
            let is_named =
                block.is_some_and(|block| block.branches.iter().any(|it| it.name == *branch));
            let known = state.current.branches.get(branch);
            let is_new = match known {
                None => true,
                Some(known) => known.ending.is_none() && known.seq < report.seq,
            };
            let runs = matches!(pending, Some(Effect::RunBlock(cursor)) if cursor.node == *step);
            runs && is_named && is_new
        }
        Input::ProbeSucceeded { cursor } => {
            let asked =
                matches!(pending, Some(Effect::Probe { cursor: asked, .. }) if asked == *cursor);
            asked && !is_hold(state)
        }
        Input::Woke => {
            let held = state.permission_question();
            let is_late = held.is_some_and(|it| it.until.is_some_and(|until| until.at <= now));
            is_late || matches!(&state.phase, Phase::Waiting { until, .. } if *until <= now)
        }
        Input::HookEnded { run, .. } => matches!(
            pending,
            Some(Effect::RunHook(awaited) | Effect::StopHook(awaited)) if awaited == *run
        ),
        Input::AccountAccepted => state.session.spending.billing.is_some(),
        Input::QuotaRead { .. }
        | Input::PermissionAsked { .. }
        | Input::RequestWithdrawn { .. }
        | Input::AgentTold { .. }
        | Input::MayPark { .. }
        | Input::Request(_) => false,
    }
}
