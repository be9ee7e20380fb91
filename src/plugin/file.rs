//! A file of the plugin.
use camino::Utf8PathBuf;

/// A file of the plugin.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct File {
    /// Relative to the plugin's folder.
    pub path: Utf8PathBuf,
    pub text: String,
    /// Whether it is executable.
    pub runs: bool,
}
