//! The context of a scripted agent, and the variables of its texts.
use crate::error::{Error, Result};
use crate::model::env_tag;
use camino::Utf8PathBuf;
use fs_err as fs;
use serde::Deserialize;
use std::env;

/// The attempt that the agent makes.
#[derive(Clone, Debug, Default)]
pub(super) struct ScriptContext {
    pub(super) iteration: u32,
    pub(super) attempt: u32,
    pub(super) session: String,
    pub(super) status: Utf8PathBuf,
    progress: String,
    output: String,
    context: String,
    /// `ap`, for the queue.
    pub(super) ap: String,
    pub(super) task: Option<Task>,
    /// The message that it read last.
    pub(super) said: String,
}

/// The task the agent has claimed.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct Task {
    pub(super) id: String,
    #[serde(default)]
    pub(super) title: String,
}

/// The parts of `context.json` that are needed.
#[derive(Deserialize)]
struct Context {
    session: String,
    iteration: u32,
    paths: Paths,
}

#[derive(Deserialize)]
struct Paths {
    status: Utf8PathBuf,
    #[serde(default)]
    progress: String,
    #[serde(default)]
    output: String,
}

/// Returns the path of the attempt's `context.json`.
pub(super) fn context_path() -> Result<Utf8PathBuf> {
    env::var("AP_CONTEXT").map(Utf8PathBuf::from).map_err(|_| {
        Error::usage("AP_CONTEXT is not set")
            .hint("the scripted agent is started by a session: `ap demo` shows it")
    })
}

impl ScriptContext {
    /// Reads the context named by `AP_CONTEXT`.
    pub(super) fn from_environment() -> Result<Self> {
        let path = context_path()?.into_string();
        let ap = match env::var("AP_EXE") {
            Ok(ap) => ap,
            Err(_) => env::current_exe()?.to_string_lossy().into_owned(),
        };
        let text = fs::read_to_string(&path)?;
        let attempt = env::var(env_tag::ATTEMPT)
            .ok()
            .and_then(|marker| attempt_of(&marker))
            .unwrap_or(1);
        Self::new(&text, path, attempt, ap)
    }

    /// Reads the text of the `context.json` at `path`.
    pub(super) fn new(text: &str, path: String, attempt: u32, ap: String) -> Result<Self> {
        let context: Context = serde_json::from_str(text)
            .map_err(|error| Error::failed(format!("{path} is not a context: {error}")))?;
        let Context {
            session,
            iteration,
            paths:
                Paths {
                    status,
                    progress,
                    output,
                },
        } = context;
        Ok(Self {
            iteration,
            attempt,
            session,
            status,
            progress,
            output,
            context: path,
            ap,
            task: None,
            said: String::new(),
        })
    }

    /// Replaces the variables in a text; anything else that looks like one stays as it is.
    pub(super) fn fill(&self, text: &str) -> String {
        let mut filled = String::new();
        let mut rest = text;
        while let Some((before, after)) = rest.split_once("${") {
            filled += before;
            match after
                .split_once('}')
                .and_then(|(name, after)| Some((self.variable(name)?, after)))
            {
                Some((value, after)) => {
                    filled += &value;
                    rest = after;
                }
                None => {
                    filled += "${";
                    rest = after;
                }
            }
        }
        filled + rest
    }

    fn variable(&self, name: &str) -> Option<String> {
        let task = self.task.as_ref();
        Some(match name {
            "ITERATION" => self.iteration.to_string(),
            "SESSION_NAME" | "SESSION" => self.session.clone(),
            "STATUS" => self.status.to_string(),
            "PROGRESS" => self.progress.clone(),
            "OUTPUT" => self.output.clone(),
            "CTX" => self.context.clone(),
            "SAID" => self.said.clone(),
            "TASK_ID" => task?.id.clone(),
            "TASK_TITLE" => task?.title.clone(),
            "TASK_SLUG" => slug(task?),
            _ => return None,
        })
    }
}

/// Returns the attempt in a marker `<run>/<node>.<iteration>.<attempt>`.
fn attempt_of(marker: &str) -> Option<u32> {
    marker.rsplit('.').next()?.parse().ok()
}

/// Returns a file name for the task: letters, digits and single hyphens of its title, or else of its id.
fn slug(task: &Task) -> String {
    let slug = |text: &str| {
        let words = text
            .split(|c: char| !c.is_ascii_alphanumeric())
            .filter(|word| !word.is_empty());
        words.take(8).collect::<Vec<_>>().join("-").to_lowercase()
    };
    match slug(&task.title) {
        title if title.is_empty() => format!("task-{}", slug(&task.id)),
        title => title,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn variables_are_filled_and_everything_else_stays() {
        let task = Some(Task {
            id: "t1".to_owned(),
            title: "Say ${ITERATION}, twice!".to_owned(),
        });
        let context = ScriptContext {
            iteration: 3,
            task,
            ..ScriptContext::default()
        };
        assert_eq!(
            context.fill("${ITERATION} ${NONE} $HOME ${ ${TASK_TITLE} ${TASK_SLUG}"),
            "3 ${NONE} $HOME ${ Say ${ITERATION}, twice! say-iteration-twice"
        );
        assert_eq!(attempt_of("r1/0.3.2"), Some(2));
    }
}
