//! Asks whoever decides whether a node is done: a command, or a judge. Nothing is believed that comes late or twice.
use super::attempt_context::AttemptContext;
use crate::agent::{self, AgentSpec, InvocationContext, JudgeInput, PromptDelivery, Transcript};
use crate::exec::command::BoundedCommand;
use crate::exec::file_tail::last_text;
use crate::fingerprint::fingerprint;
use crate::model::{GateVerdict, Input, Usage, env_tag};
use crate::plan::{Plan, Step};
use crate::store::atomic;
use crate::termination::{FrozenFile, Gate, GateRef, Judge, read_command, read_judge, scripts};
use camino::Utf8Path;
use fs_err as fs;
use serde_json::json;
use std::collections::BTreeSet;
use std::future::{Future, pending};
use std::io;
use std::pin::Pin;
use std::time::Duration;

/// How long a judge may think.
const JUDGE_TIMEOUT: Duration = Duration::from_secs(300);
/// Tries of a judge before its answer counts as broken.
pub const JUDGE_TRIES: u32 = 2;
/// How much of a file a judge sees, from its end.
pub(super) const JUDGE_INPUT_BYTES: u64 = 16 * 1024;
/// How many iterations a judge sees.
const MOST_HISTORY: usize = 20;

/// The question that is being asked, if any.
#[derive(Default)]
pub(super) struct Gates {
    asked: Option<Pin<Box<dyn Future<Output = Input> + Send>>>,
}

impl Gates {
    /// Asks, unless something is being asked already.
    pub(super) fn ask(&mut self, context: &AttemptContext<'_>, gate: u32) -> io::Result<()> {
        if self.asked.is_some() {
            return Ok(());
        }
        let cursor = context.cursor;
        let verdict: Pin<Box<dyn Future<Output = (GateVerdict, Usage)> + Send>> =
            match context.node.termination.gates().get(gate as usize) {
                Some(GateRef::Command(gate)) => Box::pin(command(context, gate)),
                Some(GateRef::Judge(judge)) => Box::pin(judged(context, judge)?),
                None => return Err(io::Error::other("the plan has no such gate")),
            };
        self.asked = Some(Box::pin(async move {
            let (verdict, usage) = verdict.await;
            Input::GateAnswered {
                cursor,
                gate,
                verdict,
                usage,
            }
        }));
        Ok(())
    }

    /// Waits for the answer.
    pub(super) async fn answered(&mut self) -> Input {
        let Some(asked) = &mut self.asked else {
            return pending().await;
        };
        let input = asked.as_mut().await;
        self.asked = None;
        input
    }
}

fn command(
    context: &AttemptContext<'_>,
    gate: &Gate,
) -> impl Future<Output = (GateVerdict, Usage)> + Send + use<> {
    let AttemptContext {
        plan,
        state,
        node,
        env,
        paths,
        ..
    } = context;
    let changed = gate
        .frozen
        .iter()
        .find(|frozen| hash_of(Utf8Path::new(&frozen.path)) != frozen.hash)
        .map(|frozen| {
            (
                frozen.path.clone(),
                if frozen.hash.is_empty() {
                    "made"
                } else {
                    "changed"
                },
            )
        });
    let last = state
        .history
        .back()
        .map(|entry| json!({ "iteration": entry.iteration, "status": entry.status }));
    let told = json!({
        "session": plan.session, "run": plan.run, "node": node.id, "iteration": state.counters.iterations,
        "context": paths.iteration.context(), "progress": paths.progress, "last": last,
    });
    let call = gate
        .command
        .split_first()
        .map(|(program, args)| (env.find(program), program.clone(), args.to_vec()));
    let mut vars = env.vars.clone();
    vars.insert(env_tag::RUN.to_owned(), plan.run.to_string());
    vars.insert(
        "AP_CONTEXT".to_owned(),
        paths.iteration.context().to_string(),
    );
    let (cwd, limit) = (
        env.workspace.cwd.clone(),
        Duration::from_secs(gate.timeout_s),
    );
    async move {
        let broken = |reason: String| (GateVerdict::Broken { reason }, Usage::default());
        if let Some((path, how)) = changed {
            return broken(format!(
                "{path} was {how} since the session started, and is not believed; put it back as it was, or start anew with --force"
            ));
        }
        let Some((Some(path), _, args)) = call else {
            return broken("there is no such program on PATH".to_owned());
        };
        let command = BoundedCommand::new(path)
            .args(args)
            .clean_env(&vars)
            .current_dir(&cwd)
            .input(told.to_string())
            .limit(limit);
        match command.run_async().await {
            Err(error) => broken(error.to_string()),
            Ok(output) => (read_command(&output), Usage::default()),
        }
    }
}

/// Freezes the project's files that gates are made of: what they are now is what they must be when they are asked.
pub fn freeze_gates(plan: &mut Plan, project: &Utf8Path) {
    let gates = plan
        .steps
        .iter_mut()
        .flat_map(Step::all_nodes_mut)
        .flat_map(|node| node.termination.commands_mut());
    for (_, gate) in gates {
        // A line for a shell names files too.
        let words = gate
            .command
            .iter()
            .flat_map(|word| word.split(|c: char| c.is_whitespace() || "\"'`;&|()<>=".contains(c)));
        let named = words
            .filter(|word| !word.is_empty())
            .map(|word| project.join(word))
            .filter(|path| path.is_file());
        // A script that is not there must not come from an agent; what a script works on may.
        let missing = scripts(&gate.command)
            .into_iter()
            .map(|word| project.join(word))
            .filter(|path| !path.exists());
        let paths: BTreeSet<_> = named
            .chain(missing)
            .filter(|path| path.starts_with(project))
            .collect();
        gate.frozen = paths
            .into_iter()
            .map(|path| FrozenFile {
                hash: hash_of(&path),
                path: path.into_string(),
            })
            .collect();
    }
}

/// Returns the fingerprint of a file; empty if there is none that can be read.
fn hash_of(path: &Utf8Path) -> String {
    fs::read(path).map_or_else(|_| String::new(), fingerprint)
}

fn judged(
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
        .history
        .iter()
        .filter(|entry| entry.node == state.cursor.node)
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
        iteration: state.counters.iterations,
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
        cursor: state.cursor,
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
