//! Calls the function that records an event.
use crate::engine::node_state::AgentQuestion;
use crate::engine::state::State;
use crate::model::{Event, GateAnswer, repaired, touched_files};
use jiff::Timestamp;

impl State {
    /// Records a fact. Total: it never fails and never looks outside. The only writer of `State`.
    pub fn apply(&mut self, event: &Event, at: Timestamp) {
        let before = self.session.updated_at.replace(at);
        match event {
            Event::SessionStarted { session, run, plan } => {
                self.session_started(session, run, plan, at);
            }
            Event::RunnerStarted { runner, slice, .. } => {
                self.session.slice = *slice;
                self.runner_started(runner, before, at);
            }
            Event::RunnerParked { .. } => self.session.parked = true,
            Event::YieldRequested => self.session.yielding = true,
            Event::SessionResumed {
                max_iterations,
                change,
            } => {
                self.session_resumed(*max_iterations, change, at);
            }
            Event::PlanReplaced { plan } => self.plan_replaced(plan),
            Event::SessionForked { from } => self.session_forked(from, before, at),
            Event::SessionFinished { ending } => self.session_finished(ending, at),
            Event::IterationStarted {
                cursor,
                fallback,
                agent,
            } => {
                self.iteration_started(*cursor, *fallback, agent, at);
            }
            Event::AgentStarted {
                shim, containment, ..
            } => self.agent_started(shim, *containment),
            Event::AgentExited(attempt) => self.agent_exited(attempt, at),
            Event::BudgetReached { limit, .. } => {
                self.session.spending.reached = Some(limit.clone());
            }
            Event::AccountChanged { account } => {
                self.session.spending.billing = Some(*account);
            }
            Event::AccountAccepted => self.session.spending.accept_billing(),
            Event::BudgetHeld { reason, until } => {
                self.session.spending.hold = Some((reason.clone(), *until));
            }
            Event::CostDoubted(doubt) => self.cost_doubted(doubt),
            Event::BlockStarted { cursor } => self.block_started(*cursor, at),
            Event::BranchReported { branch, report, .. } => {
                self.branch_reported(branch, report, at);
            }
            Event::BlockDraining { limit } => self.block_draining(limit),
            Event::GateAnswered {
                gate,
                name,
                verdict,
                answer,
                phases,
                usage,
            } => {
                let said = GateAnswer {
                    name: name.clone(),
                    verdict: verdict.clone(),
                    answer: answer.clone(),
                };
                self.gate_answered(*gate, &said, (*usage, phases), at);
            }
            Event::GateAccepted { files, .. } => self.gate_accepted(files, at),
            Event::ProjectImported(imported) => self.project_imported(imported),
            Event::PhaseFinished { phase } => self.phase_finished(phase),
            Event::QueueChecked { status, parked, .. } => self.queue_checked(status, parked, at),
            Event::TaskClaimed { task, .. } => self.task_claimed(task),
            Event::JournalRepaired {
                bytes,
                restored,
                by,
            } => self.touched(repaired(*bytes, *restored), *by, at),
            Event::FilesTouched { files, by, asks } => {
                let what = touched_files(files);
                if *asks {
                    self.session.tampering = Some(what.clone());
                }
                self.touched(what, *by, at);
            }
            Event::QuestionAsked { question } => self.question_asked(question, at),
            Event::QuestionWithdrawn { id } => self.question_withdrawn(*id, at),
            Event::AgentBlocked { cursor, reason } => self.remember_question(AgentQuestion {
                cursor: *cursor,
                text: reason.clone(),
                choices: Vec::new(),
            }),
            Event::PermissionDecided {
                permission,
                decision,
                ..
            } => self.permission_decided(permission, decision),
            Event::QuestionAnswered { branch, answer } => {
                self.question_answered(branch.as_ref(), answer, at);
            }
            Event::QuotaRead {
                agent,
                policy,
                decision,
                ..
            } => {
                self.session.quota_policy.clone_from(policy);
                self.quota_read(agent, decision, at);
            }
            // The number is that of an account, not of the session.
            Event::QuotaWarned { .. } => {}
            Event::UserSaid(said) => self.user_said(said),
            Event::AgentTold {
                id, delivered_at, ..
            } => self.agent_told(id, *delivered_at),
            Event::HookStarted(run) => self.hook_started(*run),
            Event::HookEnded { run, exit, .. } => self.hook_ended(*run, exit),
            Event::WaitStarted { reason, until } => self.wait_started(reason, *until, at),
            Event::WaitEnded => self.wait_ended(at),
            Event::PauseRequested { after } => self.pause_requested(*after),
            Event::ContinueRequested => self.continue_requested(),
            Event::StopRequested(stop) => self.stop_requested(stop),
            Event::NodeFinished { node, id, ending } => self.node_finished(*node, id, ending, at),
        }
    }
}
