//! A text that diagnostics point into.
use super::diagnostic::{Problem, SourceSpan};
use super::lint_code::LintCode;
use super::locate::{Side, exists, locate};
use super::path::{Path, Step};
use super::sink::Diagnostics;
use super::source_text::SourceText;
use crate::plan::PlanKind;
use std::{ops::Range, rc::Rc, sync::Arc};

/// A text that problems can point into.
#[derive(Clone, Debug)]
pub(crate) struct Document {
    text: Arc<SourceText>,
    kind: PlanKind,
    diagnostics: Diagnostics,
    /// The text whose settings replace those of this one, if there is one.
    over: Option<Rc<Over>>,
}

/// A text whose settings replace those of another one.
#[derive(Debug)]
struct Over {
    document: Document,
    /// Keys of the other text, and those that set them in this one.
    aliases: &'static [(&'static [&'static str], &'static [&'static str])],
}

impl Over {
    /// Returns where it sets what a path of the other text names.
    fn path(&self, path: &Path) -> Option<Path> {
        let is = |keys: &[&str]| path.0 == of_keys(keys).0;
        let aliases = self.aliases.iter().filter(|(keys, _)| is(keys));
        let aliases = aliases.map(|(_, own)| of_keys(own));
        let mut paths = std::iter::once(path.clone()).chain(aliases);
        paths.find(|path| exists(self.document.text(), path))
    }
}

fn of_keys(keys: &[&str]) -> Path {
    Path(keys.iter().map(|key| Step::from(*key)).collect())
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
            over: None,
        }
    }

    /// Makes another text the one whose settings count, so that mistakes are reported where they are written. `aliases` are
    /// keys of this text with those that set them in the other one.
    pub(crate) fn with_over(
        self,
        document: Self,
        aliases: &'static [(&'static [&'static str], &'static [&'static str])],
    ) -> Self {
        Self {
            over: Some(Rc::new(Over { document, aliases })),
            ..self
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
        if let Some((over, path)) = self.written_over(path) {
            return over.at(&path, code, message);
        }
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
        if let Some((over, path)) = self.written_over(path) {
            return over.at_key(&path, code, message);
        }
        let key = locate(self.text(), path, Side::Key);
        self.spanning(key, path, code, message)
    }

    /// Returns where a setting is written in the text whose settings count, if it is.
    fn written_over(&self, path: &Path) -> Option<(&Self, Path)> {
        let over = self.over.as_ref().filter(|_| !path.0.is_empty())?;
        Some((&over.document, over.path(path)?))
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
