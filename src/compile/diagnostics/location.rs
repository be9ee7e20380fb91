//! Where a setting is written: at a path of a document, or outside of any file.
use super::diagnostic::Problem;
use super::document::Document;
use super::lint_code::LintCode;
use super::path::Path;
use super::sink::Diagnostics;

/// The mapping that holds a key.
#[derive(Clone, Debug)]
pub(crate) enum Location<'a> {
    /// A mapping in a document.
    Written(&'a Document, Path),
    /// The command line or the environment.
    Flag(&'a Diagnostics),
}

impl<'a> Location<'a> {
    /// Returns the top level of a document.
    pub(crate) fn top(document: &'a Document) -> Self {
        Self::Written(document, Path::default())
    }

    /// Returns the location outside of any file that reports to the same list.
    pub(crate) fn flag(&self) -> Self {
        Self::Flag(self.diagnostics())
    }

    /// Returns the mapping below a key.
    pub(crate) fn to(&self, key: &str) -> Self {
        match self {
            Self::Written(document, path) => Self::Written(document, path.to(key)),
            Self::Flag(_) => self.clone(),
        }
    }

    /// Returns the item of a list at an index.
    pub(crate) fn item(&self, index: usize) -> Self {
        match self {
            Self::Written(document, path) => Self::Written(document, path.to(index)),
            Self::Flag(_) => self.clone(),
        }
    }

    /// Returns an error at a key's value.
    pub(crate) fn at(&self, key: &str, code: LintCode, message: impl Into<String>) -> Problem {
        match self {
            Self::Written(document, path) => document.at(&path.to(key), code, message),
            Self::Flag(_) => Problem::without_file(code, message),
        }
    }

    /// Returns an error at a key itself.
    pub(crate) fn at_key(&self, key: &str, code: LintCode, message: impl Into<String>) -> Problem {
        match self {
            Self::Written(document, path) => document.at_key(&path.to(key), code, message),
            Self::Flag(_) => Problem::without_file(code, message),
        }
    }

    /// Returns an error about the whole mapping.
    pub(crate) fn here(&self, code: LintCode, message: impl Into<String>) -> Problem {
        match self {
            Self::Written(document, path) => document.at_key(path, code, message),
            Self::Flag(_) => Problem::without_file(code, message),
        }
    }

    pub(crate) fn report(&self, problem: Problem) {
        self.diagnostics().report(problem);
    }

    pub(crate) fn diagnostics(&self) -> &'a Diagnostics {
        match self {
            Self::Written(document, _) => document.diagnostics(),
            Self::Flag(diagnostics) => diagnostics,
        }
    }
}
