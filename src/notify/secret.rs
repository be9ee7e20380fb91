//! Fetches secrets from where `config.yaml` says they are.
use crate::exec::command::{BoundedCommand, find_program};
use crate::model::Env;
use crate::plan::SecretRef;
use crate::store::secrets::Secrets;
use camino::Utf8Path;
use fs_err as fs;
use std::time::Duration;
use thiserror::Error;

/// How long a program may take to print a secret.
const LIMIT: Duration = Duration::from_secs(10);

/// Why a secret is not known. It names the source, never a value.
#[derive(Debug, Error)]
pub enum Unresolved {
    #[error("secrets.yaml has no `{0}`")]
    NoEntry(String),
    #[error("`{name}` is not known: {reason}")]
    Refused { name: String, reason: String },
    #[error("the variable {0} is not set")]
    NoVariable(String),
    #[error("{0}")]
    File(String),
    #[error("`{program}` {reason}")]
    Command { program: String, reason: String },
}

/// Fetches secrets.
#[derive(Debug)]
pub struct Resolver<'a> {
    pub secrets: &'a Secrets,
    pub vars: &'a Env,
}

impl Resolver<'_> {
    /// Returns a secret.
    pub fn resolve(&self, from: &SecretRef) -> Result<String, Unresolved> {
        let value = match from {
            SecretRef::Plain(text) => Some(text.clone()),
            SecretRef::Secret(name) => self.secrets.get(name).map(str::to_owned),
            SecretRef::Env(name) => self.vars.get(name).cloned(),
            SecretRef::File(path) => Some(self.file(path)?),
            SecretRef::Command(argv) => Some(self.command(argv)?),
        };
        let value = value.map(|value| value.trim().to_owned());
        value
            .filter(|value| !value.is_empty())
            .ok_or_else(|| match from {
                SecretRef::Env(name) => Unresolved::NoVariable(name.clone()),
                SecretRef::Secret(name) if !self.secrets.refused.is_empty() => {
                    Unresolved::Refused {
                        name: name.clone(),
                        reason: self.secrets.refused.join("; "),
                    }
                }
                SecretRef::Secret(name) => Unresolved::NoEntry(name.clone()),
                SecretRef::Plain(_) | SecretRef::File(_) | SecretRef::Command(_) => {
                    Unresolved::File(format!("{from} is empty"))
                }
            })
    }

    fn file(&self, path: &str) -> Result<String, Unresolved> {
        let home = self.vars.get("HOME").map(Utf8Path::new);
        let path = match (path.strip_prefix("~/"), home) {
            (Some(inside), Some(home)) => home.join(inside),
            _ => Utf8Path::new(path).to_owned(),
        };
        let text =
            fs::read_to_string(&path).map_err(|error| Unresolved::File(error.to_string()))?;
        Ok(first_line(&text))
    }

    fn command(&self, argv: &[String]) -> Result<String, Unresolved> {
        let program = argv.first().map_or("", String::as_str);
        let failed = |reason: String| Unresolved::Command {
            program: program.to_owned(),
            reason,
        };
        let found = find_program(program, self.vars.get("PATH"), Utf8Path::new("/"))
            .ok_or_else(|| failed("is not found".to_owned()))?;
        let output = BoundedCommand::swept(&found)
            .args(&argv[1..])
            .clean_env(self.vars)
            .limit(LIMIT)
            .run()
            .map_err(|error| failed(error.to_string()))?;
        if !output.is_success() {
            return Err(failed("failed".to_owned()));
        }
        Ok(first_line(&output.stdout_text()))
    }
}

fn first_line(text: &str) -> String {
    text.lines().next().unwrap_or_default().to_owned()
}
