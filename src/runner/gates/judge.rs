//! A gate that is a judge: an agent that decides whether the work is done.
use crate::agent::{self, AgentSpec, InvocationContext, JudgeInput, PromptDelivery, Transcript};
use crate::clock;
use crate::exec::command::{BoundedCommand, CommandError};
use crate::exec::file_tail::last_text;
use crate::model::{CommandOutput, Env, Exit, FailureClass, GateVerdict, Outcome, Usage};
use crate::runner::attempt_context::AttemptContext;
use crate::store::atomic;
use crate::termination::{Judge, read_judge};
use crate::text::first_line;
use camino::Utf8PathBuf;
use std::future::Future;
use std::io;
use std::time::Duration;

/// How long a judge may think.
const JUDGE_TIMEOUT: Duration = Duration::from_secs(300);
/// Tries of a judge before its answer counts as broken.
pub const JUDGE_TRIES: u32 = 2;
/// How much of a file a judge reads, from its end.
pub(in crate::runner) const JUDGE_INPUT_BYTES: u64 = 16 * 1024;
/// How many iterations a judge reads about.
const MOST_HISTORY: usize = 20;

/// Asks the judge, again if its answer is broken.
pub(super) fn judged(
    context: &AttemptContext<'_>,
    judge: &Judge,
) -> io::Result<impl Future<Output = (GateVerdict, Usage)> + Send + use<>> {
    let spec = context.node.judge.as_ref();
    let call = spec.map(|spec| JudgeCall::new(spec, context, judge));
    let call = call.transpose()?;
    Ok(async move {
        match call {
            Some(call) => call.ask().await,
            None => (broken("the node has no judge"), Usage::default()),
        }
    })
}

fn broken(reason: impl Into<String>) -> GateVerdict {
    GateVerdict::Broken {
        reason: reason.into(),
    }
}

/// How the judge is called, and how sure it must be.
struct JudgeCall {
    spec: AgentSpec,
    /// `None` if there is no such program.
    program: Option<Utf8PathBuf>,
    args: Vec<String>,
    vars: Env,
    cwd: Utf8PathBuf,
    input: String,
    confidence: u32,
}

impl JudgeCall {
    fn new(spec: &AgentSpec, context: &AttemptContext<'_>, judge: &Judge) -> io::Result<Self> {
        let AttemptContext { env, paths, .. } = context;
        let prompt = prompt(context, judge);
        let file = paths.iteration.root().join("judge.md");
        let call = InvocationContext {
            cursor: context.cursor,
            run: &context.plan.run,
            session: &context.plan.session,
            stage: context.node.id.as_str(),
            node_type: "judge",
            is_root: nix::unistd::geteuid().is_root(),
            exe: &env.exe,
            project: &env.workspace.cwd,
            context: &paths.iteration.context(),
            exchange: None,
            cost_left_usd: context.budget.left().0,
            prompt: &prompt,
            prompt_file: &file,
        };
        let invocation = agent::judge_invocation(spec, &call, env.vars.keys().map(String::as_str));
        let mut vars = env.vars.clone();
        for name in &invocation.remove_env {
            vars.remove(name);
        }
        vars.extend(invocation.set_env);
        let input = match spec.adapter().prompt_delivery() {
            PromptDelivery::Stdin => prompt,
            PromptDelivery::File => {
                atomic::replace(&file, prompt.as_bytes())?;
                String::new()
            }
            PromptDelivery::Argument => String::new(),
        };
        Ok(Self {
            spec: spec.clone(),
            program: env.find(&invocation.program),
            args: invocation.args,
            vars,
            cwd: env.workspace.cwd.clone(),
            input,
            confidence: judge.confidence,
        })
    }

    async fn ask(self) -> (GateVerdict, Usage) {
        let Some(program) = &self.program else {
            let missing = agent::missing_program(&self.spec, &self.spec.program, "`judge:`");
            return (self.unavailable(missing), Usage::default());
        };
        let (mut verdict, mut usage) = (broken(""), Usage::default());
        for _ in 0..JUDGE_TRIES {
            let command = BoundedCommand::swept(program)
                .args(&self.args)
                .clean_env(&self.vars)
                .current_dir(&self.cwd)
                .input(self.input.as_bytes())
                .limit(JUDGE_TIMEOUT);
            verdict = match command.run_async().await {
                Err(CommandError::Start(error)) => self.not_started(&error),
                Err(error) => broken(error.to_string()),
                Ok(output) => self.verdict(&output, &mut usage),
            };
            if !matches!(verdict, GateVerdict::Broken { .. }) {
                break;
            }
        }
        (verdict, usage)
    }

    /// Reads the judge's answer, and adds what it used.
    fn verdict(&self, output: &CommandOutput, usage: &mut Usage) -> GateVerdict {
        let mut transcript = Transcript::new(self.spec.adapter().output_format());
        transcript.push(&output.stdout);
        transcript.finish();
        *usage += transcript.usage();
        let verdict = if output.code == Some(0) {
            read_judge(&answer(&transcript, output), self.confidence)
        } else {
            broken(format!(
                "the judge ended with exit code {:?}: {}",
                output.code,
                first_line(&output.stderr_text())
            ))
        };
        if !matches!(verdict, GateVerdict::Broken { .. }) {
            return verdict;
        }
        let exit = Exit {
            code: output.code,
            signal: output.signal,
            ..Exit::not_known(clock::now())
        };
        let outcome = self.outcome(&exit, &transcript, &output.stderr_text());
        if is_of_the_agent(&outcome) {
            return verdict;
        }
        self.unavailable(outcome)
    }

    /// Returns the verdict of a judge whose program could not be started.
    fn not_started(&self, error: &io::Error) -> GateVerdict {
        let exit = Exit {
            spawn_error: Some(error.to_string()),
            ..Exit::not_known(clock::now())
        };
        let transcript = Transcript::new(self.spec.adapter().output_format());
        self.unavailable(self.outcome(&exit, &transcript, ""))
    }

    /// Classifies the end of a judge as that of an agent.
    fn outcome(&self, exit: &Exit, transcript: &Transcript, stderr: &str) -> Outcome {
        let no_status = Err("it gave no answer".to_owned());
        agent::outcome(
            &self.spec,
            exit,
            transcript,
            no_status,
            stderr,
            clock::now(),
        )
    }

    fn unavailable(&self, outcome: Outcome) -> GateVerdict {
        GateVerdict::Unavailable {
            agent: self.spec.label(),
            outcome: Box::new(outcome),
        }
    }
}

/// Returns what the judge answered.
fn answer(transcript: &Transcript, output: &CommandOutput) -> String {
    match transcript.structured_status() {
        Some(status) => status.to_string(),
        None => match transcript.final_text() {
            Some(text) => text.to_owned(),
            None => output.stdout_text().into_owned(),
        },
    }
}

/// Whether a judge failed by itself: then its answer is broken. Everything else has the policy of agents.
fn is_of_the_agent(outcome: &Outcome) -> bool {
    match outcome.class() {
        None | Some(FailureClass::Crash | FailureClass::Hang | FailureClass::Cancelled) => true,
        Some(
            FailureClass::Limit
            | FailureClass::Throttle
            | FailureClass::Outage
            | FailureClass::Environment
            | FailureClass::Login
            | FailureClass::Billing
            | FailureClass::Denied
            | FailureClass::Refused,
        ) => false,
    }
}

/// Returns what the judge reads: the criteria, and what was done.
fn prompt(context: &AttemptContext<'_>, judge: &Judge) -> String {
    let AttemptContext { state, paths, .. } = context;
    let entries = state.session.history.iter();
    let own = entries.filter(|entry| entry.node == state.current.cursor.node);
    let history: Vec<String> = own
        .map(|entry| {
            let status = &entry.status;
            format!(
                "{}. {:?}: {} {}",
                entry.iteration, status.decision, status.reason, status.summary
            )
        })
        .collect();
    agent::judge_prompt(&JudgeInput {
        stage: context.node.id.as_str(),
        criteria: &judge.criteria,
        iteration: state.current.counters.iterations,
        history: &history[history.len().saturating_sub(MOST_HISTORY)..].join("\n"),
        output: &last_text(&paths.iteration.output(), JUDGE_INPUT_BYTES),
        progress: &last_text(&paths.progress, JUDGE_INPUT_BYTES),
    })
}
