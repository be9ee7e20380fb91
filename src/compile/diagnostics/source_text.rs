//! A text with its file.

/// A file's text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SourceText {
    /// The file as people know it, or `builtin:<path>`.
    pub file: String,
    /// What it holds.
    pub text: String,
}
