//! The context of every command: project, user folders and environment, which is read here and nowhere else.
use crate::compile::{
    AGENTS_FILE, CONFIG_FILE, Invalid, Overrides, PROJECT_FILE, ProjectFiles, Settings, SourceText,
    UserLimits,
};
use crate::error::{Error, Result};
use crate::exec::launcher::Tmux;
use crate::model::Env;
use crate::plan::QuotaPolicy;
use crate::store::layout::{Project, UserDirs};
use crate::store::library::Library;
use crate::store::user_settings;
use crate::ui::caller::Caller;
use camino::{Utf8Path, Utf8PathBuf};
use fs_err as fs;
use std::io;
use std::sync::OnceLock;

/// The context of a command, read once in `main` and passed on.
#[derive(Clone, Debug)]
pub(super) struct Context {
    pub(super) project: Project,
    /// The user's own folders: settings, state, cache and data.
    pub(super) dirs: UserDirs,
    /// The running program, for agents and runners to call.
    pub(super) exe: Utf8PathBuf,
    /// `CLAUDE_PIPELINE_SESSION`, when called by an agent.
    pub(super) session: Option<String>,
    /// The user's environment, without what describes the program `ap` was called from or is not UTF-8.
    pub(super) env: Env,
    /// Whether `ap` was called inside tmux.
    pub(super) inside_tmux: bool,
    /// The user's settings, once they were read.
    pub(super) settings: OnceLock<Settings>,
}

impl Context {
    /// Reads the environment. `project` is a folder of the project to work in, if one was named.
    pub(super) fn read(project: Option<&Utf8Path>) -> Result<Self> {
        let env: Env = std::env::vars_os()
            .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
            .collect();
        let home = env.get("HOME").map(Utf8PathBuf::from);
        let cwd = utf8(
            std::env::current_dir()
                .map_err(|error| Error::failed(format!("the current directory: {error}")))?,
        )?;
        let home = home.or_else(|| Utf8PathBuf::from_path_buf(etcetera::home_dir().ok()?).ok());
        let root = match (
            project,
            env.get("AP_PROJECT").filter(|path| !path.is_empty()),
        ) {
            (Some(folder), _) => project_of(&existing(&cwd.join(folder))?, home.as_deref()),
            (None, Some(path)) => cwd.join(path),
            (None, None) => project_of(&cwd, home.as_deref()),
        };
        let session = env
            .get("CLAUDE_PIPELINE_SESSION")
            .filter(|name| !name.is_empty())
            .cloned();
        let exe = utf8(std::env::current_exe()?)?;
        let inside_tmux = env.get("TMUX").is_some_and(|tmux| !tmux.is_empty());
        let dirs = UserDirs::new(&env, home.as_deref());
        Ok(Self {
            project: Project::new(root).with_state(&dirs.state),
            dirs,
            exe,
            session,
            env: env.without_caller(),
            inside_tmux,
            settings: OnceLock::new(),
        })
    }

    /// Returns how this program was called: `run.sh` names itself in `AP_CALLED_AS`.
    pub(super) fn caller(&self, project: Option<&Utf8Path>) -> Caller {
        // An agent finds `ap` on its PATH, however the session was started.
        let for_agent = self.env.contains_key("CLAUDE_PIPELINE_AGENT");
        let program = self
            .env
            .get("AP_CALLED_AS")
            .filter(|name| !for_agent && !name.is_empty());
        Caller {
            program: program.map_or("ap", String::as_str).to_owned(),
            project: project.map(|_| self.project.root().to_string()),
        }
    }

    /// Returns the user's own settings; without a file there are none.
    pub(super) fn settings(&self) -> Result<Settings> {
        if let Some(settings) = self.settings.get() {
            return Ok(settings.clone());
        }
        let settings = user_settings::read(&self.dirs)?;
        Ok(self.settings.get_or_init(|| settings).clone())
    }

    /// Returns the providers the user's settings declare, for compiling; settings that cannot be read declare none.
    pub(super) fn declared(&self) -> Overrides {
        self.with_settings(&self.settings().unwrap_or_default(), &Overrides::default())
    }

    /// Returns these overrides with what the user's settings declare and allow.
    pub(super) fn with_settings(&self, settings: &Settings, overrides: &Overrides) -> Overrides {
        Overrides {
            providers: settings.providers.clone(),
            hooks: settings.session_hooks.clone(),
            user_limits: UserLimits {
                budgets: settings.budgets,
                quota: QuotaPolicy::default().with(&settings.quota.limits()),
                project: Self::project_files(self.project.root()),
            },
            ..overrides.clone()
        }
    }

    /// Reports what is wrong with the project's settings, once for all its definitions.
    pub(super) fn check_project_settings(&self) -> Result<()> {
        let declared = self.declared();
        match declared.user_limits.project_problems() {
            problems if problems.is_empty() => Ok(()),
            problems => Err(Error::invalid(Invalid::new(
                "the project's settings",
                problems,
            ))),
        }
    }

    /// Returns the files with a project's settings.
    pub(super) fn project_files(root: &Utf8Path) -> ProjectFiles {
        let file = |file: &str| match fs::read_to_string(root.join(file)) {
            Ok(text) => Some(Ok(SourceText {
                file: file.to_owned(),
                text,
            })),
            Err(error) if error.kind() == io::ErrorKind::NotFound => None,
            Err(error) => Some(Err(error.to_string())),
        };
        ProjectFiles {
            limits: file(PROJECT_FILE),
            config: file(CONFIG_FILE),
            agents: file(AGENTS_FILE),
        }
    }

    /// Returns where loops and pipelines are found.
    pub(super) fn library(&self) -> Library {
        let stages = self
            .env
            .get("STAGES_DIR")
            .filter(|folder| !folder.is_empty());
        Library::new(self.project.root(), &self.dirs.config)
            .with_stages(stages.map(|folder| self.project.root().join(folder)))
    }

    /// Whether `bd` would find a database from the project.
    pub(super) fn has_beads(&self) -> bool {
        let named = self
            .env
            .get("BEADS_DIR")
            .filter(|folder| !folder.is_empty());
        crate::queue::has_database(self.project.root(), named.map(String::as_str))
    }

    /// Returns the tmux server to use.
    pub(super) fn tmux(&self) -> Tmux {
        Tmux::new(self.env.get("AP_TMUX_SOCKET").cloned(), self.inside_tmux)
    }
}

fn utf8(path: std::path::PathBuf) -> Result<Utf8PathBuf> {
    Utf8PathBuf::from_path_buf(path)
        .map_err(|path| Error::usage(format!("the path {} is not UTF-8", path.display())))
}

/// Returns a folder that was named on the command line.
fn existing(folder: &Utf8Path) -> Result<Utf8PathBuf> {
    folder
        .canonicalize_utf8()
        .ok()
        .filter(|path| path.is_dir())
        .ok_or_else(|| {
            Error::usage(format!("there is no folder {folder}")).hint(
                "name the folder of a project: `ap list --all` shows where sessions were started",
            )
        })
}

/// Returns the project a directory belongs to: the nearest one above it with a `.claude` folder, else its git
/// repository, else itself. The home folder's `.claude` is Claude Code's own and makes no project.
fn project_of(cwd: &Utf8Path, home: Option<&Utf8Path>) -> Utf8PathBuf {
    let repository = cwd.ancestors().find(|folder| folder.join(".git").exists());
    let within = |folder: &&Utf8Path| {
        repository.is_none_or(|top| folder.starts_with(top)) && Some(*folder) != home
    };
    let marked = cwd
        .ancestors()
        .take_while(within)
        .find(|folder| folder.join(".claude").is_dir());
    marked.or(repository).unwrap_or(cwd).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_project_is_the_nearest_marked_folder_of_the_repository() {
        let folder = tempfile::tempdir().unwrap();
        let top = Utf8PathBuf::from_path_buf(folder.path().to_owned()).unwrap();
        for path in [
            ".claude",
            "repo/.git",
            "repo/a/.claude",
            "repo/a/b",
            "repo/c",
            "home/.claude",
            "home/x",
        ] {
            fs_err::create_dir_all(top.join(path)).unwrap();
        }
        let project = |path: &str| {
            project_of(&top.join(path), Some(&top.join("home")))
                .strip_prefix(&top)
                .unwrap()
                .to_string()
        };
        assert_eq!(
            [
                project("repo/a/b"),
                project("repo/a"),
                project("repo/c"),
                project("repo")
            ],
            ["repo/a", "repo/a", "repo", "repo"]
        );
        assert_eq!(project("home/x"), "home/x");
    }
}
