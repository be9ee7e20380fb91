//! Files that are missing or cannot be read as text.
use super::diagnostic::Problem;
use super::lint_code::LintCode;
use super::source_text::SourceText;

/// A file that cannot be read as text, or is not there.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{reason}")]
pub struct Unreadable {
    /// Its lint code.
    pub code: LintCode,
    /// What is wrong.
    pub reason: String,
    /// What to do about it.
    pub hint: String,
    /// The file as shown to the user, with the text before the first byte that is not text.
    pub before: SourceText,
}

impl Unreadable {
    /// Makes one for an existing file; `before` is the text before the first byte that is not text.
    pub fn file(
        reason: impl Into<String>,
        hint: impl Into<String>,
        before: impl Into<String>,
    ) -> Self {
        let before = SourceText {
            file: String::new(),
            text: before.into(),
        };
        Self {
            code: LintCode::Unreadable,
            reason: reason.into(),
            hint: hint.into(),
            before,
        }
    }

    /// Makes one of a loop that has no prompt.
    pub fn no_prompt(reason: impl Into<String>) -> Self {
        let hint = "write the prompt of each agent to `prompt.md` beside the definition";
        Self {
            code: LintCode::NoPrompt,
            ..Self::file(reason, hint, "")
        }
    }

    /// Makes one of a folder that has no definition in it; `file` is where that would be.
    pub fn no_definition(folder: &str, file: String) -> Self {
        let (reason, hint) = (
            format!("the folder `{folder}` has no `loop.yaml`"),
            "write it, or move the folder elsewhere if it is not a loop",
        );
        Self {
            code: LintCode::NoDefinition,
            ..Self::file(reason, hint, "")
        }
        .in_file(file)
    }

    /// Names the file that was probably meant to be the definition.
    #[must_use]
    pub fn with_misnamed(self, file: &str) -> Self {
        Self {
            reason: format!("{}, but `{file}`", self.reason),
            hint: format!("rename `{file}` to `loop.yaml`"),
            ..self
        }
    }

    /// Sets the file, as shown to the user.
    #[must_use]
    pub fn in_file(self, file: String) -> Self {
        Self {
            before: SourceText {
                file,
                ..self.before
            },
            ..self
        }
    }

    /// Converts it into a mistake of that file.
    pub fn problem(&self) -> Problem {
        Problem::no_text(&self.before, self.code, self.reason.clone()).hint(self.hint.clone())
    }
}
