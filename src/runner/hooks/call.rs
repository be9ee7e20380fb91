//! Does what a hook says, in bounds, and returns how it ended.
use super::hook_result::HookResult;
use super::remote;
use crate::exec::command::{BoundedCommand, CommandError, find_agent_program};
use crate::model::{CommandOutput, Env, HookExit, HookRun, env_tag};
use crate::notify::SenderEnv;
use crate::plan::{Hook, HookAction, Plan};
use crate::redact::Redactor;
use crate::runner::env::RunnerEnv;
use crate::runner::sender_env::sender_env;
use crate::text::{clean, first_line};
use camino::Utf8PathBuf;
use serde_json::Value;
use std::io;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::oneshot;

/// How much of what a hook prints is read.
const MAX_OUTPUT: u64 = 64 * 1024;

/// Where hooks run.
#[derive(Clone, Debug)]
pub(super) struct HookPlace {
    pub(super) project: Utf8PathBuf,
    /// How much shorter waits before another try are, in tests.
    pub(super) wait_factor: Option<f64>,
    cwd: Utf8PathBuf,
    vars: Env,
    sender: SenderEnv,
    redactor: Arc<Redactor>,
}

impl HookPlace {
    pub(super) fn new(env: &RunnerEnv, plan: &Plan) -> Self {
        let mut vars = env.vars.clone();
        vars.insert(env_tag::RUN.to_owned(), plan.run.to_string());
        Self {
            project: env.workspace.store_root.root().to_owned(),
            wait_factor: plan.guardrails.wait_factor,
            cwd: env.workspace.cwd.clone(),
            vars,
            sender: sender_env(env),
            redactor: Arc::clone(&env.redactor),
        }
    }

    /// Does what a hook says.
    pub(super) fn call(&self, hook: &Hook, event: Value, run: HookRun) -> HookResult {
        match &hook.action {
            HookAction::Command(argv) => match self.command(hook, argv, &event) {
                Ok(command) => exit(&command.run()).into(),
                Err(exit) => exit.into(),
            },
            HookAction::Webhook(url) => {
                let limit = Duration::from_secs(hook.timeout_s);
                let event = with_again(event, run);
                remote::webhook(&self.sender, &self.redactor, url, event, limit)
            }
            HookAction::Message(text) => {
                remote::message(&self.sender, &self.redactor, text, &event, run)
            }
        }
    }

    /// Does what a hook says. A program that runs is killed when this is dropped.
    pub(super) async fn call_async(self, hook: Hook, event: Value, run: HookRun) -> HookResult {
        if let HookAction::Command(argv) = &hook.action {
            return match self.command(&hook, argv, &event) {
                Ok(command) => exit(&command.run_async().await).into(),
                Err(exit) => exit.into(),
            };
        }
        let (done, called) = oneshot::channel();
        let thread = std::thread::Builder::new().name("hook".to_owned());
        // Nothing waits for a thread whose session was stopped.
        let started: io::Result<_> = thread.spawn(move || {
            let _ = done.send(self.call(&hook, event, run));
        });
        match started {
            Err(error) => HookResult::failed(error.to_string()),
            Ok(_) => called
                .await
                .unwrap_or_else(|_| HookResult::failed("it broke off")),
        }
    }

    /// Returns the call of a hook's program, or why there is none.
    fn command(
        &self,
        hook: &Hook,
        argv: &[String],
        event: &Value,
    ) -> Result<BoundedCommand, HookExit> {
        let Some((program, args)) = argv.split_first() else {
            return Err(HookExit::cancelled("it has no program"));
        };
        let Some(found) = find_agent_program(program, &self.vars, &self.cwd) else {
            let is_file = program.contains('/') && self.cwd.join(program).is_file();
            return Err(HookExit::cancelled(if is_file {
                format!("{program} is not executable")
            } else {
                format!("there is no program {program}")
            }));
        };
        Ok(BoundedCommand::swept(found)
            .args(args)
            .clean_env(&self.vars)
            .envs([("AP_EVENT", hook.event.as_str())])
            .current_dir(&self.cwd)
            .input(format!("{event}\n"))
            .max_output(MAX_OUTPUT)
            .limit(Duration::from_secs(hook.timeout_s)))
    }
}

/// Marks the event of another try: the request before it may have arrived.
fn with_again(mut event: Value, run: HookRun) -> Value {
    if 1 < run.tries {
        event["again"] = true.into();
    }
    event
}

/// Returns how the program of a hook ended.
fn exit(output: &Result<CommandOutput, CommandError>) -> HookExit {
    let output = match output {
        Ok(output) => output,
        Err(error) => return HookExit::cancelled(error.to_string()),
    };
    let reason = match (output.code, output.signal) {
        (Some(0), _) => String::new(),
        (None, Some(signal)) => format!("it was ended by signal {signal}"),
        (_, _) => {
            let said = output.stderr_text();
            let said = first_line(&said);
            if said.is_empty() {
                first_line(&output.stdout_text()).to_string()
            } else {
                said.to_string()
            }
        }
    };
    HookExit {
        code: output.code,
        reason: clean(&reason),
    }
}
