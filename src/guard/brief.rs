//! What an agent's guardrails are given: the runner writes it into the agent's environment, where no agent can change it.
use super::scope::{Protected, Settings};
use camino::Utf8PathBuf;
use serde::{Deserialize, Serialize};

/// The guardrails of an attempt. Paths are absolute.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Brief {
    pub settings: Settings,
    /// The folder the agent works in.
    pub project: Utf8PathBuf,
    pub protected: Vec<Protected>,
    /// What it may write although a folder above is protected.
    pub writable: Vec<Utf8PathBuf>,
    /// Task files, whose words it may not change.
    pub task_files: Vec<Utf8PathBuf>,
}

impl Brief {
    /// The environment variable that holds it, as JSON.
    pub const VARIABLE: &str = "AP_GUARD";
    /// What Linux takes for one variable, with room for its name.
    const MAX_BYTES: usize = 120 * 1024;

    /// Returns it as the value of the variable, with as many protected paths as fit.
    pub fn to_value(&self) -> String {
        let mut brief = self.clone();
        loop {
            let text = serde_json::to_string(&brief).unwrap_or_default();
            if text.len() < Self::MAX_BYTES || brief.protected.is_empty() {
                return text;
            }
            brief.protected.truncate(brief.protected.len() / 2);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_brief_fits_into_a_variable_and_comes_back() {
        let protected = |number| Protected {
            path: format!("/p/app/gates/{number:0100}.sh").into(),
            what: "is a gate".to_owned(),
        };
        let mut brief = Brief {
            project: "/p/app".into(),
            protected: (0..3).map(protected).collect(),
            ..Brief::default()
        };
        let back: Brief = serde_json::from_str(&brief.to_value()).unwrap();
        assert_eq!(back, brief);
        brief.protected = (0..5000).map(protected).collect();
        let text = brief.to_value();
        assert!(text.len() < 128 * 1024);
        let back: Brief = serde_json::from_str(&text).unwrap();
        assert!(100 < back.protected.len());
    }
}
