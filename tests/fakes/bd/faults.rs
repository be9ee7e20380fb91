//! Calls that go wrong on purpose, by rules in a file.
//!
//! `[{"command": "ready", "times": 2, "fault": "locked"}]`: the first rule that fits a call and is not used up decides. A
//! `command` fits when all its words are arguments of the call (`update --claim`), or is `*`; without `times` a rule is
//! never used up. How often each was used is kept in `<file>.used`.
//!
//! `locked`, `out_of_sync`, `rc1`, `vanish` (no database any more) and `hang` come before the call does anything;
//! `truncate`, `garbage`, `noise_stdout`, `noise_json`, `noise_stderr` and `killed` spoil the answer to a call that was carried out.
use crate::call::Reply;
use crate::state;
use agent_pipelines::{clock, store::atomic};
use camino::{Utf8Path, Utf8PathBuf};
use fs_err as fs;
use nix::sys::signal::{Signal, raise};
use serde::Deserialize;
use std::env;
use std::io;
use std::time::Duration;

#[derive(Deserialize)]
struct Rule {
    command: String,
    #[serde(default)]
    times: Option<u64>,
    fault: String,
}

impl Rule {
    fn fits(&self, argv: &[String]) -> bool {
        self.command == "*"
            || self
                .command
                .split(' ')
                .all(|word| argv.iter().any(|arg| arg == word))
    }
}

/// Answers a call, or lets it go wrong.
pub(crate) fn around(
    argv: &[String],
    answer: impl FnOnce() -> Reply,
    vanished: impl FnOnce() -> Reply,
    log: impl FnOnce(Option<i32>),
) -> Reply {
    let fault = match env::var("FAKE_BD_FAULTS")
        .ok()
        .map(|file| drawn(argv, Utf8Path::new(&file)))
    {
        None | Some(Ok(None)) => return answer(),
        Some(Ok(Some(fault))) => fault,
        Some(Err(error)) => return Reply::failed(format!("fake-bd: FAKE_BD_FAULTS: {error}\n")),
    };
    match fault.as_str() {
        // tests/data/bd/README.md: seen with 0.47.0 under contention.
        "locked" => Reply::failed(
            "Error: failed to open database: failed to initialize schema: database is locked\n",
        ),
        "out_of_sync" => Reply {
            rc: 1,
            out: format!("{OUT_OF_SYNC}\n"),
            err: String::new(),
        },
        "rc1" => Reply::failed("Error: something went wrong\n"),
        "vanish" => vanished(),
        "hang" => {
            log(None);
            loop {
                std::thread::park();
            }
        }
        "killed" => killed(answer(), log),
        fault => spoiled(fault, answer),
    }
}

/// facts §3.5: 197 of 418 calls under writers, 0.49.5 without its daemon; on stdout.
const OUT_OF_SYNC: &str = r#"{
  "error": "Database out of sync with JSONL. Run 'bd sync --import-only' to fix.\n\nThe JSONL file has been updated (e.g., after 'git pull')"
}"#;

fn spoiled(fault: &str, answer: impl FnOnce() -> Reply) -> Reply {
    if let Some(ms) = fault
        .strip_prefix("sleep_ms:")
        .and_then(|ms| ms.parse().ok())
    {
        clock::wait_until(Duration::from_millis(ms), || false);
        return answer();
    }
    let reply = answer();
    match fault {
        "truncate" => Reply {
            rc: 0,
            out: half(&reply.out).to_owned(),
            ..reply
        },
        "garbage" => Reply {
            out: "\u{1}\u{2}<html>not what you asked for</html>\n".into(),
            ..reply
        },
        "noise_stdout" => Reply {
            out: format!(
                "[1/2] Migrating database...\nImport complete: no changes\n{}",
                reply.out
            ),
            ..reply
        },
        // As programs say it that log in JSON.
        "noise_json" => Reply {
            out: format!(
                "{}\n{}",
                r#"{"level":"warn","msg":"the database is 3 days old"}"#, reply.out
            ),
            ..reply
        },
        // facts §3.4: warnings with exit code 0.
        "noise_stderr" => Reply {
            err: format!(
                "⚠️  WARNING: JSONL file hash mismatch detected\n{}",
                reply.err
            ),
            ..reply
        },
        _ => Reply::failed(format!("fake-bd: FAKE_BD_FAULTS: unknown fault {fault}\n")),
    }
}

/// Prints half of the answer, then dies as by `kill -9`.
fn killed(reply: Reply, log: impl FnOnce(Option<i32>)) -> Reply {
    let broken = Reply {
        out: half(&reply.out).to_owned(),
        ..reply
    };
    log(Some(137));
    // The pipe may be closed already; what counts is to die.
    let _ = crate::print(&broken);
    let _ = raise(Signal::SIGKILL);
    broken
}

fn half(text: &str) -> &str {
    let middle = text.len() / 2;
    let end = (0..=middle)
        .rev()
        .find(|end| text.is_char_boundary(*end))
        .unwrap_or(0);
    &text[..end]
}

/// Returns the fault for this call and counts it as used.
fn drawn(argv: &[String], file: &Utf8Path) -> io::Result<Option<String>> {
    let rules: Vec<Rule> = serde_json::from_slice(&fs::read(file)?)?;
    let _lock = state::hold(&Utf8PathBuf::from(format!("{file}.lock")))?;
    let counters = Utf8PathBuf::from(format!("{file}.used"));
    let mut used: Vec<u64> = fs::read(&counters)
        .ok()
        .and_then(|text| serde_json::from_slice(&text).ok())
        .unwrap_or_default();
    used.resize(rules.len(), 0);
    let left = |index: usize, rule: &Rule| rule.times.is_none_or(|times| used[index] < times);
    let Some(index) = rules
        .iter()
        .enumerate()
        .position(|(index, rule)| rule.fits(argv) && left(index, rule))
    else {
        return Ok(None);
    };
    used[index] += 1;
    atomic::replace(&counters, &serde_json::to_vec(&used)?)?;
    Ok(rules.into_iter().nth(index).map(|rule| rule.fault))
}
