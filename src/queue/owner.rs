//! The owner of a task.
use crate::model::{RunId, SessionName};
use std::{fmt, str::FromStr as _};

/// The owner of a task, as text `pipeline/<session>/<iteration>`, `pipeline/<session>/<run>/<iteration>` or `user/<user>`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Owner {
    /// An iteration of a session; `run` tells it from the same iteration of an earlier run.
    Agent {
        session: SessionName,
        run: Option<RunId>,
        iteration: u32,
    },
    /// A user or another program. Never known to be dead.
    Other(String),
}

impl Owner {
    /// Returns the owner for an iteration of a run of a session.
    pub fn agent(session: SessionName, run: RunId, iteration: u32) -> Self {
        Self::Agent {
            session,
            run: Some(run),
            iteration,
        }
    }

    /// Returns the owner for a user at a terminal.
    pub fn user(name: &str) -> Self {
        Self::Other(format!("user/{name}"))
    }

    /// Whether it is a user, or a program that is none of our agents.
    pub fn is_user(&self) -> bool {
        matches!(self, Self::Other(_))
    }

    /// Reads what [`fmt::Display`] writes; anything else is another owner.
    pub fn read(text: &str) -> Self {
        let parts: Vec<&str> = text.split('/').collect();
        let agent = match parts.as_slice() {
            ["pipeline", session, iteration] => Self::agent_of(session, None, iteration),
            ["pipeline", session, run, iteration] => Self::agent_of(session, Some(run), iteration),
            _ => None,
        };
        agent.unwrap_or_else(|| Self::Other(text.to_owned()))
    }

    fn agent_of(session: &str, run: Option<&str>, iteration: &str) -> Option<Self> {
        let run = run.map(RunId::from_str).transpose().ok()?;
        Some(Self::Agent {
            session: session.parse().ok()?,
            run,
            iteration: iteration.parse().ok()?,
        })
    }
}

impl fmt::Display for Owner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Agent {
                session,
                run: None,
                iteration,
            } => write!(f, "pipeline/{session}/{iteration}"),
            Self::Agent {
                session,
                run: Some(run),
                iteration,
            } => write!(f, "pipeline/{session}/{run}/{iteration}"),
            Self::Other(text) => f.write_str(text),
        }
    }
}

/// Identifies the run whose ended agents release their tasks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RunKey {
    pub session: SessionName,
    pub run: RunId,
}

impl RunKey {
    /// Whether the owner is an agent of this run; an old claim that names no run belongs to every run. Users never match.
    pub fn owns(&self, owner: &Owner) -> bool {
        let Owner::Agent { session, run, .. } = owner else {
            return false;
        };
        *session == self.session && run.as_ref().is_none_or(|run| *run == self.run)
    }

    /// Whether the owner is an agent of a run of the same session, maybe an earlier one.
    pub fn same_session(&self, owner: &Owner) -> bool {
        matches!(owner, Owner::Agent { session, .. } if *session == self.session)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_owner_survives_a_round_trip() {
        for text in [
            "pipeline/auth/3",
            "pipeline/auth/r1/3",
            "user/ann",
            "",
            "pipeline/auth",
            "pipeline/../3",
            "pipeline/auth/x",
        ] {
            assert_eq!(Owner::read(text).to_string(), text);
        }
        assert_eq!(
            Owner::read("pipeline/auth/r1/3"),
            Owner::agent("auth".parse().unwrap(), "r1".parse().unwrap(), 3)
        );
        assert_eq!(Owner::read("user/ann"), Owner::user("ann"));
    }

    #[test]
    fn a_run_owns_what_its_agents_hold_and_nothing_else() {
        let run = RunKey {
            session: "auth".parse().unwrap(),
            run: "r1".parse().unwrap(),
        };
        let owns = |text: &str| run.owns(&Owner::read(text));
        assert!(owns("pipeline/auth/3") && owns("pipeline/auth/r1/3"));
        assert!(!owns("pipeline/auth/r2/3") && !owns("pipeline/authx/3") && !owns("user/auth"));
        assert!(
            run.same_session(&Owner::read("pipeline/auth/r2/3"))
                && !run.same_session(&Owner::read("user/auth"))
        );
    }
}
