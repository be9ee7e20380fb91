//! Whether an attempt failed because its machine lacks something.
use crate::agent::spec::AgentSpec;
use crate::agent::transcript::TranscriptState;
use crate::model::{Exit, Outcome, Requirement};

/// Lines at the end of standard error that may say why the program ended.
const LAST_LINES: usize = 5;

/// Words of programs and of the kernel for what is lacking.
const WORDS: [(&str, Requirement); 19] = [
    ("enospc", Requirement::DiskSpace),
    ("no space left on device", Requirement::DiskSpace),
    ("edquot", Requirement::DiskSpace),
    ("disk quota exceeded", Requirement::DiskSpace),
    ("disk is full", Requirement::DiskSpace),
    ("erofs", Requirement::WritableDisk),
    ("read-only file system", Requirement::WritableDisk),
    ("emfile", Requirement::Descriptors),
    ("enfile", Requirement::Descriptors),
    ("too many open files", Requirement::Descriptors),
    (
        "eagain: resource temporarily unavailable, fork",
        Requirement::Processes,
    ),
    (
        "fork: resource temporarily unavailable",
        Requirement::Processes,
    ),
    ("fork: retry", Requirement::Processes),
    ("enomem", Requirement::Memory),
    ("cannot allocate memory", Requirement::Memory),
    ("heap out of memory", Requirement::Memory),
    ("reached heap limit", Requirement::Memory),
    ("std::bad_alloc", Requirement::Memory),
    ("runtime: out of memory", Requirement::Memory),
];

/// Returns the outcome of a call whose program is not on `PATH`. `key` is where a definition may name another one.
pub fn missing_program(spec: &AgentSpec, program: &str, key: &str) -> Outcome {
    Outcome::Environment {
        requirement: Requirement::Program {
            program: program.to_owned(),
        },
        reason: format!(
            "there is no program `{program}` on PATH; {}; or name it with `program:` in {key}",
            spec.adapter().install_hint()
        ),
    }
}

/// Returns what a program needs that could not be started, if that may change by itself.
pub(super) fn not_started(spec: &AgentSpec, error: &str) -> Option<Outcome> {
    let program = || Requirement::Program {
        program: spec.program.clone(),
    };
    let lower = error.to_lowercase();
    let is_missing = ["no such file", "text file busy", "permission denied"]
        .iter()
        .any(|words| lower.contains(words));
    let requirement = if is_missing {
        program()
    } else if lower.contains("resource temporarily unavailable") {
        Requirement::Processes
    } else {
        by_words(&lower)?
    };
    Some(Outcome::Environment {
        requirement,
        reason: format!("`{}` could not be started: {error}", spec.program),
    })
}

/// Returns what a failed attempt needs. Only a program that could not explain its end is judged by its standard error:
/// tools of the agent print there too.
pub(super) fn of_failure(state: &TranscriptState, exit: &Exit, stderr: &str) -> Option<Outcome> {
    if exit.out_of_memory {
        return Some(Outcome::Environment {
            requirement: Requirement::Memory,
            reason: "the kernel ended it for want of memory".to_owned(),
        });
    }
    if exit.code == Some(0) && !state.has_failed() {
        return None;
    }
    let own = state.error_text();
    let lines: Vec<&str> = match &own {
        Some(text) => vec![text],
        None if state.results == 0 => last_lines(stderr).chain([&*state.last_raw]).collect(),
        None => return None,
    };
    lines.into_iter().find_map(|line| {
        let requirement = by_words(&line.to_lowercase())?;
        let reason = crate::text::first_line(line);
        Some(Outcome::Environment {
            requirement,
            reason,
        })
    })
}

fn by_words(line: &str) -> Option<Requirement> {
    let found = WORDS.iter().find(|(words, _)| line.contains(words));
    found.map(|(_, requirement)| requirement.clone())
}

fn last_lines(text: &str) -> impl Iterator<Item = &str> {
    text.lines()
        .rev()
        .filter(|line| !line.trim().is_empty())
        .take(LAST_LINES)
}
