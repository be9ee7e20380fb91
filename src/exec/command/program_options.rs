//! The options a program has: asked once, and remembered as long as its file is the same.
use super::bounded::BoundedCommand;
use crate::model::{CommandOutput, Env};
use crate::store::atomic;
use camino::{Utf8Path, Utf8PathBuf};
use fs_err as fs;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use std::os::unix::fs::MetadataExt as _;
use std::time::Duration;

/// A smaller program is a script that calls another one, or a stand-in that takes any call for work: it is not run for a
/// question. Agent programs have tens of megabytes.
const SMALLEST: u64 = 4 * 1024 * 1024;
/// How long a program may take to print its help.
const PATIENCE: Duration = Duration::from_secs(20);

/// What is remembered of a program.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Known {
    size: u64,
    /// When its file was changed: seconds and nanoseconds.
    changed: (i64, i64),
    options: BTreeSet<String>,
}

type Programs = BTreeMap<Utf8PathBuf, Known>;

/// Whether a program can be asked something without the risk that it starts to work.
pub fn can_be_asked(program: &Utf8Path) -> bool {
    fs::metadata(program).is_ok_and(|file| SMALLEST <= file.len())
}

/// Returns the options that a program's help names; `None` where that cannot be known.
///
/// The answer is stored in the file `memory` for everyone who asks later.
pub fn program_options(
    program: &Utf8Path,
    memory: &Utf8Path,
    env: &Env,
) -> Option<BTreeSet<String>> {
    let program = program.canonicalize_utf8().ok()?;
    if !can_be_asked(&program) {
        return None;
    }
    let file = fs::metadata(&program).ok()?;
    let (size, changed) = (file.len(), (file.mtime(), file.mtime_nsec()));
    let mut known: Programs = fs::read(memory)
        .ok()
        .and_then(|text| serde_json::from_slice(&text).ok())
        .unwrap_or_default();
    if let Some(known) = known.get(&program)
        && (known.size, known.changed) == (size, changed)
    {
        return Some(known.options.clone());
    }
    let options = ask(&program, env)?;
    let entry = Known {
        size,
        changed,
        options: options.clone(),
    };
    known.insert(program, entry);
    if let Err(error) = remember(memory, &known) {
        tracing::debug!(%error, %memory, "what programs can do is not remembered");
    }
    Some(options)
}

fn remember(memory: &Utf8Path, known: &Programs) -> std::io::Result<()> {
    fs::create_dir_all(memory.parent().unwrap_or(Utf8Path::new(".")))?;
    atomic::replace(memory, &serde_json::to_vec_pretty(known)?)
}

/// Returns the options in a program's help; none at all is no answer.
fn ask(program: &Utf8Path, env: &Env) -> Option<BTreeSet<String>> {
    let command = BoundedCommand::new(program)
        .args(["--help"])
        .clean_env(env)
        .limit(PATIENCE);
    let output = command.run().ok().filter(CommandOutput::is_success)?;
    let help = String::from_utf8_lossy(&output.stdout);
    let options: BTreeSet<String> = help
        .lines()
        .filter(|line| line.trim_start().starts_with('-'))
        .flat_map(|line| {
            line.split([' ', ','])
                .take_while(|word| word.is_empty() || word.starts_with('-'))
        })
        .filter(|word| !word.is_empty())
        .map(str::to_owned)
        .collect();
    (!options.is_empty()).then_some(options)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt as _;

    #[test]
    fn a_program_is_asked_once_until_its_file_changes() {
        let folder = tempfile::tempdir().unwrap();
        let folder = Utf8Path::from_path(folder.path()).unwrap();
        let (program, memory, asked) = (
            folder.join("agent"),
            folder.join("cache/programs.json"),
            folder.join("asked"),
        );
        let filler = "#".repeat(4_300_000);
        let save = |option: &str| {
            let text = format!(
                "#!/bin/sh\necho >> '{asked}'\necho '  -n, --name <text>  Name'\necho '  {option} <x>  Other'\nexit 0\n{filler}\n"
            );
            atomic::replace(&program, text.as_bytes()).unwrap();
            fs::set_permissions(&program, std::fs::Permissions::from_mode(0o755)).unwrap();
        };
        let env: Env = std::env::vars()
            .filter(|(name, _)| name == "PATH")
            .collect();
        let ask = || program_options(&program, &memory, &env).unwrap();
        save("--effort");
        for _ in 0..2 {
            assert_eq!(
                ask(),
                ["--effort", "--name", "-n"].map(str::to_owned).into()
            );
        }
        assert_eq!(fs::read_to_string(&asked).unwrap().lines().count(), 1);
        save("--effort-level");
        assert!(ask().contains("--effort-level"));
        assert_eq!(fs::read_to_string(&asked).unwrap().lines().count(), 2);
        atomic::replace(&program, b"#!/bin/sh\n").unwrap();
        assert_eq!(
            program_options(&program, &memory, &env),
            None,
            "a small script is not run"
        );
    }
}
