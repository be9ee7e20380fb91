//! The window of a session or of a branch, apart from what facts and the bottom line show.
use super::format::{ends_when, next_step, position, tokens};
use super::screen::Screen;
use crate::agent::{Activity, Transcript};
use crate::engine::{Phase, State};
use crate::exec::launcher::Windows;
use crate::model::{Ending, NodeId};
use crate::plan::{Plan, PlanKind};
use crate::runner::RunnerEnv;
use crate::runner::signals::CONFIRMED_WITHIN;
use crate::store::layout::RunDir;
use crate::store::session::{Session, Snapshot};
use crate::text;
use crate::ui::activity::Shown;
use crate::ui::caller::as_called;
use crate::ui::{duration, report, style};
use crate::workspace::Workspace;
use camino::Utf8PathBuf;
use jiff::{SignedDuration, Timestamp};
use std::time::Instant;

/// Activities shown at once, beyond which the middle is left out: they would scroll by unread.
const MOST_AT_ONCE: usize = 200;

/// What a session's window shows. A branch shows only milestones, in the window of its session.
pub(in crate::runner) struct Window {
    pub(super) screen: Screen,
    is_branch: bool,
    /// Whether what you type in it answers a question.
    pub(super) takes_answers: bool,
    workspace: Workspace,
    run: RunDir,
    writable_dir: Utf8PathBuf,
    shown: Shown,
    pub(super) last_sign: Instant,
    /// When the current iteration started.
    pub(super) started_at: Option<Timestamp>,
    /// The account that pays, once known.
    pub(super) payer: Option<String>,
    /// What the agent did last, in one line.
    pub(super) activity: String,
    /// When the open question was shown last.
    pub(super) question_shown: Instant,
    /// The keys that leave the window, in one of tmux.
    leave_keys: Option<String>,
}

impl Window {
    pub(in crate::runner) fn new(env: &RunnerEnv, session: &Session) -> Self {
        Self::open(env, session, None)
    }

    /// Returns the window of a branch.
    pub(in crate::runner) fn for_branch(
        env: &RunnerEnv,
        session: &Session,
        branch: &NodeId,
    ) -> Self {
        Self::open(env, session, Some(branch))
    }

    fn open(env: &RunnerEnv, session: &Session, branch: Option<&NodeId>) -> Self {
        let prefix = branch.map_or_else(String::new, |name| {
            format!("{} ", style::faint(&format!("{name} │")))
        });
        Self {
            screen: Screen::new(prefix, env.shows_on_stderr),
            is_branch: branch.is_some(),
            takes_answers: branch.is_none() && env.windows.is_some(),
            workspace: env.workspace.clone(),
            run: session.dir.clone(),
            writable_dir: env.workspace.writable_dir(&session.dir),
            shown: Shown::default(),
            last_sign: Instant::now(),
            started_at: None,
            payer: None,
            activity: String::new(),
            question_shown: Instant::now(),
            leave_keys: None,
        }
    }

    /// Shows which session this is.
    pub(in crate::runner) fn show_session(&mut self, plan: &Plan, state: &State) {
        if self.is_branch {
            return;
        }
        let kind = match plan.kind {
            PlanKind::Loop => "loop",
            PlanKind::Pipeline => "pipeline",
        };
        let project = format!("in {}", self.workspace.cwd);
        let project = style::faint(&project);
        self.screen.line(&format!(
            "{} {kind} {}  session {}  {project}",
            style::name("▶"),
            style::heading(&plan.name),
            style::heading(plan.session.as_str())
        ));
        if state.session.iterations > 0 || state.current.in_iteration() {
            let before = text::count(state.session.iterations, "iteration");
            self.screen.line(&format!(
                "  resumed at {}; {before} done before, ${:.2} spent",
                next_step(plan, state),
                state.session.usage.cost_usd
            ));
        }
        if let Some(question) = &state.session.question {
            self.show_question(plan, question);
        }
    }

    /// Shows that an agent runs.
    pub(in crate::runner) fn show_agent(&mut self, plan: &Plan, state: &State, adopted: bool) {
        self.last_sign = Instant::now();
        self.started_at = state.current.iteration_started;
        self.payer = None;
        self.activity = "starting".to_owned();
        let Some(node) = state.node(plan) else { return };
        let iteration = self.run.iteration(state.current.cursor, &node.id);
        self.shown = Shown::new([
            &self.workspace.cwd,
            self.run.root(),
            iteration.root(),
            &self.writable_dir,
        ]);
        let adopted = if adopted {
            "  (still running, taken over)"
        } else {
            ""
        };
        let gap = if self.is_branch { "" } else { "\n" };
        self.screen.line(&format!(
            "{gap}{} {}{adopted}  {}",
            style::active("●"),
            style::heading(&attempt_title(plan, state)),
            style::faint(&ends_when(node, state))
        ));
    }

    /// Shows what the agent said and did.
    pub(in crate::runner) fn show_activities(
        &mut self,
        activities: &[Activity],
        transcript: &Transcript,
    ) {
        let width = self.screen.width().saturating_sub(2);
        self.shown.width = self.screen.is_live.then_some(width);
        self.payer = transcript.account().map(|payer| payer.as_str().to_owned());
        let Some(last) = activities.last() else {
            return;
        };
        self.last_sign = Instant::now();
        self.activity = self.shown.short(&last.line());
        if self.is_branch {
            return;
        }
        let left_out = activities.len().saturating_sub(MOST_AT_ONCE);
        let (first, rest) = activities.split_at((MOST_AT_ONCE / 2).min(activities.len()));
        self.write_activities(first);
        if 0 < left_out {
            let lines = text::count(left_out, "line");
            self.screen
                .line(&style::faint(&format!("  … {lines} more, see stdout.log")).to_string());
        }
        self.write_activities(&rest[left_out..]);
    }

    fn write_activities(&mut self, activities: &[Activity]) {
        // Which login pays is not known before the first answer.
        let payer = self.payer.clone().filter(|payer| payer != "login");
        for activity in activities {
            for line in self.shown.lines(activity, payer.as_deref()) {
                self.screen.line(&format!("  {line}"));
            }
        }
    }

    /// Has the bottom line name the keys that leave the window and stop the session.
    pub(in crate::runner) fn show_keys(&mut self, windows: Option<&dyn Windows>) {
        if !self.screen.is_live {
            return;
        }
        self.leave_keys = windows.and_then(Windows::leave_keys);
        self.screen.hint = match &self.leave_keys {
            Some(leave) => format!("{leave} leaves · Ctrl-C twice stops"),
            None => "Ctrl-C stops".to_owned(),
        };
    }

    /// Asks whether Ctrl-C was meant for the session.
    pub(in crate::runner) fn ask_before_stop(&mut self) {
        let leave = self
            .leave_keys
            .as_ref()
            .map_or_else(String::new, |leave| format!("; {leave} leaves it running"));
        let seconds = CONFIRMED_WITHIN.as_secs();
        self.show_remark(&format!(
            "Ctrl-C again within {seconds} s stops the session{leave}"
        ));
    }

    /// Shows what the user should know about a program that was called.
    pub(in crate::runner) fn show_remark(&mut self, remark: &str) {
        self.screen
            .line(&format!("{} {}", style::odd("!"), text::clean(remark)));
    }

    /// Shows how the session ended, and what you can do next.
    pub(in crate::runner) fn show_ending(&mut self, plan: &Plan, state: &State) {
        let Phase::Ended { ending } = &state.phase else {
            return;
        };
        if self.is_branch {
            self.screen.line(&report::ending(ending));
            self.show_unread(state);
            return;
        }
        let sign = match ending {
            Ending::Completed { .. } => style::good("✓"),
            Ending::Failed { .. } => style::bad("✗"),
            Ending::LimitReached { .. } | Ending::Stopped { .. } | Ending::Interrupted { .. } => {
                style::odd("■")
            }
        };
        let spent = spent(state);
        let spent = style::faint(&spent);
        if matches!(ending, Ending::Completed { .. }) {
            let (session, ending) = (&plan.session, report::ending(ending));
            self.screen
                .line(&format!("\n{sign} Session '{session}' {ending}  {spent}"));
            self.show_unread(state);
            self.show_how_to_close();
            return;
        }
        let snapshot = Snapshot {
            plan: plan.clone(),
            state: state.clone(),
        };
        let (failure, next) = (report::failure(&snapshot), report::next_steps(&snapshot));
        let (first, rest) = failure.split_once('\n').unwrap_or((&failure, ""));
        let text = format!("\n{sign} {first}  {spent}\n{rest}\n{next}");
        self.screen.line(&as_called(&text));
        self.show_unread(state);
        self.show_how_to_close();
    }

    /// Shows what you said and no agent has read.
    fn show_unread(&mut self, state: &State) {
        for text in report::unread(state) {
            self.show_remark(&format!("no agent has read what you said: {text}"));
        }
    }

    /// Shows how to leave and close a window of tmux, which stays. tmux does not always draw a line of its own.
    fn show_how_to_close(&mut self) {
        let Some(leave) = &self.leave_keys else {
            return;
        };
        let close = leave.replace(" d", " &");
        let text = format!(
            "This session has ended. {leave} leaves, {close} closes the window.\n`ap cleanup` closes the windows of all sessions that have ended."
        );
        let text = as_called(&text).into_owned();
        self.screen.line(&style::faint(&text).to_string());
    }
}

fn attempt_title(plan: &Plan, state: &State) -> String {
    let Some(node) = state.node(plan) else {
        return String::new();
    };
    let stage = if plan.steps.len() > 1 {
        format!("{}  ", node.id)
    } else {
        String::new()
    };
    let attempt = if 1 < state.current.cursor.attempt {
        format!("  attempt {}", state.current.cursor.attempt)
    } else {
        String::new()
    };
    let agent = if !node.agent.has_others() {
        String::new()
    } else {
        format!("  by {}", text::clean(&state.current.agent))
    };
    format!(
        "{}{stage}iteration {}/{}{attempt}{agent}",
        position(plan, state.current.cursor.node),
        state.current.cursor.iteration,
        state.max_iterations(node)
    )
}

fn spent(state: &State) -> String {
    let ran = state
        .session
        .updated_at
        .map_or(SignedDuration::ZERO, |now| state.ran(now));
    format!(
        "({}, {}, {} tokens, ${:.2})",
        text::count(state.session.iterations, "iteration"),
        duration::short(ran),
        tokens(&state.session.usage),
        state.session.usage.cost_usd
    )
}
