//! What people see in a session's window: what runs, what it does now, what it costs and what ends it.
use crate::agent::{Activity, Transcript};
use crate::clock;
use crate::engine::{Phase, State};
use crate::model::{Decision, Ending, Event, NodeId, Outcome, Usage, WaitReason};
use crate::plan::{Node, Plan, PlanKind, Step};
use crate::store::layout::{Project, RunDir};
use crate::store::session::Session;
use crate::text;
use crate::ui::activity::Shown;
use crate::ui::{duration, report};
use camino::Utf8PathBuf;
use console::{Style, Term};
use jiff::{SignedDuration, Timestamp};
use std::io::Write as _;
use std::time::Instant;

/// Things an agent says in one breath, beyond which the middle is passed over: nobody could read them.
const MOST_AT_ONCE: usize = 200;

/// Writes to the window; nothing that goes wrong here matters to the session.
pub(super) struct View {
    out: Term,
    project: Project,
    shown: Shown,
    /// Whether there is a bottom line that is written again and again.
    live: bool,
    run: RunDir,
    exchange: Utf8PathBuf,
    /// Put before each line of a branch, of which only the milestones are shown.
    branch: Option<String>,
    last_sign: Instant,
    /// Since when the iteration runs.
    since: Option<Timestamp>,
    /// Which account pays, once known.
    pays: Option<String>,
    doing: String,
}

impl View {
    pub(super) fn new(project: &Project, session: &Session) -> Self {
        let out = Term::stdout();
        Self {
            live: out.is_term(),
            out,
            run: session.dir.clone(),
            exchange: project.exchange(&session.dir),
            branch: None,
            project: project.clone(),
            shown: Shown::default(),
            last_sign: Instant::now(),
            since: None,
            pays: None,
            doing: String::new(),
        }
    }

    /// A view of a branch, in the window of its session.
    pub(super) fn of_branch(project: &Project, session: &Session, name: &NodeId) -> Self {
        Self {
            branch: Some(format!("{} ", dim(&format!("{name} │")))),
            ..Self::new(project, session)
        }
    }

    /// Says what this session is.
    pub(super) fn opened(&mut self, plan: &Plan, state: &State) {
        if self.branch.is_some() {
            return;
        }
        let kind = match plan.kind {
            PlanKind::Loop => "loop",
            PlanKind::Pipeline => "pipeline",
        };
        let project = dim(&format!("in {}", self.project.root()));
        self.line(&format!(
            "{} {kind} {}  session {}  {project}",
            mark("▶", &Style::new().cyan()),
            bold(&plan.name),
            bold(plan.session.as_str())
        ));
        if state.iterations > 0 || state.in_iteration() {
            let before = text::count(state.iterations, "iteration");
            self.line(&format!(
                "  resumed at {}; {before} done before, ${:.2} spent",
                place(plan, state),
                state.usage.cost_usd
            ));
        }
    }

    /// Says that an agent runs.
    pub(super) fn agent(&mut self, plan: &Plan, state: &State, adopted: bool) {
        self.last_sign = Instant::now();
        self.since = state.iteration_started;
        self.pays = None;
        self.doing = "starting".to_owned();
        let Some(node) = state.node(plan) else { return };
        let iteration = self.run.iteration(state.cursor, &node.id);
        self.shown = Shown::new([
            self.project.root(),
            self.run.root(),
            iteration.root(),
            &self.exchange,
        ]);
        let tries = if 1 < state.cursor.attempt {
            format!("  attempt {}", state.cursor.attempt)
        } else {
            String::new()
        };
        let how = if adopted {
            "  (still running, taken over)"
        } else {
            ""
        };
        let stage = if plan.nodes.len() > 1 {
            format!(
                "stage {}/{} {}  ",
                plan.turn(state.cursor.node).1 + 1,
                plan.nodes.len(),
                node.id
            )
        } else {
            String::new()
        };
        let run = plan
            .run_in_words(state.cursor.node)
            .map_or_else(String::new, |run| format!("{run}  "));
        let by = if node.agent.fallback.is_empty() {
            String::new()
        } else {
            format!("  by {}", text::clean(&state.agent))
        };
        let at = format!(
            "{run}{stage}iteration {}/{}{tries}{by}",
            state.cursor.iteration,
            state.max_iterations(node)
        );
        let gap = if self.branch.is_some() { "" } else { "\n" };
        self.line(&format!(
            "{gap}{} {}{how}  {}",
            mark("●", &Style::new().blue()),
            bold(&at),
            dim(&ends_when(node, state))
        ));
    }

    /// Shows what the agent has said and done.
    pub(super) fn said(&mut self, activities: &[Activity], transcript: &Transcript) {
        self.shown.width = self.live.then(|| self.width().saturating_sub(2));
        self.pays = transcript.billing().map(str::to_owned);
        // That somebody is signed in is not known before the first answer.
        let pays = self.pays.clone().filter(|who| who != "login");
        let Some(last) = activities.last() else {
            return;
        };
        self.last_sign = Instant::now();
        self.doing = self.shown.short(&last.line());
        if self.branch.is_some() {
            return;
        }
        let passed = activities.len().saturating_sub(MOST_AT_ONCE);
        let (first, rest) = activities.split_at((MOST_AT_ONCE / 2).min(activities.len()));
        self.activities(first, pays.as_deref());
        if 0 < passed {
            self.line(&dim(&format!(
                "  … {} more, see stdout.log",
                text::count(passed, "line")
            )));
        }
        self.activities(&rest[passed..], pays.as_deref());
    }

    fn activities(&mut self, activities: &[Activity], pays: Option<&str>) {
        for activity in activities {
            for line in self.shown.lines(activity, pays) {
                self.line(&format!("  {line}"));
            }
        }
    }

    /// Keeps the bottom line true while an agent works.
    pub(super) fn working(
        &mut self,
        plan: &Plan,
        state: &State,
        transcript: &Transcript,
        now: Timestamp,
    ) {
        let Some(node) = state.node(plan).filter(|_| self.live) else {
            return;
        };
        let usage = transcript.usage();
        let ran = self
            .since
            .map_or(SignedDuration::ZERO, |since| now.duration_since(since));
        let silent = SignedDuration::try_from(self.last_sign.elapsed()).unwrap_or_default();
        let pays = transcript
            .billing()
            .map_or_else(String::new, |who| format!(", {who}"));
        let pause = if state.pausing {
            " · pausing after this iteration"
        } else {
            ""
        };
        let text = format!(
            "iteration {}/{} · {} · {} tokens · ${:.2} so far{pays} · last sign {} ago{pause} · {}",
            state.cursor.iteration,
            state.max_iterations(node),
            duration::short(ran),
            tokens(&usage),
            state.usage.cost_usd + usage.cost_usd,
            duration::short(silent),
            self.doing,
        );
        self.bottom(&text);
    }

    /// Keeps the bottom line true while nothing runs.
    pub(super) fn idle(&mut self, plan: &Plan, state: &State, now: Timestamp) {
        if !self.live {
            return;
        }
        match &state.phase {
            Phase::Waiting { until, .. } => {
                let left = until.duration_since(now).max(SignedDuration::ZERO);
                self.bottom(&format!(
                    "waiting, {} left; `ap continue {}` goes on now",
                    duration::short(left),
                    plan.session
                ));
            }
            Phase::Parallel => {
                let (branches, ended) = (
                    &state.branches,
                    state
                        .branches
                        .values()
                        .filter(|report| report.ending.is_some())
                        .count(),
                );
                let all = plan
                    .block(state.cursor.node)
                    .map_or(branches.len(), |block| block.branches.len());
                let pause = if state.pausing {
                    " · pausing after these iterations"
                } else {
                    ""
                };
                let (left, spent) = (
                    text::count(all.saturating_sub(ended), "branch"),
                    state.usage.cost_usd,
                );
                self.bottom(&format!(
                    "{left} of {all} at work · ${spent:.2} so far{pause}"
                ));
            }
            _ if state.is_paused() => {
                self.bottom(&format!("paused; `ap continue {}` goes on", plan.session))
            }
            _ => (),
        }
    }

    /// Says what happened.
    pub(super) fn recorded(&mut self, plan: &Plan, state: &State, event: &Event) {
        match event {
            Event::AgentExited { outcome, usage, .. } => self.outcome(state, outcome, usage),
            Event::QueueChecked {
                released, parked, ..
            } => {
                if !released.is_empty() {
                    self.line(&format!(
                        "  took back what was left unfinished: {}",
                        text::clean(&released.join(", "))
                    ));
                }
                if !parked.is_empty() {
                    let free = format!(
                        "`ap queue release <id> --session {}` opens one again",
                        plan.session
                    );
                    self.line(&format!(
                        "  parked after too many failed attempts: {}; {free}",
                        text::clean(&parked.join(", "))
                    ));
                }
            }
            Event::GateAnswered { name, verdict, .. } => {
                self.line(&format!("  {name}: {}", text::clean(&verdict.to_string())))
            }
            Event::TaskClaimed { task, .. } => self.line(&format!(
                "  took {}: {}",
                text::clean(&task.id),
                text::clean(&task.title)
            )),
            Event::WaitStarted { reason, until } => self.wait(reason, *until),
            Event::PauseRequested => self.line("  pause asked for; it holds when no agent runs"),
            Event::ContinueRequested => self.line("  going on"),
            Event::StopRequested { by } => {
                self.line(&format!("  stop asked for by {by}; ending the agent"))
            }
            Event::NodeFinished { node, id, ending } if plan.kind == PlanKind::Pipeline => {
                let run = plan
                    .run_in_words(*node)
                    .map_or_else(String::new, |run| format!("{run}, "));
                self.line(&format!(
                    "{} {run}stage {id}: {}",
                    mark("✓", &Style::new().green()),
                    ending
                ));
            }
            Event::BlockStarted { cursor } => {
                let Some(block) = plan.block(cursor.node) else {
                    return;
                };
                let names: Vec<&str> = block
                    .branches
                    .iter()
                    .map(|branch| branch.name.as_str())
                    .collect();
                let run = plan
                    .run_in_words(cursor.node)
                    .map_or_else(String::new, |run| format!("{run}  "));
                let at = format!(
                    "{run}stage {}/{} {}",
                    plan.turn(cursor.node).1 + 1,
                    plan.nodes.len(),
                    block.id
                );
                self.line(&format!(
                    "\n{} {}  {}",
                    mark("●", &Style::new().blue()),
                    bold(&at),
                    dim(&format!("side by side: {}", names.join(", ")))
                ));
            }
            Event::BlockDraining { limit } => self.line(&format!(
                "  {limit}; ending the block once its agents are done"
            )),
            Event::BranchReported { .. }
            | Event::SessionStarted { .. }
            | Event::PlanReplaced { .. }
            | Event::SessionForked { .. }
            | Event::RunnerStarted { .. }
            | Event::SessionResumed { .. }
            | Event::IterationStarted { .. }
            | Event::AgentStarted { .. }
            | Event::WaitEnded
            | Event::NodeFinished { .. }
            | Event::SessionFinished { .. } => (),
        }
    }

    /// Says what a person should know about a program that was called.
    pub(super) fn remark(&mut self, remark: &str) {
        self.line(&format!(
            "{} {}",
            mark("!", &Style::new().yellow()),
            text::clean(remark)
        ));
    }

    fn outcome(&mut self, state: &State, outcome: &Outcome, usage: &Usage) {
        let line = match outcome {
            Outcome::Reported { status } => {
                let (sign, style) = match status.decision {
                    Decision::Continue => ("✓", Style::new().green()),
                    Decision::Stop => ("■", Style::new().green()),
                    Decision::Error => ("✗", Style::new().red()),
                };
                format!(
                    "{} {}: {}",
                    mark(sign, &style),
                    status.decision.word(),
                    text::first_line(status.said())
                )
            }
            other => format!(
                "{} agent {}",
                mark("✗", &Style::new().red()),
                text::plain(&other.to_string())
            ),
        };
        let took = self
            .since
            .zip(state.updated_at)
            .map_or(SignedDuration::ZERO, |(since, now)| {
                now.duration_since(since)
            });
        let pays = self
            .pays
            .as_ref()
            .map_or_else(String::new, |who| format!(" by {who}"));
        let (took, tokens) = (duration::short(took), tokens(usage));
        let spent = format!(
            "{took}, {tokens} tokens, ${:.2}{pays}; ${:.2} so far",
            usage.cost_usd, state.usage.cost_usd
        );
        self.line(&format!("{line}  {}", dim(&spent)));
    }

    fn wait(&mut self, reason: &WaitReason, until: Timestamp) {
        let what = match reason {
            // Said by the bottom line alone; it happens between any two iterations.
            WaitReason::Delay => return,
            WaitReason::Retry { error } => format!(
                "trying again at {}, after: {}",
                clock_time(until),
                text::plain(error)
            ),
            WaitReason::RateLimit { reason } => {
                format!("rate limited until {}: {reason}", clock_time(until))
            }
            WaitReason::BusyQueue { error } => {
                format!(
                    "looking at the queue again at {}: {}",
                    clock_time(until),
                    text::clean(error)
                )
            }
            WaitReason::Queue { held, by } => {
                format!(
                    "looking at the queue again at {}: {}",
                    clock_time(until),
                    text::held(*held, by)
                )
            }
        };
        self.line(&format!("{} {what}", mark("…", &Style::new().yellow())));
    }

    /// Says how it ended, and what can be done now.
    pub(super) fn ended(&mut self, plan: &Plan, state: &State) {
        let Phase::Ended { ending } = &state.phase else {
            return;
        };
        if self.branch.is_some() {
            self.line(report::ending(ending).as_str());
            return;
        }
        let sign = match ending {
            Ending::Completed { .. } => mark("✓", &Style::new().green()),
            Ending::Failed { .. } => mark("✗", &Style::new().red()),
            Ending::LimitReached { .. } | Ending::Stopped { .. } => {
                mark("■", &Style::new().yellow())
            }
        };
        let iterations = text::count(state.iterations, "iteration");
        let ran = state
            .updated_at
            .map_or(SignedDuration::ZERO, |now| state.ran(now));
        let spent = format!(
            "({iterations}, {}, {} tokens, ${:.2})",
            duration::short(ran),
            tokens(&state.usage),
            state.usage.cost_usd
        );
        self.line(&format!(
            "\n{sign} Session '{}' {}  {}",
            plan.session,
            report::ending(ending),
            dim(&spent)
        ));
        if !matches!(ending, Ending::Completed { .. }) {
            let snapshot = crate::store::session::Snapshot {
                plan: plan.clone(),
                state: state.clone(),
            };
            self.line(&format!(
                "{}\n{}",
                report::failure(&snapshot),
                report::next_steps(&snapshot)
            ));
        }
    }

    fn line(&mut self, text: &str) {
        if self.live {
            let _ = self.out.clear_line();
        }
        let _ = writeln!(
            self.out,
            "{}{text}",
            self.branch.as_deref().unwrap_or_default()
        );
    }

    fn width(&self) -> usize {
        usize::from(self.out.size().1)
    }

    fn bottom(&mut self, text: &str) {
        if self.branch.is_some() {
            return;
        }
        let width = self.width().saturating_sub(1);
        let _ = self.out.clear_line();
        let _ = write!(
            self.out,
            "{}",
            dim(&console::truncate_str(text, width, "…"))
        );
        let _ = self.out.flush();
    }
}

fn ends_when(node: &Node, state: &State) -> String {
    let condition = node.termination.describe();
    let progress = node.termination.progress(&state.evidence(node));
    if progress.is_empty() {
        format!("ends when {condition}")
    } else {
        format!("ends when {condition} ({progress})")
    }
}

/// Returns a time of today as the clock on the wall shows it, and any other with its date.
fn clock_time(at: Timestamp) -> String {
    let zone = jiff::tz::TimeZone::system();
    let (at, today) = (at.to_zoned(zone.clone()), clock::now().to_zoned(zone));
    at.strftime(if at.date() == today.date() {
        "%H:%M:%S"
    } else {
        "%a %-d %b %H:%M:%S"
    })
    .to_string()
}

/// Returns all tokens, read and written.
fn tokens(usage: &Usage) -> String {
    match usage.input_tokens
        + usage.output_tokens
        + usage.cache_read_tokens
        + usage.cache_write_tokens
    {
        count @ 0..1000 => count.to_string(),
        count @ 1000..1_000_000 => format!("{}.{}k", count / 1000, count % 1000 / 100),
        count => format!("{}.{}M", count / 1_000_000, count % 1_000_000 / 100_000),
    }
}

fn bold(text: &str) -> String {
    Style::new().bold().apply_to(text).to_string()
}

fn dim(text: &str) -> String {
    Style::new().dim().apply_to(text).to_string()
}

fn mark(sign: &str, style: &Style) -> String {
    style.apply_to(sign).to_string()
}

/// Says where a session goes on.
fn place(plan: &Plan, state: &State) -> String {
    let next = if state.in_iteration() {
        state.cursor.iteration
    } else {
        state.counters.iterations + 1
    };
    match state.step(plan) {
        Some(Step::Block(block)) => format!("block `{}`", block.id),
        Some(Step::Node(node)) if plan.nodes.len() > 1 => {
            format!("iteration {next} of `{}`", node.id)
        }
        Some(Step::Node(_)) | None => format!("iteration {next}"),
    }
}
