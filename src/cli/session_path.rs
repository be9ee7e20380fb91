//! `<project>/<session>`: the name of a session where one word must do, in any project where one was started.
use super::context::Context;
use crate::error::{Error, ErrorKind, Result};
use crate::model::SessionName;
use crate::store::roots;
use camino::Utf8PathBuf;
use std::ffi::OsString;

/// The commands whose first argument is a session.
const SESSION_COMMANDS: [&str; 10] = [
    "attach", "continue", "fork", "kill", "logs", "pause", "status", "stop", "tail", "wait",
];

/// Replaces `shop/auth` after such a command by `auth -C /path/of/shop`.
pub(super) fn expand(args: Vec<OsString>) -> Result<Vec<OsString>> {
    let word = |index: usize| args.get(index).and_then(|word| word.to_str());
    let (Some(command), Some(path)) = (word(1), word(2)) else {
        return Ok(args);
    };
    let Some((project, session)) = split(path).filter(|_| SESSION_COMMANDS.contains(&command))
    else {
        return Ok(args);
    };
    let root = find(project, &session, command)?;
    let mut expanded = args[..2].to_vec();
    expanded.extend([session.as_str(), "-C", root.as_str()].map(OsString::from));
    expanded.extend_from_slice(&args[3..]);
    Ok(expanded)
}

/// Replaces `shop/auth` by `auth`, to see whether a command line can be parsed.
pub(super) fn without_project(mut args: Vec<OsString>) -> Vec<OsString> {
    let word = |index: usize| args.get(index).and_then(|word| word.to_str());
    let is_command = word(1).is_some_and(|command| SESSION_COMMANDS.contains(&command));
    let session = word(2).filter(|_| is_command).and_then(split);
    if let Some((_, session)) = session {
        args[2] = session.as_str().into();
    }
    args
}

fn split(path: &str) -> Option<(&str, SessionName)> {
    let (project, session) = path.rsplit_once('/')?;
    let is_name = !project.is_empty() && !project.starts_with('-');
    session
        .parse()
        .ok()
        .filter(|_| is_name)
        .map(|session| (project, session))
}

/// Returns the root of the one project whose path ends like this and that has such a session.
fn find(project: &str, session: &SessionName, command: &str) -> Result<Utf8PathBuf> {
    let context = Context::read(None)?;
    let ends = |root: &Utf8PathBuf| root.ends_with(project.trim_start_matches('/'));
    let found: Vec<Utf8PathBuf> = with_session(session, &context)
        .into_iter()
        .filter(ends)
        .collect();
    match found.as_slice() {
        [root] => Ok(root.clone()),
        [] => Err(Error::new(
            ErrorKind::NotFound,
            format!("there is no session '{session}' in a project `{project}`"),
        )
        .hint("`ap list --all` shows the sessions of all projects")),
        several => Err(Error::usage(format!(
            "session '{session}' is in {} projects named `{project}`",
            several.len()
        ))
        .hint(choices(command, session, several))),
    }
}

/// Returns the roots of the projects that have a session of that name.
pub(super) fn with_session(session: &SessionName, context: &Context) -> Vec<Utf8PathBuf> {
    let known = roots::read(&context.dirs).unwrap_or_default();
    let has = |root: &Utf8PathBuf| {
        let project = crate::store::layout::Project::new(root.clone());
        project.session(session).journal().is_file()
    };
    known
        .into_iter()
        .map(|root| root.root)
        .filter(has)
        .collect()
}

/// Returns the commands of which one is meant.
fn choices(command: &str, session: &SessionName, roots: &[Utf8PathBuf]) -> String {
    let commands: Vec<String> = roots
        .iter()
        .map(|root| {
            format!(
                "`ap {command} {session} -C {}`",
                crate::text::shell_quote(root.as_str())
            )
        })
        .collect();
    commands.join(" or ")
}

/// Returns where else a session is that this project does not have: for a hint.
pub(super) fn elsewhere(session: &SessionName, context: &Context) -> Option<String> {
    let found = with_session(session, context);
    (!found.is_empty()).then(|| {
        let named = choices("status", session, &found);
        format!("another project has one of that name: {named}")
    })
}
