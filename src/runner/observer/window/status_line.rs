//! The bottom line: what happens now.
use super::format::tokens;
use super::window::Window;
use crate::agent::Transcript;
use crate::engine::{Phase, State};
use crate::model::WaitReason;
use crate::plan::Plan;
use crate::text;
use crate::ui::duration;
use jiff::{SignedDuration, Timestamp};
use std::time::Duration;

impl Window {
    /// Updates the bottom line while an agent works.
    pub(in crate::runner) fn show_working(
        &mut self,
        plan: &Plan,
        state: &State,
        transcript: &Transcript,
        now: Timestamp,
    ) {
        let Some(node) = state.node(plan).filter(|_| self.screen.is_live) else {
            return;
        };
        let usage = transcript.usage();
        let ran = self
            .started_at
            .map_or(SignedDuration::ZERO, |start| now.duration_since(start));
        let silent = SignedDuration::try_from(self.last_sign.elapsed()).unwrap_or_default();
        let payer = transcript
            .account()
            .map_or_else(String::new, |payer| format!(", {}", payer.as_str()));
        let pause = if state.session.pausing {
            " · pausing after this iteration"
        } else {
            ""
        };
        self.screen.bottom(&format!(
            "iteration {}/{} · {} · {} tokens · ${:.2} so far{payer} · last sign {} ago{pause} · {}",
            state.current.cursor.iteration,
            state.max_iterations(node),
            duration::short(ran),
            tokens(&usage),
            state.session.usage.cost_usd + usage.cost_usd,
            duration::short(silent),
            self.activity,
        ));
    }

    /// Shows the open question again once its time between reminders is over.
    fn remind(&mut self, plan: &Plan, state: &State) {
        if let Some(question) = &state.session.question
            && 0 < question.remind_s
            && Duration::from_secs(question.remind_s) <= self.question_shown.elapsed()
        {
            self.show_question(plan, question);
        }
        self.screen.bottom("waiting for your answer");
    }

    /// Updates the bottom line while no agent of this run works.
    pub(in crate::runner) fn show_idle(&mut self, plan: &Plan, state: &State, now: Timestamp) {
        if !self.screen.is_live {
            return;
        }
        match &state.phase {
            Phase::Waiting {
                reason: WaitReason::Question { .. },
                ..
            } => self.remind(plan, state),
            Phase::Waiting { until, .. } => {
                let left = until.duration_since(now).max(SignedDuration::ZERO);
                self.screen.bottom(&format!(
                    "waiting, {} left; `ap continue {}` ends the wait now",
                    duration::short(left),
                    plan.session
                ));
            }
            Phase::Parallel => self.screen.bottom(&block_progress(plan, state)),
            _ if state.is_paused() => self.screen.bottom(&format!(
                "paused; continue with `ap continue {}`",
                plan.session
            )),
            _ => (),
        }
    }
}

fn block_progress(plan: &Plan, state: &State) -> String {
    let all = plan
        .block(state.current.cursor.node)
        .map_or(state.current.branches.len(), |block| block.branches.len());
    let left = text::count(all.saturating_sub(state.current.ended_branches()), "branch");
    let pause = if state.session.pausing {
        " · pausing after these iterations"
    } else {
        ""
    };
    let spent = state.session.usage.cost_usd;
    format!("{left} of {all} running · ${spent:.2} so far{pause}")
}
