//! Checks of what the supervisor needs: its service, secrets, and each registered project.
use super::check::Check;
use super::program::find;
use crate::cli::context::Context;
use crate::cli::service;
use crate::exec::command::BoundedCommand;
use crate::store::layout::Project;
use crate::store::lock::{FileLock, SessionLock};
use crate::store::registry::{self, RegisteredProject};
use crate::store::{project_folder, secrets};
use crate::text::{count, first_line};
use camino::{Utf8Path, Utf8PathBuf};
use fs_err as fs;
use std::os::unix::fs::PermissionsExt as _;
use std::time::Duration;

/// How long a project's check may take here.
const VERIFY_LIMIT: Duration = Duration::from_secs(60);
/// Watches below which a supervisor may not be able to watch its folder.
const FEW_WATCHES: u64 = 1024;
/// Programs that cc-autopipe needed.
const NOT_NEEDED: [&str; 6] = ["python3", "bash", "jq", "curl", "ruff", "shellcheck"];

/// Files with secrets that others may read, with their modes.
pub(super) fn open_secrets(context: &Context) -> Vec<(Utf8PathBuf, u32)> {
    let own = secrets::path(&context.dirs);
    let old = own.with_file_name("secrets.env");
    let others = |path: Utf8PathBuf| {
        let mode = fs::metadata(&path).ok()?.permissions().mode() & 0o777;
        (mode & 0o077 != 0).then_some((path, mode))
    };
    [own, old].into_iter().filter_map(others).collect()
}

pub(super) fn secrets(context: &Context) -> Check {
    const NAME: &str = "secrets";
    match open_secrets(context).first() {
        Some((path, mode)) => Check::problem(
            NAME,
            format!("{path}: perms {mode:04o} (must be 0600)"),
            format!("chmod 600 {path}"),
        ),
        None if secrets::path(&context.dirs).exists() => Check::ok(NAME, "only you may read them"),
        None => Check::ok(NAME, "there are none"),
    }
}

/// Whether the machine starts the supervisor, as far as you want that.
pub(super) fn service(context: &Context) -> Check {
    const NAME: &str = "service";
    let Ok(status) = service::status(context) else {
        return Check::optional(NAME, "not known: HOME is not set");
    };
    if is_wsl() && !Utf8Path::new("/run/systemd/system").is_dir() {
        return Check::optional(
            NAME,
            "WSL without systemd: `[boot] systemd=true` in /etc/wsl.conf, or `ap service print --windows` (see docs/services.md)",
        );
    }
    match (status.is_installed(), status.advice) {
        (false, _) => Check::optional(NAME, "not installed; `ap service install` installs it"),
        (true, None) => Check::ok(NAME, "installed, enabled and running"),
        (true, Some(advice)) => {
            let word = |state: Option<String>| state.unwrap_or_else(|| "?".to_owned());
            let found = format!("{}, {}", word(status.enabled), word(status.active));
            Check::warning(NAME, found, advice)
        }
    }
}

fn is_wsl() -> bool {
    let release = fs::read_to_string("/proc/sys/kernel/osrelease").unwrap_or_default();
    release.to_lowercase().contains("microsoft")
}

pub(super) fn watches() -> Check {
    const NAME: &str = "inotify";
    let limit = |name: &str| -> Option<u64> {
        let text = fs::read_to_string(format!("/proc/sys/fs/inotify/{name}")).ok()?;
        text.trim().parse().ok()
    };
    match limit("max_user_watches") {
        Some(watches) if watches < FEW_WATCHES => Check::warning(
            NAME,
            format!("only {watches} watches"),
            "sysctl fs.inotify.max_user_watches=65536; until then the supervisor looks every 2 seconds",
        ),
        Some(watches) => Check::ok(NAME, format!("{watches} watches")),
        None => Check::ok(NAME, "not used on this system"),
    }
}

/// One note about programs that are not needed.
pub(super) fn not_needed(context: &Context) -> Check {
    let missing: Vec<&str> = NOT_NEEDED
        .into_iter()
        .filter(|name| find(name, context).is_none())
        .collect();
    let found = if missing.is_empty() {
        "all of python3, bash, jq, curl, ruff and shellcheck are there; ap needs none of them"
            .to_owned()
    } else {
        format!(
            "{} not installed; ap needs none of them",
            missing.join(", ")
        )
    };
    Check::optional("other programs", found)
}

/// Checks each registered project, in one result for each.
pub(super) fn projects(context: &Context) -> Vec<Check> {
    let projects = match registry::read(&context.dirs) {
        Ok(registry) => registry.projects,
        Err(error) => {
            let advice = error.help().unwrap_or("`ap projects` says more").to_owned();
            return vec![Check::problem("projects", error.to_string(), advice)];
        }
    };
    std::thread::scope(|scope| {
        let checks: Vec<_> = projects
            .iter()
            .map(|project| scope.spawn(|| check_project(project)))
            .collect();
        checks.into_iter().filter_map(|it| it.join().ok()).collect()
    })
}

fn check_project(project: &RegisteredProject) -> Check {
    const NAME: &str = "project";
    let (id, root) = (&project.id, &project.root);
    if !root.is_dir() {
        return Check::problem(
            NAME,
            format!("{id}: {root} does not exist"),
            format!("if it was moved: `ap projects move {id} DIR`; else `ap projects remove {id}`"),
        );
    }
    if let Some(path) = project_folder::unedited(root) {
        let advice = "edit it, or remove it";
        return Check::warning(NAME, format!("{id}: {path} is still the template"), advice);
    }
    let stale = stale_locks(root);
    if !stale.is_empty() {
        return Check::warning(
            NAME,
            format!(
                "{id}: {} of runners that are gone",
                count(stale.len(), "lock")
            ),
            "`ap doctor --fix` removes them; nothing depends on them",
        );
    }
    if has_old_hooks(root) {
        return Check::warning(
            NAME,
            format!("{id}: .claude/settings.json runs hooks of cc-autopipe"),
            "remove them: ap delivers its own",
        );
    }
    match verify(root) {
        None => Check::ok(NAME, format!("{id}: {root}")),
        Some(Ok(said)) => Check::ok(NAME, format!("{id}: its verify.sh says: {said}")),
        Some(Err(why)) => Check::warning(
            NAME,
            format!("{id}: its verify.sh {why}"),
            format!("cd {root} && .agent-pipelines/verify.sh"),
        ),
    }
}

/// Runs the project's check, if it has one.
fn verify(root: &Utf8Path) -> Option<Result<String, String>> {
    let path = root.join(".agent-pipelines/verify.sh");
    let mode = fs::metadata(&path).ok()?.permissions().mode();
    if mode & 0o111 == 0 {
        return Some(Err(format!("is not executable: chmod +x {path}")));
    }
    let command = BoundedCommand::swept(path.as_str())
        .current_dir(root)
        .limit(VERIFY_LIMIT);
    Some(match command.run() {
        Ok(output) => {
            let text = String::from_utf8_lossy(&output.stdout);
            match text
                .lines()
                .map(str::trim)
                .rfind(|line| line.starts_with('{'))
            {
                Some(line) => Ok(first_line(line)),
                None if output.is_success() => Ok("done".to_owned()),
                None => Ok("not done".to_owned()),
            }
        }
        Err(error) => Err(error.to_string()),
    })
}

/// Returns the lock files whose runners are gone.
pub(super) fn stale_locks(root: &Utf8Path) -> Vec<Utf8PathBuf> {
    let locks = Project::new(root.to_owned()).locks();
    let entries = locks.read_dir_utf8().into_iter().flatten().flatten();
    entries
        .map(|entry| entry.path().to_owned())
        .filter(|path| path.extension() == Some("lock"))
        .filter(|path| !FileLock::is_held(path).unwrap_or(true))
        .collect()
}

fn has_old_hooks(root: &Utf8Path) -> bool {
    let text = fs::read_to_string(root.join(".claude/settings.json")).unwrap_or_default();
    text.contains("cc-autopipe")
}

/// Does what is safe, and returns what was done.
pub(super) fn fix(context: &Context) -> Vec<String> {
    let mut done = Vec::new();
    for (path, _) in open_secrets(context) {
        let private = std::fs::Permissions::from_mode(0o600);
        if fs::set_permissions(&path, private).is_ok() {
            done.push(format!("chmod 600 {path}"));
        }
    }
    let registry = registry::read(&context.dirs).unwrap_or_default();
    let roots = registry.projects.into_iter().map(|project| project.root);
    for root in roots.chain([context.project.root().to_owned()]) {
        for lock in stale_locks(&root) {
            if SessionLock::remove_stale(&lock).unwrap_or(false) {
                done.push(format!("removed {lock}"));
            }
        }
    }
    for folder in [&context.dirs.state, &context.dirs.config] {
        if !folder.exists() && fs::create_dir_all(folder).is_ok() {
            done.push(format!("created {folder}"));
        }
    }
    done
}
