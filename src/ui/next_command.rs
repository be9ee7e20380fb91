//! The commands that continue a session or start it over: as words for programs, as a line for you.
use super::caller::words_as_called;
use crate::engine::{Phase, State};
use crate::model::{Ending, Limit, RaisedLimit, SessionName};
use crate::plan::Plan;
use crate::text::{shell_quote, shell_words};

/// A command line as words, the program first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NextCommand(Vec<String>);

impl NextCommand {
    /// Returns the command that continues the session, with its current maximum, or twice the limit that was reached.
    pub fn resume(plan: &Plan, state: &State) -> Self {
        let limit = state.phase.ending().and_then(Ending::limit);
        let raised = limit.and_then(Limit::raised);
        let maximum = match raised {
            Some(RaisedLimit::MaxIterations(max)) => Some(max),
            _ => maximum(plan, state),
        };
        let command = Self::start(plan, &plan.session)
            .with(maximum.map(|max| max.to_string()))
            .with(["--resume"]);
        match raised {
            Some(RaisedLimit::MaxCostUsd(max)) => {
                command.with(["--max-cost".to_owned(), format!("{max:.2}")])
            }
            Some(RaisedLimit::MaxRuntimeSeconds(max)) => {
                command.with(["--max-runtime".to_owned(), max.to_string()])
            }
            Some(RaisedLimit::MaxTokens(max)) => {
                command.with(["--max-tokens".to_owned(), max.to_string()])
            }
            Some(RaisedLimit::MaxIterations(_)) => command,
            None => command.with(recompiled(state).then_some("--recompile")),
        }
    }

    /// Returns the command that starts the session over.
    pub fn start_over(plan: &Plan, state: &State) -> Self {
        Self::start(plan, &plan.session)
            .with(maximum(plan, state).map(|max| max.to_string()))
            .with(["--force"])
    }

    /// Returns the command that continues the session as it was started, where its state is not known.
    pub fn resume_as_started(plan: &Plan) -> Self {
        Self(shell_words(&plan.command)).with(["--resume"])
    }

    /// Returns the command that starts the plan as a session of that name, without a maximum.
    pub fn start(plan: &Plan, session: &SessionName) -> Self {
        let mut words = shell_words(&plan.command);
        words.truncate(definition_words(&words));
        Self(words).with([session.to_string()])
    }

    /// Returns the words, as the user would type them.
    pub fn words(&self) -> Vec<String> {
        words_as_called(&self.0)
    }

    fn with<T: Into<String>>(mut self, words: impl IntoIterator<Item = T>) -> Self {
        self.0.extend(words.into_iter().map(Into::into));
        self
    }
}

impl std::fmt::Display for NextCommand {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // Whatever this program is called: `caller::as_called` changes that where text is printed.
        let words: Vec<String> = self.0.iter().map(|word| shell_quote(word)).collect();
        f.write_str(&words.join(" "))
    }
}

/// Whether only a change of the definition leads further.
fn recompiled(state: &State) -> bool {
    let budget = |limit: &Limit| matches!(limit, Limit::AgentBudget { .. });
    matches!(state.phase.ending(), Some(Ending::LimitReached { limit }) if budget(limit))
}

/// Returns how many words come before the session's name: `ap work`, `ap loop list`, `ap pipeline ship`.
fn definition_words(words: &[String]) -> usize {
    match words.get(1).map(String::as_str) {
        Some("loop" | "pipeline") => 3,
        _ => 2,
    }
}

/// Returns the maximum to name: the one given on a resume, else the one given at the start.
fn maximum(plan: &Plan, state: &State) -> Option<u32> {
    let words = shell_words(&plan.command);
    let at_start = words.get(definition_words(&words) + 1);
    state
        .replaced_maximum(plan)
        .or_else(|| at_start.and_then(|word| word.parse().ok()))
}

/// Returns whether the session can be continued: one that is complete can only be started over.
pub fn is_complete(state: &State) -> bool {
    matches!(
        &state.phase,
        Phase::Ended {
            ending: Ending::Completed { .. }
        }
    )
}
