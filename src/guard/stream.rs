//! What a command reads from its input, as far as it is known.

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) enum Stream {
    #[default]
    Nothing,
    /// A text, in which unknown parts are marked.
    Text(String),
    /// Paths of files in or below these.
    Paths(Vec<String>),
    /// The variables of the environment.
    Environment,
    /// What was decoded or transformed, so that it may be anything.
    Decoded,
    Unknown,
}

impl Stream {
    pub(super) fn text(&self) -> Option<&str> {
        match self {
            Self::Text(text) => Some(text),
            _ => None,
        }
    }

    /// Returns both, one after the other.
    pub(super) fn then(self, next: Self) -> Self {
        match (self, next) {
            (Self::Nothing, other) | (other, Self::Nothing) => other,
            (Self::Text(a), Self::Text(b)) => Self::Text(a + &b),
            (Self::Environment, _) | (_, Self::Environment) => Self::Environment,
            (Self::Decoded, _) | (_, Self::Decoded) => Self::Decoded,
            _ => Self::Unknown,
        }
    }
}
