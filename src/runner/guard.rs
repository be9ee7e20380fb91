//! The guardrails of an agent: the plugin that makes Claude Code ask `ap` before each use of a tool, and what it judges by.
use super::attempt_context::AttemptContext;
use super::env::RunnerEnv;
use crate::fingerprint::fingerprint;
use crate::guard::{Brief, Protected};
use crate::plan::QueueSource;
use crate::store::layout::StateFile;
use crate::store::{atomic, user_settings};
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
        protected(root.join(".agent-pipelines"), "belongs to `ap`"),
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
    let mut gates = Vec::new();
    frozen(
        &serde_json::to_value(&plan.steps).unwrap_or_default(),
        &mut gates,
    );
    let gates = gates
        .into_iter()
        .map(|path| protected(path, "decides whether the work is done"));
    all.extend(gates);
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

/// Collects the frozen files of every gate of a plan.
fn frozen(value: &Value, found: &mut Vec<Utf8PathBuf>) {
    match value {
        Value::Array(values) => values.iter().for_each(|value| frozen(value, found)),
        Value::Object(map) => {
            for (key, value) in map {
                if let (true, Some(files)) = (key == "frozen", value.as_array()) {
                    let paths = files.iter().filter_map(|file| file.get("path")?.as_str());
                    found.extend(paths.map(Utf8PathBuf::from));
                } else {
                    frozen(value, found);
                }
            }
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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
        let steps = json!([{"termination": {"any": [{"frozen": [{"path": "/p/a.sh", "hash": ""}]}]}},
            {"branches": [{"nodes": [{"termination": {"frozen": [{"path": "/p/b.sh", "hash": "1"}]}}]}]}]);
        let mut found = Vec::new();
        frozen(&steps, &mut found);
        assert_eq!(found, ["/p/a.sh", "/p/b.sh"]);
    }
}
