//! A mistake in a definition: what, exactly where, and what to write instead.
use super::lint_code::{self, CODES};
use super::locate::{self, Path, Side};
use super::source_text::SourceText;
use crate::plan::PlanKind;
use crate::text::count;
use annotate_snippets::{AnnotationKind, Group, Level, Renderer, Snippet};
use serde::Serialize;
use std::borrow::Cow;
use std::collections::BTreeSet;
use std::{fmt, ops::Range, sync::Arc};

/// Whether a definition can run in spite of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// It cannot.
    Error,
    /// It can, but probably not as meant.
    Warning,
}

/// One mistake. Its JSON form is what `ap lint --json` prints.
#[derive(Clone, Debug, Serialize)]
pub struct Problem {
    /// The file as people know it; empty if the mistake is in no file.
    pub file: String,
    /// 1-based; 0 if the mistake is in no file.
    pub line: usize,
    /// 1-based, in characters.
    pub column: usize,
    /// A stable word for this kind of mistake.
    pub code: &'static str,
    /// What agent-pipelines called the same mistake: `P006`.
    pub alias: Option<&'static str>,
    /// Whether it stops the definition from running.
    #[serde(rename = "level")]
    pub severity: Severity,
    /// What is wrong.
    pub message: String,
    /// What to do about it.
    pub hint: Option<String>,
    #[serde(skip)]
    place: Option<Place>,
}

#[derive(Clone, Debug)]
struct Place {
    text: Arc<SourceText>,
    span: Range<usize>,
    /// Where in the document, to leave out what only follows from another mistake.
    path: Path,
    /// The text could not be read as what belongs there.
    unreadable: bool,
}

impl Problem {
    /// Makes a problem that lies in no file: a wrong flag, say.
    pub fn nowhere(code: &'static str, message: impl Into<String>) -> Self {
        debug_assert!(CODES.contains(&code), "`{code}` is not among the codes");
        let (severity, alias) = (Severity::Error, lint_code::alias(code, PlanKind::Loop));
        Self {
            file: String::new(),
            line: 0,
            column: 0,
            code,
            alias,
            severity,
            message: message.into(),
            hint: None,
            place: None,
        }
    }

    /// Makes a problem of a file as a whole.
    pub fn of_file(text: &SourceText, code: &'static str, message: impl Into<String>) -> Self {
        Document::new(&text.file, &text.text).spanning(0..0, &Path::default(), code, message)
    }

    /// Makes a warning of one of a pipeline's `inputs`, counted from 0, that means no file.
    pub fn missing_input(pipeline: &SourceText, index: usize, message: impl Into<String>) -> Self {
        let document = Document::new(&pipeline.file, &pipeline.text).of_pipeline();
        document
            .at(
                &Path::default().to("inputs").to(index),
                "missing-input",
                message,
            )
            .warning()
    }

    /// Makes a problem of a file that ceases to be text after `before`, or cannot be read at all.
    pub(crate) fn no_text(
        before: &SourceText,
        code: &'static str,
        reason: impl Into<String>,
    ) -> Self {
        let (document, end) = (Document::new(&before.file, &before.text), before.text.len());
        document.spanning(end..end, &Path::default(), code, reason)
    }

    /// Says in which file it lies, if it lies in none yet.
    #[must_use]
    pub fn in_file(self, text: &SourceText) -> Self {
        if self.file.is_empty() {
            Self {
                severity: self.severity,
                hint: self.hint,
                ..Self::of_file(text, self.code, self.message)
            }
        } else {
            self
        }
    }

    /// Returns its codes as people see them: `P006 duplicate-id`.
    pub fn codes(&self) -> String {
        self.alias.map_or_else(
            || self.code.to_owned(),
            |alias| format!("{alias} {}", self.code),
        )
    }

    /// Says what to do about it.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// Lets the definition run all the same.
    #[must_use]
    pub fn warning(mut self) -> Self {
        self.severity = Severity::Warning;
        self
    }

    /// Marks that a value could not be read, so that what follows from its absence is not reported too.
    pub(crate) fn unreadable(mut self) -> Self {
        if let Some(place) = &mut self.place {
            place.unreadable = true;
        }
        self
    }

    fn follows_from(&self, other: &Self) -> bool {
        match (&self.place, &other.place) {
            (Some(this), Some(cause)) => {
                cause.unreadable
                    && !this.unreadable
                    && self.file == other.file
                    && this.path.touches(&cause.path)
            }
            _ => false,
        }
    }
}

/// Leaves out what only follows from another mistake, and what was found twice; errors first, then by place.
pub(crate) fn tidy(problems: &[Problem]) -> Vec<Problem> {
    let causes: Vec<&Problem> = problems
        .iter()
        .filter(|problem| problem.place.as_ref().is_some_and(|place| place.unreadable))
        .collect();
    let mut said = BTreeSet::new();
    let mut kept: Vec<Problem> = Vec::new();
    for problem in problems {
        if !causes.iter().any(|cause| problem.follows_from(cause))
            && said.insert((
                &problem.file,
                problem.line,
                problem.column,
                &problem.message,
            ))
        {
            kept.push(problem.clone());
        }
    }
    kept.sort_by(|a, b| {
        (a.severity, &a.file, a.line, a.column).cmp(&(b.severity, &b.file, b.line, b.column))
    });
    kept
}

/// `loops/work/loop.yaml:3:1: unknown key `terminaton``: one line, as compilers and editors know it.
impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.file.is_empty() {
            write!(f, "{}:{}:{}: ", self.file, self.line, self.column)?;
        }
        f.write_str(&self.message)
    }
}

impl Problem {
    /// Renders it for the terminal: the message with its code, the source line, and the hint.
    pub fn render(&self, colour: bool) -> String {
        let level = match self.severity {
            Severity::Error => Level::ERROR,
            Severity::Warning => Level::WARNING,
        };
        let codes = self.codes();
        let title = level.primary_title(&self.message).id(&codes);
        let mut group = match &self.place {
            Some(Place { text, span, .. }) => {
                let mark = AnnotationKind::Primary.span(span.clone());
                let snippet = Snippet::source(with_last_line(&text.text)).path(&text.file);
                title.element(snippet.annotation(mark))
            }
            None => Group::with_title(title),
        };
        if let Some(hint) = &self.hint {
            group = group.element(Level::HELP.message(hint));
        }
        let renderer = if colour {
            Renderer::styled()
        } else {
            Renderer::plain()
        };
        renderer.render(&[group])
    }
}

/// Returns the text with a character on its last line, where a span at the end can be shown.
fn with_last_line(text: &str) -> Cow<'_, str> {
    if text.is_empty() || text.ends_with('\n') {
        Cow::Owned(format!("{text} "))
    } else {
        Cow::Borrowed(text)
    }
}

/// Everything wrong with a definition, as one error.
#[derive(Clone, Debug, thiserror::Error)]
#[error("{name} cannot be used: {}", count(.problems.len(), "mistake"))]
pub struct Invalid {
    name: String,
    pub problems: Vec<Problem>,
}

impl Invalid {
    /// `name` is what was asked for: `` loop `work` ``.
    pub fn new(name: impl Into<String>, problems: Vec<Problem>) -> Self {
        Self {
            name: name.into(),
            problems,
        }
    }
}

/// A text that problems can point into.
#[derive(Clone, Debug)]
pub(crate) struct Document {
    text: Arc<SourceText>,
    kind: PlanKind,
}

impl Document {
    /// Some editors start a file with a byte order mark, which is no part of the text.
    pub(crate) fn new(file: &str, text: &str) -> Self {
        let text = Arc::new(SourceText {
            file: file.to_owned(),
            text: text.trim_start_matches('\u{feff}').to_owned(),
        });
        Self {
            text,
            kind: PlanKind::Loop,
        }
    }

    /// Marks it as a pipeline's, some of whose mistakes had codes of their own.
    pub(crate) fn of_pipeline(self) -> Self {
        Self {
            kind: PlanKind::Pipeline,
            ..self
        }
    }

    pub(crate) fn text(&self) -> &str {
        &self.text.text
    }

    /// An error at what a path's last key holds.
    pub(crate) fn at(
        &self,
        path: &Path,
        code: &'static str,
        message: impl Into<String>,
    ) -> Problem {
        self.spanning(
            locate::locate(self.text(), path, Side::Value),
            path,
            code,
            message,
        )
    }

    /// An error at a path's last key itself.
    pub(crate) fn at_key(
        &self,
        path: &Path,
        code: &'static str,
        message: impl Into<String>,
    ) -> Problem {
        self.spanning(
            locate::locate(self.text(), path, Side::Key),
            path,
            code,
            message,
        )
    }

    /// An error at a piece of the text; `path` is where in the document that is.
    pub(crate) fn spanning(
        &self,
        span: Range<usize>,
        path: &Path,
        code: &'static str,
        message: impl Into<String>,
    ) -> Problem {
        let (line, column) = locate::line_column(self.text(), span.start);
        let place = Place {
            text: Arc::clone(&self.text),
            span,
            path: path.clone(),
            unreadable: false,
        };
        let alias = lint_code::alias(code, self.kind);
        Problem {
            file: self.text.file.clone(),
            line,
            column,
            alias,
            place: Some(place),
            ..Problem::nowhere(code, message)
        }
    }
}
