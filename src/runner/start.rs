//! Starts an attempt: briefs the agent, and hands its shim the job.
use super::attempt_context::AttemptContext;
use super::env::RunnerEnv;
use super::folder::AttemptFolder;
use super::{guard, status_file};
use crate::agent::{
    self, Adapter, Dialogue, Invocation, InvocationContext, OutputFormat, PromptDelivery,
};
use crate::exec::shim::{Job, Watched};
use crate::guard::Brief;
use crate::model::{Env, FailureClass, Outcome, PermissionMode, ProcessId};
use crate::plan::Node;
use crate::plan::template::{self, UnknownVariable};
use crate::store::lock::FileLock;
use crate::store::slots::Slot;
use crate::store::{atomic, beneath, crash};
use camino::Utf8Path;
use fs_err as fs;
use std::future::Future;
use std::io;
use std::pin::Pin;

/// What Linux takes for one argument.
const LONGEST_ARGUMENT: usize = 128 * 1024;

/// The shim, if it can be named already, and when it is gone.
pub(super) type Started = (Option<ProcessId>, Pin<Box<dyn Future<Output = ()> + Send>>);

/// Briefs the agent and starts its shim, which holds the slot from then on. `Err` says why there can be no agent.
pub(super) fn start(
    context: &AttemptContext<'_>,
    slot: Option<Slot>,
) -> io::Result<Result<Started, Outcome>> {
    let AttemptContext {
        plan,
        node,
        cursor,
        env,
        paths,
        ..
    } = context;
    let folder = &paths.iteration;
    status_file::clear_reports(paths)?;
    crash::point("start: no stale status");
    if let Some(parent) = paths.output_path.as_ref().and_then(|path| path.parent()) {
        fs::create_dir_all(parent)?;
    }
    let Ok(mut prompt) = prompt(node, |name| context.variable(name)) else {
        // Compiling the plan has already refused unknown names.
        return Err(io::Error::other("the prompt names an unknown variable"));
    };
    prompt += &context.notes();
    let job = match job(context, &prompt) {
        Ok(job) => job,
        Err(outcome) => return Ok(Err(*outcome)),
    };
    crash::point("start: before stdout.log");
    let stdout = beneath::append(&folder.stdout())?;
    crash::point("start: stdout.log made");
    let Some(lock) = FileLock::try_exclusive(&stdout)? else {
        return Err(io::Error::other(format!("{} is locked", folder.stdout())));
    };
    crash::point("start: stdout.log locked");
    if let Some(second) = paths.run.kept_stdout() {
        // Its lock shows that the attempt lives, even if the folder is removed.
        if let Err(error) = beneath::link(&folder.stdout(), &second) {
            tracing::info!(%error, "the output has no second name");
        }
    }
    let waiting = env.next_shims.take(&plan.run, *cursor);
    let mut shim = waiting.map_or_else(|| env.start_shim(plan, *cursor), Ok)?;
    crash::point("start: shim spawned");
    // Before it has its job: an agent may be done, and its shim gone, at once.
    let mut identity = shim.identity();
    // While the shim gets ready: it starts nothing before it has its job.
    brief(context, &prompt)?;
    // The locks go with the files: they are the shim's as soon as we close ours.
    let slot = slot.map(|slot| slot.file.into_parts().0);
    if let Err(error) = shim.send(&job, stdout.file(), slot.as_ref()) {
        // It was ended while it waited.
        tracing::info!(%error, "another shim is started");
        shim = env.start_shim(plan, *cursor)?;
        identity = shim.identity();
        shim.send(&job, stdout.file(), slot.as_ref())?;
    }
    drop(lock);
    crash::point("start: job handed over");
    tracing::info!(program = %job.program, ?identity, "agent launched");
    Ok(Ok((identity, Box::pin(shim.ended()))))
}

/// Writes what the agent is to read.
fn brief(context: &AttemptContext<'_>, prompt: &str) -> io::Result<()> {
    let folder = &context.paths.iteration;
    // Paths are what the agent works with, whatever is in their names.
    let redacted = context.env.redactor.redact_value_except(
        context.context(),
        &["paths", "iterations_dir", "session", "run"],
    );
    if 0 < redacted.removed {
        tracing::warn!(
            removed = redacted.removed,
            "secrets were removed from context.json"
        );
    }
    let text = serde_json::to_vec_pretty(&redacted.kept)?;
    atomic::create(&folder.context(), &text)?;
    atomic::create(&folder.prompt(), prompt.as_bytes())
}

/// Makes the folder of a running attempt again, with what its agent was given.
pub(super) fn remake(context: &AttemptContext<'_>) -> io::Result<()> {
    AttemptFolder::of(context).remake()?;
    match prompt(context.node, |name| context.variable(name)) {
        Ok(prompt) => brief(context, &(prompt + &context.notes())),
        Err(_) => Ok(()),
    }
}

/// Returns what the agent reads.
pub(super) fn prompt(
    node: &Node,
    value: impl Fn(&str) -> Option<String>,
) -> Result<String, UnknownVariable> {
    Ok(template::render(&node.prompt, &value)?
        + node.agent.adapter().prompt_suffix(node.agent.permissions))
}

/// Returns how the agent is called; `prompt` is what it reads.
pub(super) fn invocation(context: &AttemptContext<'_>, prompt: &str) -> Invocation {
    let AttemptContext {
        plan,
        node,
        cursor,
        env,
        paths,
        ..
    } = context;
    let call = InvocationContext {
        cursor: *cursor,
        run: &plan.run,
        session: &plan.session,
        stage: node.id.as_str(),
        node_type: if node.template.is_empty() {
            node.id.as_str()
        } else {
            &node.template
        },
        is_root: nix::unistd::geteuid().is_root(),
        exe: &env.exe,
        project: &env.workspace.cwd,
        context: &paths.iteration.context(),
        exchange: paths.writable_dir.as_deref(),
        cost_left_usd: context.budget.left().0,
        prompt,
        prompt_file: &paths.iteration.prompt(),
    };
    agent::invocation(&node.agent, &call, env.vars.keys().map(String::as_str))
}

/// Returns the arguments that the program knows, and how it takes messages.
fn supported(
    node: &Node,
    env: &RunnerEnv,
    program: &Utf8Path,
    mut args: Vec<String>,
) -> (Vec<String>, Option<Dialogue>) {
    let (adapter, dialogue) = (node.agent.adapter(), node.agent.dialogue);
    let optional = adapter.optional_flags();
    if optional.is_empty() {
        return (args, dialogue);
    }
    let options = env.options_of(program);
    // A program that does not say that it takes messages would wait for the end of its input.
    let own = adapter.dialogue_args();
    let takes_messages = own
        .iter()
        .take(1)
        .any(|flag| options.as_ref().is_some_and(|known| known.contains(*flag)));
    if !takes_messages {
        agent::remove_dialogue(&mut args, own);
    }
    if let Some(options) = options {
        args = agent::without_missing(args, optional, &options);
    }
    (args, dialogue.filter(|_| takes_messages))
}

fn job(context: &AttemptContext<'_>, prompt: &str) -> Result<Job, Box<Outcome>> {
    let AttemptContext {
        node, env, paths, ..
    } = context;
    let by = node.agent.adapter().prompt_delivery();
    if by == PromptDelivery::Argument && LONGEST_ARGUMENT <= prompt.len() {
        return Err(Box::new(Outcome::Refused {
            class: FailureClass::Refused,
            reason: format!(
                "the prompt has {} bytes; an argument holds less than {LONGEST_ARGUMENT}",
                prompt.len()
            ),
            hint: format!(
                "declare `prompt: stdin` or `prompt: file` for `{}` in config.yaml",
                node.agent.provider_name()
            ),
        }));
    }
    let invocation = invocation(context, prompt);
    let mut vars = env.vars.clone();
    for name in &invocation.remove_env {
        vars.remove(name);
    }
    vars.extend(invocation.set_env);
    vars.insert("PATH".to_owned(), env.agent_path());
    vars.extend(context.tracker_env.iter().cloned());
    let program = env.find(&invocation.program).ok_or_else(|| {
        let missing = agent::missing_program(&node.agent, &invocation.program, "the loop");
        Box::new(missing)
    })?;
    let mut args = invocation.args;
    if let Some(flag) = node.agent.adapter().plugin_flag() {
        let folder = guard::write_plugin(env).map_err(|error| {
            Box::new(Outcome::Refused {
                class: FailureClass::Refused,
                reason: format!("the guardrails of the agent cannot be written: {error}"),
                hint: "make the state folder of `ap` writable: `ap doctor` names it".to_owned(),
            })
        })?;
        // The definition's own arguments stay the last ones.
        args.splice(0..0, [flag.to_owned(), folder.into_string()]);
        vars.insert(Brief::VARIABLE.to_owned(), guard::brief(context).to_value());
    }
    let (args, dialogue) = supported(node, env, &program, args);
    if node.agent.permissions == PermissionMode::Ask && dialogue.is_none() {
        return Err(Box::new(cannot_ask(node)));
    }
    let watched = watched(node.agent.adapter(), &vars, &env.workspace.cwd);
    Ok(Job {
        program,
        args,
        env: vars,
        cwd: env.workspace.cwd.clone(),
        dialogue,
        prompt: (by == PromptDelivery::Stdin).then(|| paths.iteration.prompt()),
        folder: paths.iteration.clone(),
        limits: node.agent.limits,
        watched,
    })
}

/// Returns the refusal of an agent that cannot ask for permissions.
fn cannot_ask(node: &Node) -> Outcome {
    let is_older = node.agent.dialogue.is_none();
    Outcome::Refused {
        class: FailureClass::Refused,
        reason: format!(
            "`{}` is called in a way in which it cannot ask for permissions",
            node.agent.program
        ),
        hint: if is_older {
            "remove `--input-format` and `--output-format` from `args`, if they are there, and resume with `--recompile`; or choose another `permissions:`"
                .to_owned()
        } else {
            "update the program: it lacks `--input-format`; or choose another `permissions:`"
                .to_owned()
        },
    }
}

/// Returns what the shim needs to know of the program to notice that it hangs.
fn watched(adapter: &dyn Adapter, vars: &Env, cwd: &Utf8Path) -> Watched {
    let format = adapter.output_format();
    let questions = adapter.questions().iter();
    Watched {
        events: matches!(format, OutputFormat::Events { .. }),
        ends_with_result: format.ends_with_result(),
        questions: questions.map(|known| known.text.to_owned()).collect(),
        transcripts: adapter.transcripts(vars, cwd),
    }
}
