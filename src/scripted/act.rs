//! Runs the steps of a script.
use super::context::{ScriptContext, Task};
use super::events::Events;
use super::listener::Listener;
use super::script::{RateLimit, Step};
use crate::clock::{self, pause};
use crate::error::{Error, Result};
use crate::exec::command::{BoundedCommand, CommandError};
use crate::model::CommandOutput;
use crate::store::atomic;
use camino::Utf8Path;
use fs_err as fs;
use nix::sys::signal::{SigSet, Signal, raise};
use serde_json::{Value, json};
use std::io::{Read as _, Seek as _, Write};
use std::process::ExitCode;
use std::time::Duration;

/// The exit code of `ap queue claim` when there is nothing to claim.
const NO_TASK: i32 = 4;

/// An agent at work on one attempt.
pub(super) struct Agent<'o> {
    pub(super) context: ScriptContext,
    pause: Duration,
    /// The messages that it reads while it works, if it takes any.
    pub(super) listener: Option<Listener>,
    pub(super) events: Events<'o>,
}

impl<'o> Agent<'o> {
    pub(super) fn new(
        context: ScriptContext,
        pause: Duration,
        listener: Option<Listener>,
        out: &'o mut dyn Write,
    ) -> Self {
        let events = Events::new(out, context.session.clone());
        Self {
            context,
            pause,
            listener,
            events,
        }
    }

    /// Runs everything in the step, in the documented order, and returns the exit code.
    pub(super) fn perform(mut self, step: &Step) -> Result<ExitCode> {
        if step.ignore_signals {
            ignore_signals()?;
        }
        self.read_prompt()?;
        self.events.started()?;
        if step.claim && !self.claim()? {
            self.events.said("No task is left to claim.")?;
            self.report(&json!({"decision": "stop", "reason": "no task is left to claim", "summary": "", "errors": []}))?;
            self.events.finished(step.cost_usd)?;
            self.take_more_turns(step)?;
            return Ok(ExitCode::SUCCESS);
        }
        if self.work(step)? {
            if let Some(status) = &step.status {
                self.report(status)?;
            }
        } else {
            self.report(&json!({"decision": "error", "reason": "`git commit` failed, so the task stays open", "summary": "", "errors": ["`git commit` failed"]}))?;
        }
        self.end(step)
    }

    /// Does the work of a step. Returns false if it could not be committed: then no task is closed.
    fn work(&mut self, step: &Step) -> Result<bool> {
        if !step.say.is_empty() {
            let text = self.context.fill(&step.say);
            self.events.said(&text)?;
            pause(self.pause);
        }
        for (path, text) in &step.write {
            self.write("Write", path, text, |path, text| {
                Ok(atomic::replace(path, text.as_bytes())?)
            })?;
        }
        for (path, text) in &step.append {
            self.write("Edit", path, text, append)?;
        }
        for words in step.run.iter() {
            let words: Vec<String> = words.iter().map(|word| self.context.fill(word)).collect();
            let done = self.run(&words)?;
            if done.code != Some(0) && is_commit(&words) && is_uncommitted()? {
                return Ok(false);
            }
        }
        for turn in &step.turns {
            self.events.took_turn(turn)?;
            pause(self.pause);
        }
        if step.close {
            self.close()?;
        }
        self.sleep(Duration::from_millis(step.sleep_ms), step)?;
        Ok(true)
    }

    /// Claims the next task; false when there is none.
    fn claim(&mut self) -> Result<bool> {
        let words = [
            "ap",
            "queue",
            "claim",
            "--session",
            &self.context.session,
            "--json",
        ]
        .map(str::to_owned);
        let done = self.run(&words)?;
        match done.code {
            Some(0) => {
                let task: Task = serde_json::from_slice(&done.stdout).map_err(|error| {
                    Error::failed(format!("`ap queue claim` printed no task: {error}"))
                })?;
                self.context.task = Some(task);
                Ok(true)
            }
            Some(NO_TASK) => Ok(false),
            _ => Err(Error::failed("the queue gave no task")),
        }
    }

    fn close(&mut self) -> Result<()> {
        let Some(task) = &self.context.task else {
            return Err(Error::usage(
                "`close` needs `claim` in the same step of the script",
            ));
        };
        let words = [
            "ap",
            "queue",
            "close",
            &task.id,
            "--session",
            &self.context.session,
        ]
        .map(str::to_owned);
        self.run(&words).map(drop)
    }

    fn write(
        &mut self,
        tool: &str,
        path: &str,
        text: &str,
        write: fn(&Utf8Path, &str) -> Result<()>,
    ) -> Result<()> {
        let (path, text) = (self.context.fill(path), self.context.fill(text));
        let input = json!({"file_path": path, "content": text});
        let id = self.events.called(tool, &input)?;
        if !self.may(&id, tool, &input)? {
            return Ok(());
        }
        if let Some(folder) = Utf8Path::new(&path)
            .parent()
            .filter(|folder| !folder.as_str().is_empty())
        {
            fs::create_dir_all(folder)?;
        }
        write(Utf8Path::new(&path), &text)?;
        self.events.answered(&id, "written", false)?;
        pause(self.pause);
        self.hear()
    }

    fn run(&mut self, words: &[String]) -> Result<CommandOutput> {
        let input = json!({"command": words.join(" ")});
        let id = self.events.called("Bash", &input)?;
        // A rule allows what the queue needs.
        let is_queue = words.first().is_some_and(|program| program == "ap");
        if !is_queue && !self.may(&id, "Bash", &input)? {
            return Ok(CommandOutput::default());
        }
        let done = match words {
            // Run this executable, but show the command as you would type it.
            [ap, rest @ ..] if ap == "ap" => {
                run(&[std::slice::from_ref(&self.context.ap), rest].concat())?
            }
            words => run(words)?,
        };
        let text = format!("{}{}", done.stdout_text(), done.stderr_text());
        self.events.answered(
            &id,
            if text.is_empty() { "no output" } else { &text },
            done.code != Some(0),
        )?;
        pause(self.pause);
        self.hear()?;
        Ok(done)
    }

    /// Writes the status: a mapping as JSON, a text as it is.
    fn report(&mut self, status: &Value) -> Result<()> {
        let text = match status {
            Value::String(text) => self.context.fill(text),
            other => format!("{:#}\n", filled(&self.context, other)),
        };
        let path = self.context.status.clone();
        let id = self.events.called("Write", &json!({"file_path": path}))?;
        atomic::replace(&path, text.as_bytes())?;
        self.events.answered(&id, "written", false)?;
        Ok(())
    }

    fn end(mut self, step: &Step) -> Result<ExitCode> {
        if let Some(RateLimit { resets_in_s }) = step.rate_limit {
            let resets_at =
                resets_in_s.map(|seconds| clock::now().as_second().saturating_add(seconds));
            self.events.rate_limited(resets_at, step.cost_usd)?;
            self.take_more_turns(step)?;
            return Ok(ExitCode::FAILURE);
        }
        if let Some(signal) = &step.crash {
            crash(signal)?;
        }
        if step.hang {
            hang();
        }
        if step.exit == 0 {
            self.events.finished(step.cost_usd)?;
            self.take_more_turns(step)?;
        }
        Ok(ExitCode::from(step.exit))
    }
}

/// Fills the variables in every text of a value.
fn filled(context: &ScriptContext, value: &Value) -> Value {
    match value {
        Value::String(text) => context.fill(text).into(),
        Value::Array(items) => items.iter().map(|item| filled(context, item)).collect(),
        Value::Object(fields) => fields
            .iter()
            .map(|(key, value)| (key.clone(), filled(context, value)))
            .collect(),
        Value::Null | Value::Bool(_) | Value::Number(_) => value.clone(),
    }
}

/// Whether a command commits.
fn is_commit(words: &[String]) -> bool {
    words.first().is_some_and(|program| program == "git")
        && words.iter().any(|word| word == "commit")
}

/// Whether changes are left to commit. A failed commit without any is harmless.
fn is_uncommitted() -> Result<bool> {
    let look = ["git", "diff", "--cached", "--quiet"].map(str::to_owned);
    Ok(run(&look)?.code == Some(1))
}

fn append(path: &Utf8Path, text: &str) -> Result<()> {
    Ok(fs::OpenOptions::new()
        .create(true)
        .append(true)
        .open(path)?
        .write_all(text.as_bytes())?)
}

/// Runs a command to its end. Its output goes to files, because a pipe would also wait for background processes.
fn run(words: &[String]) -> Result<CommandOutput> {
    let Some((program, args)) = words.split_first() else {
        return Err(Error::usage("the script says to run an empty command"));
    };
    let (mut stdout, mut stderr) = (tempfile::tempfile()?, tempfile::tempfile()?);
    let command = BoundedCommand::new(program)
        .args(args)
        .output_to(stdout.try_clone()?, stderr.try_clone()?)
        // The shim bounds the agent and what it runs.
        .limit(Duration::MAX)
        .in_callers_group();
    let mut output = match command.run() {
        Ok(output) => output,
        // An agent's shell reports it like this, and the agent continues.
        Err(CommandError::Start(error)) => {
            return Ok(CommandOutput {
                code: Some(127),
                stderr: format!("{program}: {error}").into_bytes(),
                ..CommandOutput::default()
            });
        }
        Err(error) => return Err(Error::failed(error)),
    };
    for (file, bytes) in [
        (&mut stdout, &mut output.stdout),
        (&mut stderr, &mut output.stderr),
    ] {
        file.rewind()?;
        file.read_to_end(bytes)?;
    }
    Ok(output)
}

/// Never returns; a signal ends the process.
fn hang() -> ! {
    loop {
        pause(Duration::from_secs(3600));
    }
}

/// Ignores every signal but SIGKILL from now on.
fn ignore_signals() -> Result<()> {
    let signals = [
        Signal::SIGINT,
        Signal::SIGTERM,
        Signal::SIGHUP,
        Signal::SIGQUIT,
    ];
    signals
        .into_iter()
        .collect::<SigSet>()
        .thread_block()
        .map_err(Error::failed_by)
}

fn crash(name: &str) -> Result<()> {
    let full = if name.starts_with("SIG") {
        name.to_owned()
    } else {
        format!("SIG{name}")
    };
    let signal: Signal = full
        .parse()
        .map_err(|_| Error::usage(format!("`crash: {name}`: `{name}` is not a signal")))?;
    raise(signal).map_err(Error::failed_by)
}
