//! A mistake in a definition: what, exactly where, and what to write instead.
use super::lint_code::LintCode;
use super::locate::{Side, locate};
use super::path::Path;
use super::position::line_column;
use super::source_text::SourceText;
use crate::plan::PlanKind;
use annotate_snippets::{AnnotationKind, Group, Level, Renderer, Snippet};
use serde::Serialize;
use std::borrow::Cow;
use std::collections::BTreeSet;
use std::{fmt, ops::Range, sync::Arc};

/// The severity of a mistake: whether the definition can run in spite of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// It cannot run.
    Error,
    /// It can run, but is probably a mistake.
    Warning,
}

/// One mistake. Its JSON form is what `ap lint --json` prints.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
pub struct Problem {
    /// The file as shown to the user; empty if the mistake is in no file.
    pub file: String,
    /// 1-based; 0 if the mistake is in no file.
    pub line: usize,
    /// 1-based, in characters.
    pub column: usize,
    /// The lint code.
    pub code: LintCode,
    /// The code of the same mistake in agent-pipelines: `P006`.
    pub alias: Option<&'static str>,
    /// Whether it stops the definition from running.
    #[serde(rename = "level")]
    pub severity: Severity,
    /// What is wrong.
    pub message: String,
    /// What to do about it.
    pub hint: Option<String>,
    #[serde(skip)]
    place: Option<SourceSpan>,
}

#[derive(Clone, Debug)]
pub(super) struct SourceSpan {
    text: Arc<SourceText>,
    span: Range<usize>,
    /// Where in the document, to leave out what only follows from another mistake.
    path: Path,
    /// Whether the text could not be read as a value of the expected type.
    unreadable: bool,
}

impl SourceSpan {
    /// Widens the span to whole characters: parsers count in bytes, and may stop inside one.
    pub(super) fn new(text: &Arc<SourceText>, span: Range<usize>, path: Path) -> Self {
        let start = text.text.floor_char_boundary(span.start);
        let end = text.text.ceil_char_boundary(span.end).max(start);
        Self {
            text: Arc::clone(text),
            span: start..end,
            path,
            unreadable: false,
        }
    }
}

impl Problem {
    /// Makes a problem outside of any file, such as an invalid flag.
    pub fn without_file(code: LintCode, message: impl Into<String>) -> Self {
        let (severity, alias) = (Severity::Error, code.alias(PlanKind::Loop));
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

    /// Makes a problem at a piece of a text; mistakes in pipelines may have an alias of their own.
    pub(super) fn at_span(
        span: SourceSpan,
        kind: PlanKind,
        code: LintCode,
        message: impl Into<String>,
    ) -> Self {
        let (line, column) = line_column(&span.text.text, span.span.start);
        Self {
            file: span.text.file.clone(),
            line,
            column,
            alias: code.alias(kind),
            place: Some(span),
            ..Self::without_file(code, message)
        }
    }

    /// Makes a problem of a file as a whole.
    pub fn of_file(text: &SourceText, code: LintCode, message: impl Into<String>) -> Self {
        let span = SourceSpan::new(&Arc::new(text.without_mark()), 0..0, Path::default());
        Self::at_span(span, PlanKind::Loop, code, message)
    }

    /// Makes a warning about one of a pipeline's `inputs`, counted from 0, that matches no file.
    pub fn missing_input(pipeline: &SourceText, index: usize, message: impl Into<String>) -> Self {
        let (text, path) = (
            Arc::new(pipeline.without_mark()),
            Path::default().to("inputs").to(index),
        );
        let span = locate(&text.text, &path, Side::Value);
        let span = SourceSpan::new(&text, span, path);
        Self::at_span(span, PlanKind::Pipeline, LintCode::MissingInput, message).warning()
    }

    /// Makes a problem of a file that stops being text after `before`, or cannot be read at all.
    pub(crate) fn no_text(before: &SourceText, code: LintCode, reason: impl Into<String>) -> Self {
        let (text, end) = (Arc::new(before.without_mark()), before.text.len());
        let end = end.min(text.text.len());
        let span = SourceSpan::new(&text, end..end, Path::default());
        Self::at_span(span, PlanKind::Loop, code, reason)
    }

    /// Attributes a problem that is in no file to this one.
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

    /// Sets the hint: what to do about it.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// Makes it a warning, which does not prevent a run.
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

/// Drops problems that follow from another one and duplicates, and sorts: errors first, then by location.
pub(crate) fn normalize(problems: &[Problem]) -> Vec<Problem> {
    let causes: Vec<&Problem> = problems
        .iter()
        .filter(|problem| problem.place.as_ref().is_some_and(|place| place.unreadable))
        .collect();
    let mut seen = BTreeSet::new();
    let mut kept: Vec<Problem> = Vec::new();
    for problem in problems {
        if !causes.iter().any(|cause| problem.follows_from(cause))
            && seen.insert((
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
        let title = level.primary_title(&self.message).id(self.code.as_str());
        let mut group = match &self.place {
            Some(SourceSpan { text, span, .. }) => {
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_span_inside_a_character_shows_the_whole_character() {
        let text = Arc::new(SourceText {
            file: "p.yaml".to_owned(),
            text: "a: é\n".to_owned(),
        });
        for span in [3..4, 4..4, 4..5, 9..12] {
            let span = SourceSpan::new(&text, span, Path::default());
            let problem = Problem::at_span(span, PlanKind::Loop, LintCode::Yaml, "wrong");
            let shown = problem.render(false);
            let place = format!("p.yaml:{}:{}", problem.line, problem.column);
            assert!(shown.contains(&place), "{place} is not in {shown}");
        }
    }
}
