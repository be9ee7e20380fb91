//! Why an attempt failed, by what is done about it.
use serde::{Deserialize, Serialize};
use std::fmt;

/// The class of a failed attempt. It alone decides what follows, by one table in the engine.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum FailureClass {
    /// A window of the quota is used up, or the provider says when it serves again.
    Limit,
    /// The provider limits requests, and no window is used up.
    Throttle,
    /// The provider is overloaded, fails, cannot be reached, or its answer was cut off.
    Outage,
    /// The machine lacks what an agent needs: its program, disk space, memory, descriptors.
    Environment,
    /// The provider does not accept the login.
    Login,
    /// The account cannot pay, or the agent used up the budget of its program.
    Billing,
    /// The agent was not permitted to work.
    Denied,
    /// The provider or the program refuses for another reason that a retry does not change.
    Refused,
    /// The agent did not end, and was ended.
    Hang,
    /// Anything else.
    Crash,
    /// The session was stopped.
    Cancelled,
}

impl FailureClass {
    /// All classes, in the order of the documentation.
    pub const ALL: [Self; 11] = [
        Self::Limit,
        Self::Throttle,
        Self::Outage,
        Self::Environment,
        Self::Login,
        Self::Billing,
        Self::Denied,
        Self::Refused,
        Self::Hang,
        Self::Crash,
        Self::Cancelled,
    ];

    /// Returns the word in JSON and in messages.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Limit => "limit",
            Self::Throttle => "throttle",
            Self::Outage => "outage",
            Self::Environment => "environment",
            Self::Login => "login",
            Self::Billing => "billing",
            Self::Denied => "denied",
            Self::Refused => "refused",
            Self::Hang => "hang",
            Self::Crash => "crash",
            Self::Cancelled => "cancelled",
        }
    }

    /// Returns the class of a refusal in a journal that does not name it.
    pub(super) fn refused() -> Self {
        Self::Refused
    }
}

impl fmt::Display for FailureClass {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::FailureClass;

    #[test]
    fn json_spells_a_class_as_as_str_does() {
        for class in FailureClass::ALL {
            assert_eq!(serde_json::to_value(class).unwrap(), class.as_str());
        }
    }
}
