//! A gate that is a judge: an agent that reads what was done.
use crate::agent::{self, AgentSpec, InvocationContext, JudgeInput, PromptDelivery, Transcript};
use crate::exec::command::BoundedCommand;
use crate::exec::file_tail::last_text;
use crate::model::{GateVerdict, Usage};
use crate::runner::attempt_context::AttemptContext;
use crate::store::atomic;
use crate::termination::{Judge, read_judge};
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
    let asked = context
        .node
        .judge
        .as_ref()
        .map(|spec| ask_judge(spec, context, judge))
        .transpose()?;
    let least = judge.confidence;
    Ok(async move {
        let broken = |reason: String, usage| (GateVerdict::Broken { reason }, usage);
        let Some((spec, call, prompt)) = asked else {
            return broken("the node has no judge".to_owned(), Usage::default());
        };
        let (mut usage, mut verdict) = (
            Usage::default(),
            GateVerdict::Broken {
                reason: String::new(),
            },
        );
        for _ in 0..JUDGE_TRIES {
            let Some(command) = call() else {
                return broken(
                    format!("there is no program `{}` on PATH", spec.program),
                    usage,
                );
            };
            let command = command.input(prompt.as_bytes()).limit(JUDGE_TIMEOUT);
            verdict = match command.run_async().await {
                Err(error) => GateVerdict::Broken {
                    reason: error.to_string(),
                },
                Ok(output) => {
                    let mut transcript = Transcript::new(spec.adapter().output_format());
                    transcript.push(&output.stdout);
                    transcript.finish();
                    usage += transcript.usage();
                    let said = transcript.structured_status().map_or_else(
                        || {
                            transcript
                                .final_text()
                                .unwrap_or(&output.stdout_text())
                                .to_owned()
                        },
                        ToString::to_string,
                    );
                    match output.code {
                        Some(0) => read_judge(&said, least),
                        code => GateVerdict::Broken {
                            reason: format!(
                                "the judge ended with exit code {code:?}: {}",
                                crate::text::first_line(&output.stderr_text())
                            ),
                        },
                    }
                }
            };
            if !matches!(verdict, GateVerdict::Broken { .. }) {
                break;
            }
        }
        (verdict, usage)
    })
}

type Ask = (
    AgentSpec,
    Box<dyn Fn() -> Option<BoundedCommand> + Send>,
    String,
);

fn ask_judge(spec: &AgentSpec, context: &AttemptContext<'_>, judge: &Judge) -> io::Result<Ask> {
    let AttemptContext {
        plan,
        state,
        node,
        env,
        paths,
        ..
    } = context;
    let history: Vec<String> = state
        .session
        .history
        .iter()
        .filter(|entry| entry.node == state.current.cursor.node)
        .map(|entry| {
            format!(
                "{}. {:?}: {} {}",
                entry.iteration, entry.status.decision, entry.status.reason, entry.status.summary
            )
        })
        .collect();
    let case = JudgeInput {
        stage: node.id.as_str(),
        criteria: &judge.criteria,
        iteration: state.current.counters.iterations,
        history: &history[history.len().saturating_sub(MOST_HISTORY)..].join("\n"),
        output: &last_text(&paths.iteration.output(), JUDGE_INPUT_BYTES),
        progress: &last_text(&paths.progress, JUDGE_INPUT_BYTES),
    };
    let prompt = agent::judge_prompt(&case);
    let (context, file) = (
        paths.iteration.context(),
        paths.iteration.root().join("judge.md"),
    );
    let call = InvocationContext {
        cursor: state.current.cursor,
        run: &plan.run,
        session: &plan.session,
        node_type: "judge",
        is_root: nix::unistd::geteuid().is_root(),
        exe: &env.exe,
        project: &env.workspace.cwd,
        context: &context,
        exchange: None,
        prompt: &prompt,
        prompt_file: &file,
    };
    let invocation = agent::judge_invocation(spec, &call, env.vars.keys().map(String::as_str));
    let mut vars = env.vars.clone();
    invocation
        .remove_env
        .iter()
        .for_each(|name| drop(vars.remove(name)));
    vars.extend(invocation.set_env);
    let (program, cwd) = (env.find(&invocation.program), env.workspace.cwd.clone());
    let args = invocation.args;
    let make = move || {
        let command = BoundedCommand::new(program.as_ref()?);
        Some(command.args(&args).clean_env(&vars).current_dir(&cwd))
    };
    let told = match spec.adapter().prompt_delivery() {
        PromptDelivery::Stdin => prompt,
        PromptDelivery::File => {
            atomic::replace(&file, prompt.as_bytes()).map(|()| String::new())?
        }
        PromptDelivery::Argument => String::new(),
    };
    Ok((spec.clone(), Box::new(make), told))
}
