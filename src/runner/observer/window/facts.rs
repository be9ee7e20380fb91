//! The lines that facts leave in the window.
use super::format::{position, tokens};
use super::window::Window;
use crate::clock;
use crate::engine::State;
use crate::model::{
    Event, HookExit, HookRun, NodeEnding, NodeId, Outcome, PauseAfter, Permit, Question, Usage,
    WaitReason, repaired,
};
use crate::plan::{Plan, PlanKind};
use crate::store::observer::{Fact, Observer, Reaction};
use crate::text::{self, count};
use crate::ui::{self, duration, style, time};
use jiff::{SignedDuration, Timestamp};
use std::io;
use std::time::Instant;

impl Observer for Window {
    fn observe(&mut self, fact: &Fact<'_>) -> io::Result<Reaction> {
        if let Some(line) = line(fact.event) {
            self.screen.line(&format!("  {line}"));
        } else {
            self.show(fact);
        }
        Ok(Reaction::Transient)
    }
}

/// Returns the line of a fact that leaves exactly one, whatever the plan.
fn line(event: &Event) -> Option<String> {
    Some(match event {
        Event::BudgetReached { limit, .. } => format!("{limit}; ending the agent"),
        Event::AccountChanged { account } => format!(
            "the session began on a subscription and would be billed ({}): ending the agent",
            account.meaning()
        ),
        Event::BudgetHeld { reason, .. } => format!("budget: {}", text::plain(reason)),
        Event::CostDoubted(doubt) => {
            format!("doubtful cost of {}", text::plain(&doubt.to_string()))
        }
        Event::GateAnswered { name, verdict, .. } => {
            format!("{name}: {}", text::clean(&verdict.to_string()))
        }
        Event::TaskClaimed { task, .. } => format!(
            "claimed {}: {}",
            text::clean(&task.id),
            text::clean(&task.title)
        ),
        Event::PauseRequested { after } => {
            let when = match after {
                PauseAfter::Iteration => "no agent runs",
                PauseAfter::Node => "this stage is done",
            };
            format!("pause requested; the session pauses when {when}")
        }
        Event::QuestionAnswered { answer, .. } => format!(
            "{} answered by {}: {}",
            answer.id,
            text::clean(&answer.by),
            text::clean(&answer.text)
        ),
        Event::QuestionWithdrawn { id } => {
            format!("{id} is withdrawn: the agent does not wait any more")
        }
        Event::PermissionDecided {
            permission,
            decision,
            ..
        } => {
            let verb = match decision.permit {
                Permit::Once | Permit::Session => "allowed",
                Permit::Denied => "denied",
            };
            format!(
                "{verb} as decided before: {} {}",
                text::clean(&permission.tool),
                text::clean(&permission.call)
            )
        }
        Event::AgentBlocked { reason, .. } => {
            format!("the agent asks for you: {}", text::clean(reason))
        }
        Event::UserSaid(said) => format!("you said: {}", text::clean(&said.text)),
        Event::AgentTold { .. } => "the agent has read what you said".to_owned(),
        Event::ContinueRequested => "continued".to_owned(),
        Event::StopRequested(stop) => format!(
            "stop requested by {}; ending the agent",
            text::clean(&stop.how)
        ),
        Event::BlockDraining { limit } => {
            format!("{limit}; the block ends when its running agents have ended")
        }
        Event::JournalRepaired {
            bytes, restored, ..
        } => repaired(*bytes, *restored),
        Event::RunnerParked { why, .. } => format!("parked: {}", text::clean(why)),
        Event::ProjectImported(imported) => format!("imported, with {} over", count(imported.phases.len(), "phase")),
        Event::GateAccepted { files, .. } => format!("you accepted {} of its checks", count(files.len(), "file")),
        Event::PhaseFinished { phase } => format!("{} is over", phase.name),
        Event::QuotaWarned { window, used, .. } => format!("{used} of the {window} is used"),
        Event::AgentExited(_)
        | Event::QueueChecked { .. }
        | Event::WaitStarted { .. }
        | Event::QuestionAsked { .. }
        | Event::NodeFinished { .. }
        | Event::BlockStarted { .. }
        | Event::FilesTouched { .. }
        | Event::HookEnded { .. }
        | Event::HookStarted(_)
        // The wait that follows shows a hold.
        | Event::QuotaRead { .. }
        | Event::BranchReported { .. }
        | Event::AccountAccepted
        | Event::SessionStarted { .. }
        | Event::PlanReplaced { .. }
        | Event::SessionForked { .. }
        | Event::RunnerStarted { .. }
        | Event::YieldRequested
        | Event::SessionResumed { .. }
        | Event::IterationStarted { .. }
        | Event::AgentStarted { .. }
        | Event::WaitEnded
        | Event::SessionFinished { .. } => return None,
    })
}

impl Window {
    /// Shows a fact that leaves several lines, or lines that depend on the plan and the state.
    fn show(&mut self, fact: &Fact<'_>) {
        let plan = fact.plan;
        match fact.event {
            Event::AgentExited(attempt) => {
                self.show_outcome(fact.state, fact.at, &attempt.outcome, &attempt.usage);
                for note in ui::outcome::notes(&attempt.outcome, attempt.processes.as_deref()) {
                    self.screen.line(&format!("  {note}"));
                }
            }
            Event::QueueChecked {
                released, parked, ..
            } => self.show_given_back(plan, released, parked),
            Event::WaitStarted { reason, until } => self.show_wait(reason, *until),
            Event::QuestionAsked { question } => self.show_question(plan, question),
            Event::NodeFinished { node, id, ending } if plan.kind == PlanKind::Pipeline => {
                self.show_finished_stage(plan, *node, id, ending);
            }
            Event::BlockStarted { cursor } => self.show_block(plan, cursor.node),
            Event::FilesTouched { files, .. } => {
                for file in files {
                    self.screen
                        .line(&format!("  {}", text::clean(&file.to_string())));
                }
            }
            Event::HookEnded { run, exit, .. } => self.show_hook(plan, *run, exit),
            _ => {}
        }
    }

    /// Shows a hook that failed.
    fn show_hook(&mut self, plan: &Plan, run: HookRun, exit: &HookExit) {
        if let Some(hook) = plan.hook(run.hook).filter(|_| !exit.succeeded()) {
            let (name, event) = (text::clean(hook.name()), run.moment.event);
            let exit = text::clean(&exit.to_string());
            self.screen
                .line(&format!("  hook `{name}` at {event} failed: {exit}"));
        }
    }

    fn show_outcome(&mut self, state: &State, at: Timestamp, outcome: &Outcome, usage: &Usage) {
        let took = self
            .started_at
            .map_or(SignedDuration::ZERO, |start| at.duration_since(start));
        let payer = self
            .payer
            .as_ref()
            .filter(|payer| *payer != "login")
            .map_or_else(String::new, |payer| format!(" by {payer}"));
        let spent = format!(
            "{}, {} tokens, ${:.2}{payer}; ${:.2} so far",
            duration::short(took),
            tokens(usage),
            usage.cost_usd,
            state.session.usage.cost_usd
        );
        self.screen.line(&format!(
            "{}  {}",
            ui::outcome::line(outcome),
            style::faint(&spent)
        ));
    }

    fn show_given_back(&mut self, plan: &Plan, released: &[String], parked: &[String]) {
        if !released.is_empty() {
            self.screen.line(&format!(
                "  released unfinished tasks: {}",
                text::clean(&released.join(", "))
            ));
        }
        if !parked.is_empty() {
            self.screen.line(&format!(
                "  parked after too many failed attempts: {}; reopen one with `ap queue release <id> --session {}`",
                text::clean(&parked.join(", ")),
                plan.session
            ));
        }
    }

    pub(super) fn show_question(&mut self, plan: &Plan, question: &Question) {
        self.question_shown = Instant::now();
        let branch = plan.branch.as_ref().map(|branch| &branch.name);
        let session = plan.session.as_str();
        for line in ui::question::lines(question) {
            self.screen.line(&format!("{} {line}", style::odd("?")));
        }
        let how = if self.takes_answers {
            "type the answer here, or run:"
        } else {
            "answer with:"
        };
        self.screen.line(&format!("  {how}"));
        for command in ui::question::commands(session, branch, question) {
            self.screen.line(&format!("    {command}"));
        }
    }

    fn show_wait(&mut self, reason: &WaitReason, until: Timestamp) {
        let until = time::local(until, clock::now());
        let what = match reason {
            // The bottom line alone shows it: it happens between any two iterations.
            WaitReason::Delay => return,
            // The question itself is shown.
            WaitReason::Question { .. } => return,
            // The line above shows why.
            WaitReason::Retry { .. } => format!("trying again at {until}"),
            WaitReason::RateLimit { reason, .. } => {
                format!("rate limited until {until}: {}", text::plain(reason))
            }
            WaitReason::Quota { reason } => text::plain(reason),
            WaitReason::Throttle { reason, .. } => {
                format!(
                    "throttled; trying again at {until}: {}",
                    text::plain(reason)
                )
            }
            WaitReason::Outage { reason, .. } => format!(
                "provider outage; trying again at {until}, or as soon as another session is served: {}",
                text::plain(reason)
            ),
            WaitReason::Environment {
                requirement,
                reason,
                ..
            } => format!(
                "looking every minute for {requirement}: {}",
                text::plain(reason)
            ),
            WaitReason::Budget { reason } => format!("held until {until}: {}", text::plain(reason)),
            WaitReason::BusyQueue { error } => {
                format!(
                    "checking the queue again at {until}: {}",
                    text::clean(error)
                )
            }
            WaitReason::Queue { held, by } => format!(
                "checking the queue again at {until}: {}",
                text::held(*held, by)
            ),
        };
        self.screen.line(&format!("{} {what}", style::odd("…")));
    }

    fn show_finished_stage(&mut self, plan: &Plan, step: u32, id: &NodeId, ending: &NodeEnding) {
        let run = plan
            .run_label(step)
            .map_or_else(String::new, |run| format!("{run}, "));
        self.screen
            .line(&format!("{} {run}stage {id}: {ending}", style::good("✓"),));
    }

    fn show_block(&mut self, plan: &Plan, step: u32) {
        let Some(block) = plan.block(step) else {
            return;
        };
        let branches = block.branches.iter().map(|branch| branch.name.as_str());
        let names = branches.collect::<Vec<_>>().join(", ");
        self.screen.line(&format!(
            "\n{} {}  {}",
            style::active("●"),
            style::heading(&format!("{}{}", position(plan, step), block.id)),
            style::faint(&format!("in parallel: {names}"))
        ));
    }
}
