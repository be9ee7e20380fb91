//! How what an agent does is shown: in a session's window, and wherever else it is followed.
use super::style;
use super::wrap::wrap;
use crate::agent::Activity;
use camino::Utf8Path;

/// Where tools' arguments begin, so that they stand below each other.
const COLUMN: usize = 6;
/// Narrower windows are not reckoned with.
const MIN_WIDTH: usize = 40;

/// Shows activities. Knows which folders need not be named again and again, and how wide the window is.
#[derive(Debug, Default)]
pub struct Shown {
    folders: Vec<String>,
    /// Nothing is cut or wrapped without.
    pub width: Option<usize>,
}

impl Shown {
    /// `folders` are left out of paths, the longest that fits.
    pub fn new<'a>(folders: impl IntoIterator<Item = &'a Utf8Path>) -> Self {
        let mut folders: Vec<String> = folders
            .into_iter()
            .map(|folder| format!("{folder}/"))
            .collect();
        folders.sort_by_key(|folder| std::cmp::Reverse(folder.len()));
        Self {
            folders,
            width: None,
        }
    }

    /// Returns the lines for an activity; none for one without news. `pays` is the account that pays, if it is known.
    pub fn lines(&self, activity: &Activity, pays: Option<&str>) -> Vec<String> {
        let one = |text: String| vec![self.cut(&text)];
        match activity {
            Activity::Started { model, version } => {
                let version = if version.is_empty() {
                    String::new()
                } else {
                    format!(", version {version}")
                };
                let pays = pays.map_or_else(String::new, |who| format!(", paid by {who}"));
                one(style::faint(&format!("{model}{version}{pays}")).to_string())
            }
            Activity::Text { text, sub: false } => self.wrap(&self.short(text)),
            Activity::Text { text, sub: true } => {
                self.wrap(&format!("sub-agent: {}", self.short(text)))
            }
            Activity::Tool { name, about, sub } => {
                let about = self.short(about);
                let sub = if *sub { "sub-agent: " } else { "" };
                one(
                    format!("{sub}{} {about}", style::name(&format!("{name:<COLUMN$}")))
                        .trim_end()
                        .to_owned(),
                )
            }
            Activity::ToolFailed { message } => {
                let why = match message.as_str() {
                    "" | "null" => "failed".to_owned(),
                    message => self.short(message),
                };
                one(style::odd(&format!("{:COLUMN$} ↳ {why}", "")).to_string())
            }
            Activity::Denied { tool, message } => one(style::bad(&format!(
                "{:COLUMN$} ↳ not permitted: {tool}: {}",
                "",
                self.short(message)
            ))
            .to_string()),
            Activity::Retrying { .. } => one(style::odd(&activity.line()).to_string()),
            Activity::Quota {
                status, used: None, ..
            } if status == "allowed" => Vec::new(),
            // How the attempt ended is printed right after.
            Activity::Finished { error: None, .. } => Vec::new(),
            Activity::Finished { error: Some(_), .. } => {
                one(style::bad(&activity.line()).to_string())
            }
            Activity::Quota { .. } | Activity::Notice { .. } | Activity::Skipped { .. } => {
                one(style::faint(&activity.line()).to_string())
            }
            Activity::Raw { text } => one(self.short(text)),
        }
    }

    /// Removes the known folders from paths.
    pub fn short(&self, text: &str) -> String {
        self.folders.iter().fold(text.to_owned(), |text, folder| {
            text.replace(folder.as_str(), "")
        })
    }

    fn cut(&self, text: &str) -> String {
        match self.width {
            Some(width) => console::truncate_str(text, width.max(MIN_WIDTH), "…").into_owned(),
            None => text.to_owned(),
        }
    }

    /// Breaks a text between its words.
    fn wrap(&self, text: &str) -> Vec<String> {
        let Some(width) = self.width else {
            return vec![text.to_owned()];
        };
        wrap(text, width.max(MIN_WIDTH))
            .iter()
            .map(|line| self.cut(line))
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(width: Option<usize>) -> Shown {
        console::set_colors_enabled(false);
        Shown {
            width,
            ..Shown::new(["/p", "/p/.claude/pipeline-runs/s"].map(Utf8Path::new))
        }
    }

    #[test]
    fn paths_are_shown_relative_to_known_folders() {
        let tool = |about: &str| Activity::Tool {
            name: "Read".to_owned(),
            about: about.to_owned(),
            sub: false,
        };
        let line = |about| shown(None).lines(&tool(about), None).concat();
        assert_eq!(line("/p/src/main.rs"), "Read   src/main.rs");
        assert_eq!(
            line("/p/.claude/pipeline-runs/s/progress-s.md"),
            "Read   progress-s.md"
        );
        assert_eq!(line("/elsewhere/x"), "Read   /elsewhere/x");
    }

    #[test]
    fn long_lines_fit_the_window() {
        let text = Activity::Text {
            text: "word ".repeat(30).trim().to_owned(),
            sub: false,
        };
        let lines = shown(Some(50)).lines(&text, None);
        assert_eq!(lines.len(), 3, "{lines:?}");
        assert!(lines.iter().all(|line| line.len() <= 50), "{lines:?}");
        let tool = Activity::Tool {
            name: "Bash".to_owned(),
            about: "x".repeat(100),
            sub: false,
        };
        assert_eq!(
            shown(Some(50)).lines(&tool, None),
            [format!("Bash   {}…", "x".repeat(42))]
        );
        assert_eq!(shown(None).lines(&text, None).len(), 1);
    }

    #[test]
    fn the_paying_account_is_shown_at_the_start() {
        let started = Activity::Started {
            model: "opus".to_owned(),
            version: "2.1".to_owned(),
        };
        assert_eq!(
            shown(None).lines(&started, Some("API key")),
            ["opus, version 2.1, paid by API key"]
        );
    }
}
