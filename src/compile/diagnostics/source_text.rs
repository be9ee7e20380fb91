//! A text with its file.

/// A file's text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SourceText {
    /// The file as shown to the user, or `builtin:<path>`.
    pub file: String,
    /// Its content.
    pub text: String,
}

impl SourceText {
    /// Returns the text without the byte order mark that some editors put at its start.
    pub(super) fn without_mark(&self) -> Self {
        Self {
            file: self.file.clone(),
            text: self.text.trim_start_matches('\u{feff}').to_owned(),
        }
    }
}
