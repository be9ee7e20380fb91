//! A text that diagnostics point into.
use super::diagnostic::{Problem, SourceSpan};
use super::lint_code::LintCode;
use super::locate::{Side, locate};
use super::path::Path;
use super::sink::Diagnostics;
use super::source_text::SourceText;
use crate::plan::PlanKind;
use std::{ops::Range, sync::Arc};

/// A text that problems can point into.
#[derive(Clone, Debug)]
pub(crate) struct Document {
    text: Arc<SourceText>,
    kind: PlanKind,
    diagnostics: Diagnostics,
}

impl Document {
    pub(crate) fn new(file: &str, text: &str, diagnostics: &Diagnostics) -> Self {
        let text = SourceText {
            file: file.to_owned(),
            text: text.to_owned(),
        };
        Self {
            text: Arc::new(text.without_mark()),
            kind: PlanKind::Loop,
            diagnostics: diagnostics.clone(),
        }
    }

    /// Marks it as a pipeline's: some of its mistakes have an alias of their own.
    pub(crate) fn of_pipeline(self) -> Self {
        Self {
            kind: PlanKind::Pipeline,
            ..self
        }
    }

    pub(crate) fn report(&self, problem: Problem) {
        self.diagnostics.report(problem);
    }

    pub(crate) fn diagnostics(&self) -> &Diagnostics {
        &self.diagnostics
    }

    pub(crate) fn text(&self) -> &str {
        &self.text.text
    }

    /// Returns an error at the value of a path's last key.
    pub(crate) fn at(&self, path: &Path, code: LintCode, message: impl Into<String>) -> Problem {
        let value = locate(self.text(), path, Side::Value);
        self.spanning(value, path, code, message)
    }

    /// Returns an error at a path's last key itself.
    pub(crate) fn at_key(
        &self,
        path: &Path,
        code: LintCode,
        message: impl Into<String>,
    ) -> Problem {
        let key = locate(self.text(), path, Side::Key);
        self.spanning(key, path, code, message)
    }

    /// Returns an error at a piece of the text; `path` is where in the document that is.
    pub(crate) fn spanning(
        &self,
        span: Range<usize>,
        path: &Path,
        code: LintCode,
        message: impl Into<String>,
    ) -> Problem {
        let span = SourceSpan::new(&self.text, span, path.clone());
        Problem::at_span(span, self.kind, code, message)
    }
}
