//! Asks whoever decides whether a node is done: a command, or a judge. Nothing is believed that comes late or twice.
use super::Surroundings;
use super::context::Places;
use crate::agent::{self, Call, Case, Transcript};
use crate::engine::State;
use crate::model::{Cursor, GateVerdict, Input, Usage, mark};
use crate::plan::{AgentSpec, Node, Plan, PromptBy, Step, fingerprint};
use crate::store::atomic;
use crate::store::session::Session;
use crate::termination::gate::{Ended, read, read_judge};
use crate::termination::{Frozen, Gate, Judge, Termination};
use camino::Utf8Path;
use fs_err as fs;
use nix::sys::signal::{Signal, killpg};
use nix::unistd::Pid;
use serde_json::json;
use std::future::{Future, pending};
use std::io::{self, Read as _, Seek as _, SeekFrom};
use std::pin::Pin;
use std::process::Stdio;
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWriteExt as _};

/// How long a judge may think.
const JUDGE_TIMEOUT: Duration = Duration::from_secs(300);
/// Tries of a judge before its answer counts as broken.
const JUDGE_TRIES: u32 = 2;
/// How much of a program's output is read; the rest is let pass.
const MOST_OUTPUT: u64 = 1024 * 1024;
/// How much of a file a judge sees, from its end.
const MOST_SEEN: u64 = 16 * 1024;
/// How many iterations a judge sees.
const MOST_HISTORY: usize = 20;

/// The question that is being asked, if any.
#[derive(Default)]
pub(super) struct Gates {
    asked: Option<Pin<Box<dyn Future<Output = Input> + Send>>>,
}

impl Gates {
    /// Asks, unless something is being asked already.
    pub(super) fn ask(&mut self, session: &Session, around: &Surroundings, cursor: Cursor, gate: u32) -> io::Result<()> {
        if self.asked.is_some() {
            return Ok(());
        }
        let (plan, state) = (&session.plan, session.state());
        let Some(node) = state.node(plan) else { return Err(io::Error::other("the plan has no such node")) };
        let places = super::attempt::places(&session.dir, plan, node, cursor, around);
        let verdict: Pin<Box<dyn Future<Output = (GateVerdict, Usage)> + Send>> = match node.termination.gates().get(gate as usize) {
            Some(Termination::Verify(gate) | Termination::Command(gate)) => Box::pin(command(plan, state, node, gate, around, &places)),
            Some(Termination::Judge(judge)) => Box::pin(judged(plan, state, node, judge, around, &places)?),
            _ => return Err(io::Error::other("the plan has no such gate")),
        };
        self.asked = Some(Box::pin(async move {
            let (verdict, usage) = verdict.await;
            Input::GateAnswered { cursor, gate, verdict, usage }
        }));
        Ok(())
    }

    /// Waits for the answer.
    pub(super) async fn answered(&mut self) -> Input {
        let Some(asked) = &mut self.asked else { return pending().await };
        let input = asked.as_mut().await;
        self.asked = None;
        input
    }
}

fn command(
    plan: &Plan,
    state: &State,
    node: &Node,
    gate: &Gate,
    around: &Surroundings,
    places: &Places,
) -> impl Future<Output = (GateVerdict, Usage)> + Send + use<> {
    let changed = gate
        .frozen
        .iter()
        .find(|frozen| hash_of(Utf8Path::new(&frozen.path)).as_ref() != Some(&frozen.hash))
        .map(|frozen| frozen.path.clone());
    let last = state.history.back().map(|entry| json!({ "iteration": entry.iteration, "status": entry.status }));
    let told = json!({
        "session": plan.session, "run": plan.run, "node": node.id, "iteration": state.tally.iterations,
        "context": places.iteration.context(), "progress": places.progress, "last": last,
    });
    let call = gate.command.split_first().map(|(program, args)| (around.find(program), program.clone(), args.to_vec()));
    let mut env = around.env.clone();
    env.insert(mark::RUN.to_owned(), plan.run.to_string());
    env.insert("AP_CONTEXT".to_owned(), places.iteration.context().to_string());
    let (cwd, limit) = (around.project.root().to_owned(), Duration::from_secs(gate.timeout_s));
    async move {
        let broken = |reason: String| (GateVerdict::Broken { reason }, Usage::default());
        if let Some(path) = changed {
            return broken(format!(
                "{path} was changed since the session started, and is not believed; put it back, or start anew with --force"
            ));
        }
        let Some((Some(path), _, args)) = call else { return broken("there is no such program on PATH".to_owned()) };
        let mut command = tokio::process::Command::new(path);
        command.args(args).env_clear().envs(env.iter()).current_dir(cwd);
        match run(command, told.to_string().as_bytes(), limit).await {
            Err(why) => broken(why),
            Ok(ran) => (read(&Ended { code: ran.code, stdout: &ran.stdout, stderr: &ran.stderr }), Usage::default()),
        }
    }
}

/// Freezes the project's files that gates are made of: what they are now is what they must be when they are asked.
pub fn freeze_gates(plan: &mut Plan, project: &Utf8Path) {
    let gates = plan.nodes.iter_mut().flat_map(Step::all_nodes_mut).flat_map(|node| node.termination.gates_mut());
    for gate in gates.filter_map(|gate| match gate {
        Termination::Verify(gate) | Termination::Command(gate) => Some(gate),
        _ => None,
    }) {
        // A line for a shell names files too.
        let words = gate.command.iter().flat_map(|word| word.split(|c: char| c.is_whitespace() || "\"'`;&|()<>=".contains(c)));
        let files =
            words.filter(|word| !word.is_empty()).map(|word| project.join(word)).filter(|path| path.starts_with(project) && path.is_file());
        gate.frozen = files.filter_map(|path| Some(Frozen { hash: hash_of(&path)?, path: path.into_string() })).collect();
    }
}

/// Returns the fingerprint of a file, if it can be read.
fn hash_of(path: &Utf8Path) -> Option<String> {
    let bytes = fs::read(path).ok()?;
    Some(fingerprint(std::iter::once(String::from_utf8_lossy(&bytes).as_ref())))
}

fn judged(
    plan: &Plan,
    state: &State,
    node: &Node,
    judge: &Judge,
    around: &Surroundings,
    places: &Places,
) -> io::Result<impl Future<Output = (GateVerdict, Usage)> + Send + use<>> {
    let asked = node.judge.as_ref().map(|spec| ask_judge(spec, plan, state, node, judge, around, places)).transpose()?;
    let least = judge.confidence;
    Ok(async move {
        let broken = |reason: String, usage| (GateVerdict::Broken { reason }, usage);
        let Some((spec, call, prompt)) = asked else { return broken("the node has no judge".to_owned(), Usage::default()) };
        let (mut usage, mut verdict) = (Usage::default(), GateVerdict::Broken { reason: String::new() });
        for _ in 0..JUDGE_TRIES {
            let Some(command) = call() else { return broken(format!("there is no program `{}` on PATH", spec.program), usage) };
            verdict = match run(command, prompt.as_bytes(), JUDGE_TIMEOUT).await {
                Err(why) => GateVerdict::Broken { reason: why },
                Ok(ran) => {
                    let mut transcript = Transcript::new(agent::speaks(&spec));
                    transcript.push(ran.stdout.as_bytes());
                    transcript.finish();
                    usage += transcript.usage();
                    let said = transcript
                        .structured_status()
                        .map_or_else(|| transcript.final_text().unwrap_or(&ran.stdout).to_owned(), ToString::to_string);
                    match ran.code {
                        Some(0) => read_judge(&said, least),
                        code => GateVerdict::Broken {
                            reason: format!("the judge ended with exit code {code:?}: {}", crate::text::first_line(&ran.stderr)),
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

type Ask = (AgentSpec, Box<dyn Fn() -> Option<tokio::process::Command> + Send>, String);

fn ask_judge(
    spec: &AgentSpec,
    plan: &Plan,
    state: &State,
    node: &Node,
    judge: &Judge,
    around: &Surroundings,
    places: &Places,
) -> io::Result<Ask> {
    let history: Vec<String> = state
        .history
        .iter()
        .filter(|entry| entry.node == state.cursor.node)
        .map(|entry| format!("{}. {:?}: {} {}", entry.iteration, entry.status.decision, entry.status.reason, entry.status.summary))
        .collect();
    let case = Case {
        stage: node.id.as_str(),
        criteria: &judge.criteria,
        iteration: state.tally.iterations,
        history: &history[history.len().saturating_sub(MOST_HISTORY)..].join("\n"),
        output: &end_of(&places.iteration.output()),
        progress: &end_of(&places.progress),
    };
    let prompt = agent::judge_prompt(&case);
    let (context, file) = (places.iteration.context(), places.iteration.root().join("judge.md"));
    let call = Call {
        cursor: state.cursor,
        run: &plan.run,
        session: &plan.session,
        node_type: "judge",
        is_root: nix::unistd::geteuid().is_root(),
        exe: &around.exe,
        project: around.project.root(),
        context: &context,
        exchange: None,
        prompt: &prompt,
        prompt_file: &file,
    };
    let invocation = agent::judge_invocation(spec, &call, around.env.keys().map(String::as_str));
    let mut env = around.env.clone();
    invocation.remove_env.iter().for_each(|name| drop(env.remove(name)));
    env.extend(invocation.set_env);
    let (program, cwd) = (around.find(&invocation.program), around.project.root().to_owned());
    let args = invocation.args;
    let make = move || {
        let mut command = tokio::process::Command::new(program.as_ref()?);
        command.args(&args).env_clear().envs(env.iter()).current_dir(&cwd);
        Some(command)
    };
    let told = match agent::prompt_by(spec) {
        PromptBy::Stdin => prompt,
        PromptBy::File => atomic::replace(&file, prompt.as_bytes()).map(|()| String::new())?,
        PromptBy::Argument => String::new(),
    };
    Ok((spec.clone(), Box::new(make), told))
}

/// Returns the end of a file, as text.
pub(super) fn end_of(path: &Utf8Path) -> String {
    let read = || -> io::Result<Vec<u8>> {
        let mut file = fs::File::open(path)?;
        let length = file.metadata()?.len();
        file.seek(SeekFrom::Start(length.saturating_sub(MOST_SEEN)))?;
        let mut end = Vec::new();
        file.take(MOST_SEEN).read_to_end(&mut end)?;
        Ok(end)
    };
    read().map(|end| String::from_utf8_lossy(&end).into_owned()).unwrap_or_default()
}

struct Ran {
    code: Option<i32>,
    stdout: String,
    stderr: String,
}

/// Runs a program in a group of its own for a bounded time. The group is ended when it takes too long, and when nobody
/// waits for the answer any more.
async fn run(mut command: tokio::process::Command, input: &[u8], limit: Duration) -> Result<Ran, String> {
    let spawned = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).process_group(0).kill_on_drop(true).spawn();
    let mut child = spawned.map_err(|error| format!("it cannot be started: {error}"))?;
    let mut group = Group(child.id().and_then(|pid| i32::try_from(pid).ok()));
    let (stdin, stdout, stderr) = (child.stdin.take(), child.stdout.take(), child.stderr.take());
    let speak = async move {
        if let Some(mut stdin) = stdin {
            // It may end without having read it all.
            let _ = stdin.write_all(input).await;
        }
    };
    let work = async { tokio::join!(child.wait(), collect(stdout), collect(stderr), speak) };
    let (status, stdout, stderr, ()) =
        tokio::time::timeout(limit, work).await.map_err(|_| format!("it did not answer within {} s and was ended", limit.as_secs()))?;
    // It has been reaped, and its number may become another's.
    group.0 = None;
    let code = status.map_err(|error| error.to_string())?.code();
    Ok(Ran { code, stdout, stderr })
}

/// Ends a process group when dropped, while its leader has not been reaped.
struct Group(Option<i32>);

impl Drop for Group {
    fn drop(&mut self) {
        if let Some(pid) = self.0 {
            let _ = killpg(Pid::from_raw(pid), Signal::SIGKILL);
        }
    }
}

async fn collect(pipe: Option<impl AsyncRead + Unpin>) -> String {
    let mut bytes = Vec::new();
    if let Some(mut pipe) = pipe {
        let _ = (&mut pipe).take(MOST_OUTPUT).read_to_end(&mut bytes).await;
        // Whoever says more must not wait for us for ever.
        let _ = tokio::io::copy(&mut pipe, &mut tokio::io::sink()).await;
    }
    String::from_utf8_lossy(&bytes).into_owned()
}
