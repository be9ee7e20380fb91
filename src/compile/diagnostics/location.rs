//! Where something was said: at a path of a document, or by a flag.
use super::diagnostic::{Document, Problem};
use super::locate::Path;

/// What a key was said in.
#[derive(Clone, Debug)]
pub(crate) enum Place<'a> {
    /// A mapping in a document.
    Written(&'a Document, Path),
    /// The command line or the environment.
    Flag,
}

impl<'a> Place<'a> {
    /// The top of a document.
    pub(crate) fn top(document: &'a Document) -> Self {
        Self::Written(document, Path::default())
    }

    /// The place one key further.
    pub(crate) fn to(&self, key: &str) -> Self {
        match self {
            Self::Written(document, path) => Self::Written(document, path.to(key)),
            Self::Flag => Self::Flag,
        }
    }

    /// The place of one of several.
    pub(crate) fn item(&self, index: usize) -> Self {
        match self {
            Self::Written(document, path) => Self::Written(document, path.to(index)),
            Self::Flag => Self::Flag,
        }
    }

    /// An error at a key's value.
    pub(crate) fn at(&self, key: &str, code: &'static str, message: impl Into<String>) -> Problem {
        match self {
            Self::Written(document, path) => document.at(&path.to(key), code, message),
            Self::Flag => Problem::nowhere(code, message),
        }
    }

    /// An error at a key itself.
    pub(crate) fn at_key(
        &self,
        key: &str,
        code: &'static str,
        message: impl Into<String>,
    ) -> Problem {
        match self {
            Self::Written(document, path) => document.at_key(&path.to(key), code, message),
            Self::Flag => Problem::nowhere(code, message),
        }
    }

    /// An error about the whole mapping.
    pub(crate) fn here(&self, code: &'static str, message: impl Into<String>) -> Problem {
        match self {
            Self::Written(document, path) => document.at_key(path, code, message),
            Self::Flag => Problem::nowhere(code, message),
        }
    }
}
