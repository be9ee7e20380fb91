//! What must hold when a session is over.
use crate::processes::commands;
use crate::session::{NAME, PRECIOUS, Session};
use agent_pipelines::clock::wait_until;
use std::collections::BTreeSet;
use std::time::Duration;

/// How long a process of a session may outlive it.
const GONE: Duration = Duration::from_secs(5);

/// Returns what is violated.
pub(crate) fn check(session: &Session) -> Vec<String> {
    let checks = [
        one_agent(session),
        each_iteration_once(session),
        nothing_left(session),
        readable(session),
    ];
    checks.into_iter().flatten().collect()
}

/// At most one agent at a time, and at most one of each attempt.
fn one_agent(session: &Session) -> Vec<String> {
    let mut seen = BTreeSet::new();
    let mut violations = Vec::new();
    for (what, iteration, attempt) in session.log() {
        if what == "two" {
            violations.push(format!(
                "two agents at once: iteration {iteration}, attempt {attempt}"
            ));
        }
        if what == "begin" && !seen.insert((iteration, attempt)) {
            violations.push(format!(
                "two agents of iteration {iteration}, attempt {attempt}"
            ));
        }
    }
    violations
}

/// Each iteration is counted once, in order, and none is run again afterwards.
fn each_iteration_once(session: &Session) -> Vec<String> {
    let status = session.status();
    let history: Vec<u64> = status["history"]
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(|entry| entry["iteration"].as_u64())
        .collect();
    let expected: Vec<u64> = (1..=session.iterations).collect();
    let wrong = |what: String| Some(what).filter(|_| history != expected);
    let counted = wrong(format!("iterations {history:?} instead of {expected:?}"));
    let mut latest = 0;
    let mut back = None;
    for (what, iteration, _) in session.log() {
        if what == "begin" && iteration < latest {
            back = Some(format!("iteration {iteration} is run again after {latest}"));
        }
        latest = latest.max(iteration);
    }
    counted.into_iter().chain(back).collect()
}

/// No process, no lock, and no change of a file of the user's.
fn nothing_left(session: &Session) -> Vec<String> {
    let place = session.project.outside();
    let left = || -> Vec<String> {
        let own = |words: &Vec<String>| {
            !words[0].contains("tmux") && words.iter().any(|word| word.contains(place.as_str()))
        };
        commands()
            .into_iter()
            .map(|(_, words)| words)
            .filter(own)
            .map(|words| words.join(" "))
            .collect()
    };
    wait_until(GONE, || left().is_empty());
    let mut violations: Vec<String> = left()
        .into_iter()
        .map(|words| format!("left: {words}"))
        .collect();
    let locks = session
        .project
        .root()
        .join(".claude/locks")
        .join(format!("{NAME}.lock"));
    // A runner that was killed after the last iteration leaves its lock file, which locks nothing.
    session.project.ap(&["cleanup"]);
    if locks.exists() {
        violations.push("its lock file is left".to_owned());
    }
    let precious = fs_err::read_to_string(session.folder().join("precious")).unwrap_or_default();
    if precious != PRECIOUS {
        violations.push(format!("a file outside was changed to {precious:?}"));
    }
    violations
}

/// Its end can be shown.
fn readable(session: &Session) -> Vec<String> {
    let shown = [&["status", NAME][..], &["logs", NAME], &["list"]];
    let failed = |line: &&[&str]| {
        let ran = session.project.ap(line);
        (ran.code != 0).then(|| format!("`ap {}` fails: {}", line.join(" "), ran.text()))
    };
    shown.iter().filter_map(failed).collect()
}
