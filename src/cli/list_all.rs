//! `ap list --all`: the sessions of every project in which one was started. Reads only.
use super::context::Context;
use super::format::Format;
use super::list::{Args, Row, add_windows, questions, rows, table};
use crate::error::{ExitCode, Result};
use crate::store::layout::Project;
use crate::store::roots::{self, Root};
use crate::text::shell_quote;
use crate::ui::{json, out};
use camino::Utf8PathBuf;
use serde::Serialize;

/// A project with its sessions, the latest first.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
pub(super) struct ProjectRows {
    #[cfg_attr(feature = "schemas", schemars(with = "String"))]
    pub(super) project: Utf8PathBuf,
    /// Whether its folder is there.
    pub(super) exists: bool,
    pub(super) sessions: Vec<Row>,
}

/// Returns every known project, the current one too, those with the latest sessions first. `count` sessions at most.
pub(super) fn projects(count: Option<usize>, context: &Context) -> Result<Vec<ProjectRows>> {
    let mut known = roots::read(&context.dirs)?;
    let here = context.project.root();
    if !known.iter().any(|root| root.root == here) {
        known.push(Root {
            root: here.to_owned(),
            since: crate::clock::now(),
        });
    }
    let mut projects = known.into_iter().map(read).collect::<Result<Vec<_>>>()?;
    projects.retain(|project| !project.exists || !project.sessions.is_empty());
    projects.sort_by_key(|project| {
        let latest = project.sessions.first().and_then(|row| row.updated_at);
        std::cmp::Reverse(latest)
    });
    let mut left = count.unwrap_or(usize::MAX);
    for project in &mut projects {
        project.sessions.truncate(left);
        left -= project.sessions.len();
    }
    Ok(projects)
}

fn read(root: Root) -> Result<ProjectRows> {
    let exists = root.exists();
    let project = Project::new(root.root);
    Ok(ProjectRows {
        exists,
        sessions: if exists { rows(&project)? } else { Vec::new() },
        project: project.root().to_owned(),
    })
}

/// Prints the sessions of all projects.
pub(super) fn run(args: &Args, context: &Context) -> Result<ExitCode> {
    let mut projects = projects(args.count, context)?;
    if args.format == Format::Json {
        for ProjectRows {
            project, sessions, ..
        } in &mut projects
        {
            let project = Project::new(project.clone());
            let context = Context {
                project,
                ..context.clone()
            };
            add_windows(sessions, &context);
        }
        json::print(&projects)?;
    } else if projects.is_empty() {
        out("No sessions yet. Run `ap` to list what you can start.")?;
    } else {
        let texts: Vec<String> = projects.iter().map(text).collect();
        out(texts.join("\n"))?;
    }
    Ok(ExitCode::Done)
}

fn text(project: &ProjectRows) -> String {
    let root = shell_quote(project.project.as_str());
    match project.sessions.first() {
        _ if !project.exists => {
            format!("{root}  does not exist; `ap cleanup --all` removes it from this list\n")
        }
        Some(latest) => format!(
            "{root}\n{}{}\n  ap {} {} -C {root}\n",
            table(&project.sessions),
            questions(&project.sessions, " --all"),
            if latest.alive { "attach" } else { "status" },
            latest.session
        ),
        None => format!("{root}\n"),
    }
}
