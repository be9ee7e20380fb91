//! A cost as a program reports it.
use super::state::TranscriptState;
use crate::text::clean;
use serde_json::Value;

/// No attempt costs more US dollars than this; a larger figure is a fault of the program.
const MAX_COST_USD: f64 = 100_000.0;

/// A cost as a program reports it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(in crate::agent) enum Cost {
    Absent,
    Believed(f64),
    Refused,
}

impl Cost {
    /// Returns the cost in a field. One that no agent can have is refused, and named.
    pub(in crate::agent) fn of(state: &mut TranscriptState, value: &Value, key: &str) -> Self {
        let Some(found) = value.get(key).filter(|found| !found.is_null()) else {
            return Self::Absent;
        };
        match found.as_f64() {
            Some(usd) if (0.0..=MAX_COST_USD).contains(&usd) => Self::Believed(usd),
            Some(_) | None => {
                state.refuse(clean(&format!("{key} is {found}")));
                Self::Refused
            }
        }
    }

    /// Returns the dollars that are believed; 0 where there are none.
    pub(in crate::agent) fn believed(self) -> f64 {
        match self {
            Self::Believed(usd) => usd,
            Self::Absent | Self::Refused => 0.0,
        }
    }
}
