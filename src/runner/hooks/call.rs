//! Calls the program of a hook, in bounds, and returns how it ended.
use crate::exec::command::{BoundedCommand, CommandError, find_agent_program};
use crate::model::{CommandOutput, Env, HookExit, RunId, env_tag};
use crate::plan::Hook;
use crate::runner::env::RunnerEnv;
use crate::text::{clean, first_line};
use camino::Utf8PathBuf;
use serde_json::Value;
use std::time::Duration;

/// How much of what a hook prints is read.
const MAX_OUTPUT: u64 = 64 * 1024;

/// Where the programs of hooks run.
#[derive(Clone, Debug)]
pub(super) struct HookPlace {
    pub(super) project: Utf8PathBuf,
    cwd: Utf8PathBuf,
    vars: Env,
}

impl HookPlace {
    pub(super) fn new(env: &RunnerEnv, run: &RunId) -> Self {
        let mut vars = env.vars.clone();
        vars.insert(env_tag::RUN.to_owned(), run.to_string());
        Self {
            project: env.workspace.store_root.root().to_owned(),
            cwd: env.workspace.cwd.clone(),
            vars,
        }
    }

    /// Returns the call of a hook's program, or why there is none.
    pub(super) fn command(&self, hook: &Hook, event: &Value) -> Result<BoundedCommand, HookExit> {
        let Some((program, args)) = hook.command.split_first() else {
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

/// Returns how the program of a hook ended.
pub(super) fn exit(output: &Result<CommandOutput, CommandError>) -> HookExit {
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
