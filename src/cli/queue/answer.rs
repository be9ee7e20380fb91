//! What an `ap queue` command prints, and its exit code.
use crate::error::{ExitCode, Result};
use crate::ui::{note, out};

#[derive(Debug)]
pub(super) struct Answer {
    /// For stdout.
    pub(super) data: String,
    /// For stderr.
    pub(super) note: String,
    pub(super) code: ExitCode,
}

impl Answer {
    /// An answer with a note on stderr.
    pub(super) fn with_note(data: String, note: String) -> Self {
        Self {
            note,
            ..data.into()
        }
    }

    pub(super) fn map_note(self, change: impl FnOnce(&str) -> String) -> Self {
        Self {
            note: change(&self.note),
            ..self
        }
    }

    /// Puts the queue's remarks before the note.
    pub(super) fn with_remarks(self, remarks: &[String]) -> Self {
        let remarks: String = remarks
            .iter()
            .map(|remark| format!("Note: {remark}.\n"))
            .collect();
        Self {
            note: remarks + &self.note,
            ..self
        }
    }

    pub(super) fn print(self) -> Result<ExitCode> {
        if !self.note.is_empty() {
            note(&self.note);
        }
        if !self.data.is_empty() {
            out(&self.data)?;
        }
        Ok(self.code)
    }
}

impl From<String> for Answer {
    fn from(data: String) -> Self {
        Self {
            data,
            note: String::new(),
            code: ExitCode::Done,
        }
    }
}
