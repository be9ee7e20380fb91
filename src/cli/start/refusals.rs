//! Refuses a start that is known to fail, before anything is created.
use crate::cli::context::Context;
use crate::cli::programs;
use crate::error::{Error, ErrorKind, Result};
use crate::exec::command::find_program;
use crate::model::{Env, QueueStatus};
use crate::plan::{BACKLOGS, Need, Node, Plan, QueueSource, QueueSpec, Step};
use crate::queue::{self, QueueEnv};
use crate::runner::RunnerEnv;
use crate::store::project_folder::is_unedited;
use crate::workspace::{Workspace, git};
use camino::Utf8Path;

/// Refuses to start or resume a session whose programs are missing.
pub(super) fn programs(plan: &Plan, in_tmux: bool, context: &Context) -> Result<()> {
    if in_tmux && find_program("tmux", context.env.get("PATH"), context.project.root()).is_none() {
        return Err(Error::new(ErrorKind::ProgramMissing, "tmux is not installed").hint(
            "install it (`apt install tmux`, `dnf install tmux`, `brew install tmux`), or run in this terminal with `--foreground`",
        ));
    }
    let env = RunnerEnv::new(
        Workspace::in_place(context.project.clone()),
        context.exe.clone(),
        context.env.clone(),
    );
    programs::require(plan, &env)
}

/// Refuses to start a session whose first agents would have nothing to do.
pub(super) fn nothing_to_do(plan: &Plan, context: &Context) -> Result<()> {
    let first: Vec<&Node> = match plan.steps.first() {
        Some(Step::Node(node)) => vec![node],
        Some(Step::Block(block)) => block
            .branches
            .iter()
            .filter_map(|branch| branch.nodes.first())
            .collect(),
        None => Vec::new(),
    };
    for node in first {
        needs(plan, node, context)?;
        tasks(node, context)?;
    }
    Ok(())
}

/// Refuses a node that needs a goal and is given none. The scripted agent needs none: it follows its script.
fn needs(plan: &Plan, node: &Node, context: &Context) -> Result<()> {
    let root = context.project.root();
    let is_given = |need: &Need| match need {
        Need::Context => !node.context.trim().is_empty(),
        Need::Input => !plan.inputs.is_empty(),
        Need::File(path) => {
            let path = path.replace("${SESSION_NAME}", plan.session.as_str());
            file_exists(root, &context.env, &path) && !is_unedited(root, &path)
        }
    };
    let is_missing = |needs: &&Vec<Need>| !needs.is_empty() && !needs.iter().any(is_given);
    let mut lists = std::iter::once(&node.needs).chain(&node.also_needs);
    let missing = lists.find(is_missing);
    let Some(missing) = missing.filter(|_| !node.agent.adapter().is_built_in()) else {
        return Ok(());
    };
    let what = missing.iter().map(needed).collect::<Vec<_>>();
    let hint = match plan.steps.as_slice() {
        [_] => String::new(),
        _ => format!(" (node `{}`)", node.id),
    };
    let wanted = if *missing == node.needs {
        "something to work on".to_owned()
    } else {
        let names: Vec<String> = missing.iter().map(ToString::to_string).collect();
        names.join(" or ")
    };
    let mut files = missing.iter().map(ToString::to_string);
    if let Some(path) = files.find(|path| is_unedited(root, path)) {
        let message = format!("{path} is still the template that `ap init` wrote");
        return Err(Error::new(ErrorKind::NoGoal, message)
            .hint(format!("edit {root}/{path}, then start again")));
    }
    Err(Error::new(
        ErrorKind::NoGoal,
        format!(
            "{} `{}`{hint} needs {wanted}, and there is none",
            plan.kind.as_str(),
            plan.name
        ),
    )
    .hint(format!("give it one of: {}", what.join(", "))))
}

fn needed(need: &Need) -> String {
    match need {
        Need::Context => "`--context \"…\"`".to_owned(),
        Need::Input => "`--input FILE`".to_owned(),
        Need::File(path) => format!("the file {path}"),
    }
}

/// Whether the project has a file of that name; `*` stands for any part of the last name. A path in `.git` is resolved
/// by git.
fn file_exists(root: &Utf8Path, env: &Env, path: &str) -> bool {
    let path = match path.strip_prefix(".git/") {
        Some(inside) => match git::call(root, env, &["rev-parse", "--git-path", inside]) {
            Ok(printed) => root.join(printed.trim_end_matches('\n')),
            Err(_) => return false,
        },
        None => root.join(path),
    };
    let (Some(folder), Some(name)) = (path.parent(), path.file_name()) else {
        return false;
    };
    if !name.contains('*') {
        return path.exists();
    }
    let Ok(pattern) = glob::Pattern::new(name) else {
        return false;
    };
    let entries = folder.read_dir_utf8().into_iter().flatten().flatten();
    let mut names = entries.map(|entry| entry.file_name().to_owned());
    names.any(|name| pattern.matches(&name))
}

/// Refuses a node that ends when its queue is empty, if it has no queue or the queue has no task. Only files are read:
/// a tracker is slow, so the runner asks it.
fn tasks(node: &Node, context: &Context) -> Result<()> {
    let Some(spec) = node
        .queue
        .as_ref()
        .filter(|_| node.termination.asks_queue())
    else {
        return Ok(());
    };
    let root = context.project.root();
    match &spec.source {
        QueueSource::Beads { database: None, .. } if !context.has_beads() => {
            let message = format!("there is no beads database in {root}");
            return Err(Error::new(ErrorKind::NoTasks, message).hint(
                "create one with `bd init --prefix NAME`, or name a file of tasks with `--queue PATH`",
            ));
        }
        QueueSource::Beads { .. } | QueueSource::Command(_) => {
            return tracker(&spec.source, node, context);
        }
        QueueSource::Backlog { .. } | QueueSource::Prd { .. } => (),
    }
    if !no_tasks(spec, context)? {
        return Ok(());
    }
    let path = spec
        .source
        .path()
        .map(|path| path.strip_prefix(root).unwrap_or(path));
    let looked_for = match path {
        Some(path) if !BACKLOGS.iter().any(|usual| path == *usual) => path.to_string(),
        Some(_) | None => format!("beads, {}", BACKLOGS.join(", ")),
    };
    Err(Error::new(ErrorKind::NoTasks, format!(
        "no tasks found in {root}: looked for {looked_for}"
    ))
    .hint(queue::candidates_hint(root, "--queue").unwrap_or_else(|| {
        "write them in backlog.md (`- [ ] task`, one a line), or name the file with `--queue PATH`; for beads, `bd init` makes a database".to_owned()
    })))
}

/// Refuses a tracker whose programs or database are not there. It is not called: that takes its time, so the runner does.
fn tracker(source: &QueueSource, node: &Node, context: &Context) -> Result<()> {
    let root = context.project.root();
    let programs: Vec<&str> = match source {
        QueueSource::Beads { program, .. } => vec![program],
        QueueSource::Command(commands) => {
            let all = [
                &commands.list,
                &commands.claim,
                &commands.release,
                &commands.close,
                &commands.park,
            ];
            let first = all.into_iter().filter_map(|command| command.first());
            first.map(String::as_str).collect()
        }
        QueueSource::Backlog { .. } | QueueSource::Prd { .. } => Vec::new(),
    };
    let missing = |program: &&str| find_program(program, context.env.get("PATH"), root).is_none();
    if let Some(program) = programs.into_iter().find(missing) {
        let message = format!(
            "there is no program `{program}`, which the queue of node `{}` needs",
            node.id
        );
        return Err(Error::new(ErrorKind::ProgramMissing, message)
            .hint("install it, or name a file of tasks with `--queue PATH`"));
    }
    let database = match source {
        QueueSource::Beads { database, .. } => database.as_ref(),
        QueueSource::Command(_) | QueueSource::Backlog { .. } | QueueSource::Prd { .. } => None,
    };
    match database.filter(|path| !root.join(path).exists()) {
        None => Ok(()),
        Some(database) => Err(Error::new(
            ErrorKind::NoTasks,
            format!("the tracker's database {database} is not there"),
        )
        .hint("create it with the tracker, or fix `database` in the loop's `queue`")),
    }
}

/// Whether a task file is missing or has no tasks. Any other mistake in it is returned as an error.
fn no_tasks(spec: &QueueSpec, context: &Context) -> Result<bool> {
    if spec.source.path().is_some_and(|path| !path.exists()) {
        return Ok(true);
    }
    let env = QueueEnv {
        project: context.project.root().to_owned(),
        env: context.env.clone(),
    };
    let queue = queue::open(spec, &env);
    let counts = queue.quick_counts(&|_| true).map_err(|error| {
        Error::new(
            ErrorKind::NoTasks,
            format!("the queue cannot be read: {}", error.what),
        )
        .hint(error.next)
    })?;
    let status = counts.status(|| queue.searched());
    Ok(matches!(status, QueueStatus::NoItems { .. }) && !spec.empty_is_done)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::atomic;
    use fs_err as fs;

    #[test]
    fn a_needed_file_is_found_by_its_name_a_pattern_and_in_the_repository() {
        let folder = tempfile::tempdir().unwrap();
        let top = Utf8Path::from_path(folder.path()).unwrap();
        let (root, linked) = (top.join("repo"), top.join("linked"));
        fs::create_dir_all(root.join("docs/plans")).unwrap();
        for file in ["docs/plans/a-prd.md", "PROMPT.md"] {
            atomic::replace(&root.join(file), b"x").unwrap();
        }
        let variables = std::env::vars().filter(|(name, _)| name == "PATH");
        let env: Env = variables.collect();
        let exists = |path: &str| file_exists(&root, &env, path);
        assert!(exists("PROMPT.md") && exists("docs") && exists("docs/plans/*-prd.md"));
        assert!(
            !exists("prd.md")
                && !exists("docs/*.md")
                && !exists("no/*")
                && !exists(".git/MERGE_HEAD")
        );
        let git = |args: &[&str]| git::call(&root, &env, args).unwrap();
        git(&["init", "-q"]);
        let user = ["-c", "user.name=a", "-c", "user.email=a@b"];
        git(&[&user[..], &["commit", "-q", "--allow-empty", "-m", "x"]].concat());
        git(&["worktree", "add", "-q", linked.as_str()]);
        let merging = root.join(".git/worktrees/linked/MERGE_HEAD");
        atomic::replace(&merging, b"x").unwrap();
        assert!(file_exists(&linked, &env, ".git/MERGE_HEAD"));
        assert!(
            !exists(".git/MERGE_HEAD"),
            "that is another worktree's merge"
        );
    }
}
