//! The text of `ap status`: one line per fact, under a common column.
use super::current;
use crate::cli::context::Context;
use crate::cli::launch::attach_line;
use crate::clock;
use crate::engine::{FinishedNode, StateView};
use crate::model::SessionStatus;
use crate::plan::{Branch, Step};
use crate::store::session::Snapshot;
use crate::text;
use crate::ui::{duration, report};
use jiff::Timestamp;
use std::fmt::Write as _;

/// Returns the text. `next` is what you can do about a session that did not reach its goal.
pub(super) fn text(
    snapshot: &Snapshot,
    status: SessionStatus,
    next: Option<&str>,
    context: &Context,
) -> String {
    let mut lines = Lines {
        text: String::new(),
        snapshot,
        view: StateView::new(&snapshot.plan, &snapshot.state),
        now: clock::now(),
    };
    if let Some(next) = next {
        let _ = writeln!(lines.text, "{}\n{next}\n", report::failure(snapshot));
    }
    lines.session(status);
    lines.position();
    lines.activity(status);
    lines.last(next.is_some());
    lines.totals();
    if status.is_active() {
        lines.runner(context);
    }
    lines.add(
        "Files",
        context.project.session(&snapshot.plan.session).root(),
    );
    lines.text
}

struct Lines<'a> {
    text: String,
    snapshot: &'a Snapshot,
    view: StateView<'a>,
    now: Timestamp,
}

impl Lines<'_> {
    fn add(&mut self, name: &str, value: impl std::fmt::Display) {
        let _ = writeln!(self.text, "{name:<10} {value}");
    }

    fn session(&mut self, status: SessionStatus) {
        self.add(
            "Session",
            format!("{}  ({})", self.view.session, self.view.pipeline),
        );
        self.add("Status", status.label());
        if let Some(from) = &self.snapshot.state.session.forked_from {
            let origin = format!(
                "from session {} after iteration {} of {}",
                from.session, from.iteration, from.node
            );
            self.add("Forked", origin);
        }
    }

    /// Run, stage, and iteration or branches.
    fn position(&mut self) {
        let snapshot = self.snapshot;
        if 1 < snapshot.plan.runs {
            self.add(
                "Run",
                format!("{} of {}", self.view.run_number, self.view.runs),
            );
        }
        if 1 < snapshot.plan.steps.len() {
            self.add("Stage", self.stage());
        }
        for failed in failed_branches(snapshot) {
            self.add("Without", failed);
        }
        if let Some(block) = snapshot.state.step(&snapshot.plan).and_then(Step::block) {
            for branch in &block.branches {
                self.add("Branch", branch_line(branch, snapshot));
            }
            return;
        }
        let (view, completed) = (&self.view, self.view.iteration_completed);
        let iteration = format!(
            "{} of at most {}, {completed} completed",
            view.iteration, view.max_iterations
        );
        self.add("Iteration", iteration);
    }

    fn stage(&self) -> String {
        let Snapshot { plan, state } = self.snapshot;
        let all = plan.steps.len();
        match (state.step(plan), state.session.finished.last()) {
            (Some(step), _) => format!("{}  ({} of {all})", step.id(), self.view.current_stage + 1),
            (None, Some(last)) => format!("all {all} are done, `{}` last", last.id),
            (None, None) => "none".to_owned(),
        }
    }

    /// The task, what happens now, and which agents are rate limited.
    fn activity(&mut self, status: SessionStatus) {
        if let Some(task) = &self.snapshot.state.current.task {
            self.add("Task", text::clean(&format!("{}: {}", task.id, task.title)));
        }
        self.add("Doing", current::activity(self.snapshot, status, self.now));
        for (agent, limit) in &self.snapshot.state.session.rate_limits {
            let until = limit.until;
            if !agent.is_empty() && self.now < until {
                let left = duration::short(until.duration_since(self.now));
                let agent = text::clean(agent);
                self.add("Limited", format!("{agent} until {until} ({left} left)"));
            }
        }
    }

    fn last(&mut self, error_is_shown: bool) {
        let state = &self.snapshot.state;
        if let Some(last) = state.session.history.back() {
            let summary = text::first_line(last.status.said());
            self.add("Last", format!("iteration {}: {summary}", last.iteration));
        }
        if let Some(error) = &state.session.last_error
            && !error_is_shown
        {
            self.add("Error", text::plain(error));
        }
    }

    fn totals(&mut self) {
        let usage = &self.view.usage;
        self.add(
            "Spent",
            format!(
                "${:.2}, {}",
                usage.cost_usd,
                text::count(usage.turns, "turn")
            ),
        );
        let since = self.view.started_at.map_or_else(String::new, |at| {
            format!(
                "{at} ({} ago)",
                duration::short(self.now.duration_since(at))
            )
        });
        self.add("Since", since);
    }

    fn runner(&mut self, context: &Context) {
        if let Some(runner) = &self.snapshot.state.session.runner {
            self.add("Runner", format!("pid {}", runner.pid));
            self.add("Watch", attach_line(&self.snapshot.plan.session, context));
        }
    }
}

/// Returns the branches that failed in blocks of this run that continued without them, and why.
fn failed_branches(snapshot: &Snapshot) -> Vec<String> {
    let Snapshot { plan, state } = snapshot;
    let first = plan
        .split(state.current.cursor.node.min(plan.last_index()))
        .0 as usize
        * plan.steps.len();
    state
        .session
        .finished
        .iter()
        .skip(first)
        .flat_map(failed_branches_of)
        .collect()
}

fn failed_branches_of(block: &FinishedNode) -> Vec<String> {
    let failed = block
        .branches
        .iter()
        .filter_map(|(name, report)| Some((name, report.ending.as_ref()?.shortfall()?)));
    failed
        .map(|(name, why)| format!("{}/{name}: it {}", block.id, text::first_line(&why)))
        .collect()
}

/// Returns how far a branch is, as far as its session knows.
fn branch_line(branch: &Branch, snapshot: &Snapshot) -> String {
    let Some(report) = snapshot.state.current.branches.get(&branch.name) else {
        return format!("{}: about to start", branch.name);
    };
    let how = report
        .ending
        .as_ref()
        .map_or_else(|| "at work".to_owned(), report::ending);
    format!(
        "{}: {how}; {} done, ${:.2}",
        branch.name,
        text::count(report.iterations, "iteration"),
        report.usage.cost_usd
    )
}
