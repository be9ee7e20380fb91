//! The built-in agent that follows a script: the player behind `ap __scripted [script.yaml]`.
//!
//! It runs the step of its iteration and prints the events Claude Code would print, the same ones every time: for the
//! demo, for trying out a pipeline without an account, and for tests of everything an agent may do wrong. A script:
//!
//! ```yaml
//! pause_ms: 20                       # between two events; 20 if not given
//! iterations:                        # the first is for iteration 1, the last one is for all that follow
//!   - say: Hello from ${SESSION_NAME}
//!     write:  { notes/${ITERATION}.md: "a note\n" }
//!     append: { "${PROGRESS}": "- iteration ${ITERATION}\n" }
//!     run: [git, status]             # or a list of such lists
//!     sleep_ms: 100
//!     status: { decision: continue, summary: one note }
//!   - attempts:                      # like iterations, but for the attempts at this one
//!       - crash: KILL                # ends itself by a signal
//!       - rate_limit: { resets_in_s: 5 }
//!       - status: { decision: stop }
//! ```
//!
//! The parts of a step run in this order: `ignore_signals: true`, `claim: true` (claims a task from the queue; without
//! one it writes a `stop` status and ends), `say`, `write`, `append`, `run`, `close: true` (the claimed task),
//! `sleep_ms`, `status` (a mapping, or a text that is written as it is; none is written if none is given), then one
//! of `rate_limit`, `crash`, `hang: true` or `exit: code`. `cost_usd` is the cost it reports. A command that
//! fails is shown and the step continues, as agents do.
//!
//! `gates: { 0: { kind: continue, reason: … } }` are the answers of commands and judges after the iteration when the script
//! answers for them (`ap test`); `before:` at the top has those before the first one. The kinds are `stop`,
//! `continue`, `in_progress` and `broken`.
//!
//! With the arguments `--input-format stream-json` it takes messages while it works, as Claude Code does: it reads them
//! between two tools, and `${SAID}` is the last one. With `--permission-prompt-tool stdio` it asks before it writes a file
//! or runs a command.
//!
//! Texts, paths and arguments may hold `${ITERATION} ${SESSION_NAME} ${STATUS} ${PROGRESS} ${OUTPUT} ${CTX}` and,
//! after a claim, `${TASK_ID} ${TASK_TITLE} ${TASK_SLUG}`.
mod act;
mod commands;
mod context;
mod events;
mod gate;
mod listener;
mod options;
mod script;
mod talk;

pub use gate::Asked;
pub use options::Options;
pub use script::Script;

use crate::error::{Error, Result};
use crate::store::library::builtin_text;
use act::Agent;
use camino::Utf8Path;
use context::ScriptContext;
use fs_err as fs;
use listener::Listener;
use std::io::{self, Write};
use std::process::ExitCode;

/// The script of an agent without one: one task, one small file, one commit.
const DEMO: &str = include_str!("demo.yaml");
/// What it does in a loop without tasks and without a script of its own: it only reports.
const REPORT: &str = include_str!("report.yaml");
/// Names the script of a loop that has none.
pub const PLAIN: &str = "builtin:report.yaml";

/// Plays the script, or the demo, as the agent of the attempt this process was started for, or answers for a gate.
pub fn play(script: Option<&Utf8Path>, options: Options) -> Result<ExitCode> {
    let (name, text) = match script {
        Some(path) => (path.as_str(), read(path)?),
        None => ("the built-in script", DEMO.to_owned()),
    };
    let script = Script::parse(name, &text)?;
    let listener = options.listens.then(|| Listener::listen(options.asks));
    if listener.is_none() {
        // To its end, as a provider reads its prompt.
        io::copy(&mut io::stdin().lock(), &mut io::sink())?;
    }
    match options.asked {
        None => play_in(
            ScriptContext::from_environment()?,
            &script,
            listener,
            &mut io::stdout().lock(),
        ),
        Some(asked) => gate::answer(
            &script,
            asked,
            gate::iteration(&context::context_path()?)?,
            &mut io::stdout().lock(),
        ),
    }
}

/// Returns the text of a script, on disk or built in.
fn read(path: &Utf8Path) -> Result<String> {
    match path.as_str().strip_prefix("builtin:") {
        _ if path == PLAIN => Ok(REPORT.to_owned()),
        Some(inside) => builtin_text(inside)
            .ok_or_else(|| Error::usage(format!("there is no built-in script `{inside}`"))),
        None => Ok(fs::read_to_string(path)?),
    }
}

fn play_in(
    context: ScriptContext,
    script: &Script,
    listener: Option<Listener>,
    out: &mut dyn Write,
) -> Result<ExitCode> {
    let step = script
        .step(context.iteration, context.attempt)
        .ok_or_else(|| Error::usage("the script has no iterations"))?;
    Agent::new(context, script.pause(), listener, out).perform(step)
}

#[cfg(test)]
mod tests;
