//! The guardrails of an agent: the plugin that makes Claude Code ask `ap` before each use of a tool, and what it judges by.
use super::attempt_context::AttemptContext;
use super::env::RunnerEnv;
use crate::fingerprint::fingerprint;
use crate::guard::{Brief, Protected};
use crate::plan::{Plan, QueueSource};
use crate::store::layout::StateFile;
use crate::store::project_folder::FOLDER;
use crate::store::{atomic, user_settings};
use crate::termination::GateRef;
use crate::text::shell_quote;
use camino::{Utf8Path, Utf8PathBuf};
use fs_err as fs;
use serde_json::{Value, json};
use std::io;

/// Seconds that Claude Code waits for the hook before it runs the tool: longer than an attempt may take. The hook ends
/// itself after a few seconds, unless it was stopped; then the tool has to wait.
const TIMEOUT: u64 = 24 * 60 * 60;
/// What the agent reads if `ap` could not judge. It is quoted in the line of shell.
const REFUSED: &str = "ap could not judge this, so it is refused: end your turn, and report that its guardrails do not run";
/// Digits of the fingerprint in a folder's name.
const DIGITS: usize = 12;

/// Writes the plugin, unless it is there, and returns its folder. Each program has its own.
pub(super) fn write_plugin(env: &RunnerEnv) -> io::Result<Utf8PathBuf> {
    let name = fingerprint(env.exe.as_str());
    let name = name.get(..DIGITS).unwrap_or(&name);
    let folder = env.dirs.state_file(StateFile::AgentPlugin).join(name);
    let hooks = serde_json::to_vec_pretty(&hooks(&env.exe))?;
    let manifest = serde_json::to_vec_pretty(&manifest())?;
    write(&folder.join(".claude-plugin/plugin.json"), &manifest)?;
    write(&folder.join("hooks/hooks.json"), &hooks)?;
    Ok(folder)
}

fn write(path: &Utf8Path, content: &[u8]) -> io::Result<()> {
    if fs::read(path).is_ok_and(|found| found == content) {
        return Ok(());
    }
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder)?;
    }
    atomic::replace(path, content)
}

fn manifest() -> Value {
    json!({
        "name": "agent-pipelines-session",
        "version": env!("CARGO_PKG_VERSION"),
        "description": "Guardrails of Agent Pipelines for the agents of its sessions",
        "author": { "name": "Agent Pipelines" },
    })
}

fn hooks(exe: &Utf8Path) -> Value {
    let hook = json!({ "type": "command", "command": command(exe), "timeout": TIMEOUT });
    json!({ "hooks": { "PreToolUse": [{ "matcher": "*", "hooks": [hook] }] } })
}

/// Returns the line of shell that judges the use of a tool. Claude Code lets the tool run at every exit code but 2, so
/// the line exits with 2 whenever `ap` did not say that the tool may run.
fn command(exe: &Utf8Path) -> String {
    format!(
        "{} hook pre-tool-use --attempt || {{ [ $? = 2 ] || echo '{REFUSED}' >&2; exit 2; }}",
        shell_quote(exe.as_str())
    )
}

/// Returns what the guardrails of an attempt judge by.
pub(super) fn brief(context: &AttemptContext<'_>) -> Brief {
    let AttemptContext {
        plan, env, paths, ..
    } = context;
    // Settings that cannot be read turn no rule off.
    let settings = user_settings::read(&env.dirs).map(|settings| settings.guard);
    let (cwd, root) = (&env.workspace.cwd, env.workspace.store_root.root());
    let protected = |path: Utf8PathBuf, what: &str| Protected {
        path,
        what: what.to_owned(),
    };
    let settings_of = "holds settings and sessions, which agents do not change";
    let mut all = vec![
        protected(cwd.join(".claude"), settings_of),
        protected(root.join(".claude"), settings_of),
        protected(root.join(FOLDER), "belongs to `ap`"),
        protected(env.dirs.config.clone(), "holds the settings of `ap`"),
        protected(env.dirs.state.clone(), "holds the state of `ap`"),
        protected(env.dirs.data.clone(), "belongs to `ap`"),
    ];
    if let Some(home) = env.vars.get("HOME") {
        all.push(protected(
            Utf8Path::new(home).join(".claude"),
            "holds your settings of Claude Code",
        ));
    }
    if let Some(kept) = paths.run.kept() {
        all.push(protected(kept.to_owned(), "belongs to `ap`"));
    }
    let gates = gate_files(plan);
    all.extend(gates.map(|file| protected(file, "decides whether the work is done")));
    Brief {
        settings: settings.unwrap_or_default(),
        project: cwd.clone(),
        protected: all,
        writable: writable(context),
        task_files: task_files(context),
    }
}

/// Returns the files and folders that an agent has to write.
fn writable(context: &AttemptContext<'_>) -> Vec<Utf8PathBuf> {
    let paths = &context.paths;
    let mut all = vec![
        paths.status.clone(),
        paths.result.clone(),
        paths.progress.clone(),
        paths.own_progress.clone(),
        paths.iteration.output(),
        context.env.workspace.writable_dir(&paths.run),
    ];
    all.extend(paths.output_path.clone());
    all
}

/// Returns the documents whose boxes are the tasks.
fn task_files(context: &AttemptContext<'_>) -> Vec<Utf8PathBuf> {
    let queue = context.node.queue.as_ref().map(|queue| &queue.source);
    match queue {
        Some(QueueSource::Backlog { path }) if path.file_name() == Some("prd.md") => {
            vec![context.env.workspace.cwd.join(path)]
        }
        _ => Vec::new(),
    }
}

/// Returns the frozen files of every gate of a plan.
fn gate_files(plan: &Plan) -> impl Iterator<Item = Utf8PathBuf> {
    let gates = plan.all_nodes().flat_map(|node| node.termination.gates());
    let commands = gates.filter_map(|gate| match gate {
        GateRef::Command(gate) => Some(gate),
        GateRef::Judge(_) => None,
    });
    commands.flat_map(|gate| gate.frozen.iter().map(|file| file.path.as_str().into()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::Step;

    #[test]
    fn the_line_of_shell_quotes_the_program_and_refuses_unless_it_agrees() {
        let line = command("/opt/it's here/ap".into());
        assert!(
            line.starts_with(r"'/opt/it'\''s here/ap' hook pre-tool-use --attempt || {"),
            "{line}"
        );
        assert!(
            line.ends_with("; exit 2; }") && !REFUSED.contains('\''),
            "{line}"
        );
    }

    #[test]
    fn frozen_files_of_every_gate_are_found() {
        let mut plan = crate::plans::plan();
        let gate = |file: &str| {
            let frozen = json!([{ "path": file, "hash": "" }]);
            let gate =
                json!({ "type": "verify", "command": ["sh"], "timeout_s": 1, "frozen": frozen });
            serde_json::from_value(gate).unwrap()
        };
        let all = Step::all_nodes_mut;
        for (number, node) in plan.steps.iter_mut().flat_map(all).enumerate() {
            node.termination = gate(&format!("/p/{number}.sh"));
        }
        let nodes = plan.all_nodes().count();
        let expected: Vec<String> = (0..nodes).map(|number| format!("/p/{number}.sh")).collect();
        assert_eq!(gate_files(&plan).collect::<Vec<_>>(), expected);
    }
}
