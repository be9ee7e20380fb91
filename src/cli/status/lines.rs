//! The text of `ap status`: one line per fact, under a common column.
use super::current;
use super::working::Working;
use crate::cli::context::Context;
use crate::cli::launch::window;
use crate::clock;
use crate::engine::{
    BoundUnit, BoundUse, Budget, FinishedNode, Remaining, StateView, bounds, continues_until,
    remaining,
};
use crate::model::{Ending, SessionStatus};
use crate::plan::{Branch, Step};
use crate::store::session::Snapshot;
use crate::text;
use crate::ui::style::{self, Look};
use crate::ui::wrap::wrap;
use crate::ui::{self, duration, report, time};
use jiff::{SignedDuration, Timestamp};
use std::fmt::Write as _;

/// Returns the text. Of a session that did not reach its goal, what it did last and why it ended come first.
pub(super) fn text(
    snapshot: &Snapshot,
    status: SessionStatus,
    working: &Working,
    context: &Context,
) -> String {
    let mut lines = Lines {
        text: String::new(),
        snapshot,
        view: StateView::new(&snapshot.plan, &snapshot.state),
        now: clock::now(),
    };
    let failed = status.is_resumable();
    if failed {
        lines.failure(status);
    }
    lines.session(status);
    lines.position(failed);
    lines.activity(status, working);
    // The error of an earlier attempt says nothing about a session that is done.
    lines.last(failed || status == SessionStatus::Complete);
    for text in report::unread(&snapshot.state) {
        lines.add("Unread", text);
    }
    lines.outlook(status);
    lines.totals(working);
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
        let room = ui::width().map_or(usize::MAX, |width| width.saturating_sub(INDENT).max(INDENT));
        let names = std::iter::once(name).chain(std::iter::repeat(""));
        for (line, name) in wrap(&value.to_string(), room).iter().zip(names) {
            let name = format!("{name:<10}");
            let line = line.replace(NO_BREAK, " ");
            let _ = writeln!(self.text, "{} {}", style::faint(&name), line.trim_end());
        }
    }

    /// Adds the first lines about a session that did not reach its goal, in the colour of the status.
    fn failure(&mut self, status: SessionStatus) {
        let failure = ui::wrapped(&report::failure(self.snapshot), ui::width());
        let (first, rest) = failure.split_once('\n').unwrap_or((&failure, ""));
        let first = Look::of_status(status).apply(first);
        let _ = writeln!(self.text, "{first}\n{rest}\n");
    }

    fn session(&mut self, status: SessionStatus) {
        self.add(
            "Session",
            format!("{}  ({})", self.view.session, self.view.pipeline),
        );
        let reason = match self.snapshot.state.phase.ending() {
            Some(Ending::Completed { reason }) => format!(": {reason}"),
            Some(_) | None => String::new(),
        };
        let label = Look::of_status(status).apply(status.label());
        self.add("Status", format!("{label}{reason}"));
        if let Some(touched) = &self.snapshot.state.session.touched {
            self.add("Touched", text::plain(&touched.to_string()));
        }
        if let Some(from) = &self.snapshot.state.session.forked_from {
            let origin = format!(
                "from session {} after iteration {} of {}",
                from.session, from.iteration, from.node
            );
            self.add("Forked", origin);
        }
    }

    /// Run, stage, and iteration or branches; the iteration unless it was printed already.
    fn position(&mut self, iteration_is_shown: bool) {
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
        } else if !iteration_is_shown {
            let (current, most) = (self.view.iteration, self.view.max_iterations);
            self.add("Iteration", format!("{current} of at most {most}"));
        }
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
    fn activity(&mut self, status: SessionStatus, working: &Working) {
        if let Some(task) = &working.task {
            self.add("Task", text::clean(&format!("{}: {}", task.id, task.title)));
        }
        if status.is_active() {
            self.add("Doing", current::activity(self.snapshot, status, self.now));
        }
        if let Some(action) = &working.latest.action {
            self.add("Action", text::clean(action));
        }
        if let Some(at) = working.latest.sign_at {
            self.add("Last sign", time::ago(at, self.now));
        }
        for (agent, rest) in &self.snapshot.state.session.resting {
            let until = rest.until(&self.snapshot.plan);
            if !agent.is_empty() && self.now < until {
                let left = duration::short(until.duration_since(self.now));
                let (agent, until) = (text::clean(agent), time::local(until, self.now));
                let class = rest.class;
                self.add(
                    "Limited",
                    format!("{agent} until {until} ({left} left): {class}"),
                );
            }
        }
    }

    fn last(&mut self, without_error: bool) {
        let state = &self.snapshot.state;
        if let Some(last) = state.session.history.back() {
            let summary = text::first_line(last.status.said());
            self.add("Last", format!("iteration {}: {summary}", last.iteration));
        }
        if let Some(error) = &state.session.last_error
            && !without_error
        {
            let class = state
                .session
                .last_class
                .map_or_else(String::new, |class| format!(" ({class})"));
            let error = text::plain(error);
            self.add("Error", style::bad(&format!("{error}{class}")));
        }
    }

    /// What changed last for good, why it continues, and what would stop it.
    fn outlook(&mut self, status: SessionStatus) {
        let Snapshot { plan, state } = self.snapshot;
        if let Some(change) = &state.session.last_change {
            let ago = time::ago(change.at, self.now);
            let (what, iteration) = (text::clean(&change.what), change.iteration);
            self.add("Changed", format!("{what} {ago}, in iteration {iteration}"));
        }
        if !status.is_active() {
            return;
        }
        if let Some(reason) = continues_until(plan, state) {
            self.add("Continues", text::clean(&reason));
        }
        if let Some(node) = state.node(plan) {
            let budget = Budget::of_session(plan, state);
            self.tight(&remaining(&budget, state, node, self.now));
        }
        // On a terminal its width decides.
        let per_line = ui::width().map_or(BOUNDS_PER_LINE, |_| usize::MAX);
        let bounds: Vec<String> = bounds(plan, state, self.now)
            .iter()
            .map(bound_text)
            .collect();
        for (index, bounds) in bounds.chunks(per_line).enumerate() {
            let name = if index == 0 { "Stops at" } else { "" };
            self.add(name, bounds.join("  ").as_str());
        }
    }

    /// That what is left of the budget may not be enough for an attempt.
    fn tight(&mut self, remaining: &Remaining) {
        let (left, usual) = (remaining.cost_usd, remaining.usual_cost_usd);
        if let (true, Some(left), Some(usual)) = (remaining.is_tight(), left, usual) {
            let text = format!(
                "${left:.2} is left and an attempt usually costs ${usual:.2}: it may not finish"
            );
            self.add("Budget", style::odd(&text));
        }
    }

    /// What it has cost, with what the current agent has reported so far, and when it started.
    fn totals(&mut self, working: &Working) {
        let (usage, now) = (&self.view.usage, working.latest.usage.unwrap_or_default());
        let (cost, turns) = (usage.cost_usd + now.cost_usd, usage.turns + now.turns);
        let spent = format!("${cost:.2}, {}", text::count(turns, "turn"));
        let spending = &self.snapshot.state.session.spending;
        let account = spending
            .account
            .map_or_else(String::new, |account| format!(" ({})", account.meaning()));
        self.add("Spent", format!("{spent}{account}"));
        if let Some(account) = spending.billing {
            let text = format!(
                "asks: it began on a subscription and would be billed ({}); `ap approve {}` accepts that",
                account.meaning(),
                self.view.session
            );
            self.add("Account", style::odd(&text));
        }
        if let Some(doubt) = &spending.doubt {
            let doubt = text::plain(&doubt.to_string());
            self.add("Cost", style::odd(&format!("doubtful, {doubt}")));
        }
        if let Some(at) = self.view.started_at {
            let (local, ago) = (time::local(at, self.now), time::ago(at, self.now));
            self.add("Started", format!("{local} ({ago})"));
        }
    }

    fn runner(&mut self, context: &Context) {
        if let Some(runner) = &self.snapshot.state.session.runner {
            self.add("Runner", format!("pid {}", runner.pid));
            let watch = window(&self.snapshot.plan.session, context).map_or_else(
                || "in the terminal that runs it".to_owned(),
                |name| context.tmux().attach_line(&name),
            );
            self.add("Watch", watch);
        }
    }
}

/// Columns before a value.
const INDENT: usize = 11;
/// A space at which no line is broken, until it is printed.
const NO_BREAK: &str = "\u{a0}";
/// How many bounds are shown in a line of a file or pipe.
const BOUNDS_PER_LINE: usize = 3;

/// Returns a bound with what is used of it: `max_cost_usd $1.20/$500.00`.
fn bound_text(bound: &BoundUse) -> String {
    let amount = |amount: f64| match bound.unit {
        BoundUnit::Count => format!("{amount:.0}"),
        BoundUnit::Usd => format!("${amount:.2}"),
        BoundUnit::Seconds => duration::short(SignedDuration::from_secs(amount as i64)),
    };
    let what = bound
        .what
        .as_ref()
        .map_or_else(String::new, |what| format!(" ({})", text::first_line(what)));
    let (used, max) = (amount(bound.used), amount(bound.max));
    // A queue's `max_wait` is not that of the guardrails.
    let (place, name) = bound.key.rsplit_once('.').unwrap_or(("", &bound.key));
    let key = if place == "queue" { &bound.key } else { name };
    format!("{key}{NO_BREAK}{used}/{max}{}", what.replace(' ', NO_BREAK))
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

/// Returns the progress of a branch, as its session's journal has it.
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
