//! `ap hook pre-tool-use --attempt`: judges what an agent of a session is about to do with a tool. Claude Code runs the
//! tool unless the exit code is 2, so whatever goes wrong here is a refusal.
use super::context::Context;
use crate::error::{ExitCode, Result};
use crate::guard::{Block, Brief, Scope, ToolCall, judge};
use crate::model::env_tag;
use crate::redact::Redactor;
use crate::ui::note;
use crate::workspace::git;
use camino::{Utf8Path, Utf8PathBuf};
use fs_err as fs;
use serde_json::Value;
use std::io::Read as _;

/// A longer payload is refused.
const MAX_PAYLOAD: u64 = 32 << 20;
/// Seconds after which the process ends itself, before Claude Code stops waiting for it and runs the tool.
const DEADLINE: u32 = 20;

pub(super) fn run(for_attempts: bool, context: &Context) -> Result<ExitCode> {
    if for_attempts && !context.env.contains_key(env_tag::ATTEMPT) {
        return Ok(ExitCode::Done);
    }
    // The signal ends the process, which is a refusal.
    nix::unistd::alarm::set(DEADLINE);
    let refusal = match judged(context) {
        Ok(None) => return Ok(ExitCode::Done),
        Ok(Some(block)) => format!("ap [{}]: {}", block.rule.as_str(), block.reason),
        Err(reason) => format!("ap: this use of a tool is refused, because {reason}"),
    };
    note(refusal);
    Ok(ExitCode::Usage)
}

/// Returns why the tool may not run, if it may not; `Err` is why that is not known.
fn judged(context: &Context) -> std::result::Result<Option<Block>, String> {
    let mut text = Vec::new();
    let read = std::io::stdin().take(MAX_PAYLOAD).read_to_end(&mut text);
    let length = read.map_err(|error| format!("its payload cannot be read: {error}"))?;
    if MAX_PAYLOAD <= length as u64 {
        return Err("its payload is too long".to_owned());
    }
    let payload: Value = serde_json::from_slice(&text)
        .map_err(|error| format!("its payload cannot be parsed: {error}"))?;
    let name = payload.get("tool_name").and_then(Value::as_str);
    let name = name.ok_or("its payload names no tool")?;
    let value = context.env.get(Brief::VARIABLE);
    let value = value.ok_or_else(|| format!("{} is not set", Brief::VARIABLE))?;
    let brief: Brief = serde_json::from_str(value)
        .map_err(|error| format!("{} cannot be parsed: {error}", Brief::VARIABLE))?;
    let call = ToolCall {
        name: name.to_owned(),
        input: payload.get("tool_input").cloned().unwrap_or_default(),
    };
    let cwd = payload.get("cwd").and_then(Value::as_str);
    let cwd = cwd.map_or_else(|| brief.project.clone(), Utf8PathBuf::from);
    Ok(judge_in(&call, canonical(brief), &cwd, context))
}

fn judge_in(call: &ToolCall, brief: Brief, cwd: &Utf8Path, context: &Context) -> Option<Block> {
    let home = context.env.get("HOME").map(|home| resolve(home.as_ref()));
    let temp = context.env.get("TMPDIR").map(Utf8PathBuf::from);
    let usual = ["/tmp", "/var/tmp"].map(Utf8PathBuf::from);
    let temp: Vec<_> = temp
        .into_iter()
        .chain(usual)
        .map(|path| resolve(&path))
        .collect();
    let git = git::repository(&brief.project).map(git::git_dir);
    let branch = git.as_ref().and_then(|git| reference(&git.join("HEAD")));
    let mut default_branches = vec!["main".to_owned(), "master".to_owned()];
    let shared = git.as_ref().map(|git| git::shared_dir(git));
    let remote = shared.and_then(|git| reference(&git.join("refs/remotes/origin/HEAD")));
    default_branches.extend(remote);
    let redactor = Redactor::of_env(context.env.iter(), []);
    let Brief {
        settings,
        project,
        protected,
        writable,
        task_files,
    } = brief;
    judge(
        call,
        &Scope {
            settings: &settings,
            project: &project,
            cwd: &resolve(cwd),
            home: home.as_deref(),
            temp: &temp,
            branch: branch.as_deref(),
            default_branches: &default_branches,
            protected: &protected,
            writable: &writable,
            task_files: &task_files,
            resolve: &resolve,
            read: &|path| fs::read_to_string(path).ok(),
            has_secret: &|text| !redactor.is_clean(text),
        },
    )
}

/// Returns the brief with the links of its paths followed.
fn canonical(mut brief: Brief) -> Brief {
    let every = |paths: &mut Vec<Utf8PathBuf>| {
        for path in paths {
            *path = resolve(path);
        }
    };
    every(&mut brief.writable);
    every(&mut brief.task_files);
    brief.project = resolve(&brief.project);
    for protected in &mut brief.protected {
        protected.path = resolve(&protected.path);
    }
    brief
}

/// Follows the links of a path, as far as it exists.
fn resolve(path: &Utf8Path) -> Utf8PathBuf {
    for known in path.ancestors() {
        if let Ok(found) = known.canonicalize_utf8() {
            let rest = path.strip_prefix(known).unwrap_or(Utf8Path::new(""));
            return if rest.as_str().is_empty() {
                found
            } else {
                found.join(rest)
            };
        }
    }
    path.to_owned()
}

/// Returns the branch that a file of references names.
fn reference(file: &Utf8Path) -> Option<String> {
    let text = fs::read_to_string(file).ok()?;
    let target = text.strip_prefix("ref:")?.trim();
    let name = target
        .strip_prefix("refs/heads/")
        .or_else(|| target.strip_prefix("refs/remotes/origin/"))?;
    Some(name.to_owned())
}
