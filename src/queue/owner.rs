//! Who holds a task.
use crate::model::{RunId, SessionName};
use std::{fmt, str::FromStr as _};

/// Who holds a task, as text `pipeline/<session>/<iteration>`, `pipeline/<session>/<run>/<iteration>` or `person/<user>`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Owner {
    /// An iteration of a session; `run` tells it from the same iteration of an earlier run.
    Agent { session: SessionName, run: Option<RunId>, iteration: u32 },
    /// Anybody else: a person, or another program. Never known to be dead.
    Other(String),
}

impl Owner {
    /// Returns the owner for an iteration of a session.
    pub fn agent(session: SessionName, iteration: u32) -> Self {
        Self::Agent { session, run: None, iteration }
    }

    /// Returns the owner for somebody at a terminal.
    pub fn person(user: &str) -> Self {
        Self::Other(format!("person/{user}"))
    }

    /// Reads what [`fmt::Display`] writes; anything else is somebody we do not know.
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
        Some(Self::Agent { session: session.parse().ok()?, run, iteration: iteration.parse().ok()? })
    }
}

impl fmt::Display for Owner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Agent { session, run: None, iteration } => write!(f, "pipeline/{session}/{iteration}"),
            Self::Agent { session, run: Some(run), iteration } => write!(f, "pipeline/{session}/{run}/{iteration}"),
            Self::Other(text) => f.write_str(text),
        }
    }
}

/// The agents of a session whose tasks are to be taken back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OwnerPattern {
    pub session: SessionName,
    /// Only this run's; claims that name no run belong to every run.
    pub run: Option<RunId>,
    /// The iteration that still has an agent.
    pub except: Option<u32>,
}

impl OwnerPattern {
    /// Returns the pattern for every iteration of a session.
    pub fn all(session: SessionName) -> Self {
        Self { session, run: None, except: None }
    }

    /// Whether the owner is one of those meant. People never are.
    pub fn matches(&self, owner: &Owner) -> bool {
        let Owner::Agent { session, run, iteration } = owner else { return false };
        let same_run = match (&self.run, run) {
            (Some(ours), Some(theirs)) => ours == theirs,
            (None, _) | (_, None) => true,
        };
        *session == self.session && same_run && Some(*iteration) != self.except
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_owner_is_read_as_it_is_written() {
        for text in ["pipeline/auth/3", "pipeline/auth/r1/3", "person/ann", "", "pipeline/auth", "pipeline/../3", "pipeline/auth/x"] {
            assert_eq!(Owner::read(text).to_string(), text);
        }
        assert_eq!(Owner::read("pipeline/auth/3"), Owner::agent("auth".parse().unwrap(), 3));
        assert_eq!(Owner::read("person/ann"), Owner::person("ann"));
    }

    #[test]
    fn a_pattern_means_the_ended_agents_of_its_session_and_nobody_else() {
        let of = OwnerPattern { session: "auth".parse().unwrap(), run: "r1".parse().ok(), except: Some(4) };
        let meant = |text: &str| of.matches(&Owner::read(text));
        assert!(meant("pipeline/auth/3") && meant("pipeline/auth/r1/3"));
        assert!(!meant("pipeline/auth/4") && !meant("pipeline/auth/r2/3") && !meant("pipeline/authx/3") && !meant("person/auth"));
    }
}
