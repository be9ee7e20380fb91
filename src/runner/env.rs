//! What a runner needs of its surroundings: folders, its program, and the environment that agents inherit.
use super::known_quota::Known;
use super::next_shims::NextShims;
use super::slice::Slice;
use crate::exec::command::{find_agent_program, program_options};
use crate::exec::containment::namespaces_work;
use crate::exec::launcher::Windows;
use crate::exec::shim::SpawnedShim;
use crate::model::{Contain, Containment, Cursor, Env, NodeId, SessionName, env_tag};
use crate::plan::Plan;
use crate::redact::Redactor;
use crate::store::layout::UserDirs;
use crate::store::slots::{Slot, Slots};
use crate::store::{crash, secrets};
use crate::workspace::Workspace;
use camino::{Utf8Path, Utf8PathBuf};
use std::cell::{Cell, OnceCell, RefCell};
use std::collections::{BTreeMap, BTreeSet};
use std::env::join_paths;
use std::io;
use std::rc::Rc;
use std::sync::Arc;

/// Given to a runner at its start; it never looks at its own process's environment.
#[derive(Debug)]
pub struct RunnerEnv {
    pub workspace: Workspace,
    /// The folders of the user.
    pub dirs: UserDirs,
    /// `ap` itself.
    pub exe: Utf8PathBuf,
    /// The environment of the user who started the session, wherever the runner itself was started.
    pub vars: Env,
    /// Opens windows beside the runner's own, if it has one.
    pub windows: Option<Arc<dyn Windows>>,
    /// How many agents may run at a time on this machine.
    pub slots: Option<Slots>,
    /// Whether the user's policy for the quota is kept.
    pub keeps_quota: bool,
    /// How agents are contained.
    pub contain: Contain,
    /// Whether the user is notified of what happens.
    pub notify: bool,
    /// Whether the runner answers questions itself, since no user is there.
    pub answers_questions: bool,
    /// Removes secrets from what is kept.
    pub redactor: Arc<Redactor>,
    /// Whether it does so in the agents' raw output, too.
    pub redacts_transcripts: bool,
    /// Whether the window is on stderr, since stdout is for data.
    pub shows_on_stderr: bool,
    /// The slice it was started for, if a supervisor did.
    pub slice: Option<Slice>,
    /// Running attempts of this session and its branches.
    at_work: Rc<Cell<u32>>,
    found: RefCell<BTreeMap<String, Utf8PathBuf>>,
    tools: OnceCell<Vec<&'static str>>,
    containment: OnceCell<Containment>,
    /// Shims that wait for their attempts.
    pub(super) next_shims: NextShims,
}

/// The permit of a running attempt; returned when dropped.
#[derive(Debug)]
pub(super) struct AgentPermit {
    at_work: Rc<Cell<u32>>,
}

impl Drop for AgentPermit {
    fn drop(&mut self) {
        self.at_work.set(self.at_work.get().saturating_sub(1));
    }
}

/// Programs whose presence `context.json` reports.
const TOOLS: [&str; 12] = [
    "git", "gh", "rg", "jq", "node", "python3", "cargo", "go", "make", "docker", "bd", "tmux",
];

impl RunnerEnv {
    pub fn new(workspace: Workspace, exe: Utf8PathBuf, vars: Env) -> Self {
        let home = vars.get("HOME").map(Utf8Path::new);
        let dirs = UserDirs::new(&vars, home);
        let redactor = secrets::redactor(&dirs, &vars);
        Self {
            workspace,
            dirs,
            redactor: Arc::new(redactor),
            redacts_transcripts: false,
            exe,
            vars,
            windows: None,
            slots: None,
            keeps_quota: false,
            contain: Contain::default(),
            notify: false,
            answers_questions: false,
            shows_on_stderr: false,
            slice: None,
            at_work: Rc::default(),
            found: RefCell::default(),
            tools: OnceCell::new(),
            containment: OnceCell::new(),
            next_shims: NextShims::default(),
        }
    }

    /// Returns how agents can be contained here, as wanted; tried out once.
    pub(super) fn containment(&self) -> Containment {
        *self.containment.get_or_init(|| {
            let wanted = self
                .contain
                .wants_namespace(nix::unistd::geteuid().is_root());
            if wanted && namespaces_work(&self.exe) {
                Containment::Namespace
            } else {
                Containment::Groups
            }
        })
    }

    /// Starts a shim, whose environment says which attempt it is for.
    pub(super) fn start_shim(&self, plan: &Plan, cursor: Cursor) -> io::Result<SpawnedShim> {
        let tags = [
            (env_tag::RUN, plan.run.to_string()),
            (env_tag::ATTEMPT, env_tag::attempt(&plan.run, cursor)),
        ];
        let env = tags.into_iter().chain(crash::pass_on());
        SpawnedShim::start(&self.exe, self.containment(), env)
    }

    /// Finds a program on the session's PATH; a name with a slash is a path, from the project.
    pub fn find(&self, program: &str) -> Option<Utf8PathBuf> {
        if let Some(path) = self
            .found
            .borrow()
            .get(program)
            .filter(|path| path.exists())
        {
            return Some(path.clone());
        }
        let path = find_agent_program(program, &self.vars, &self.workspace.cwd)?;
        self.found
            .borrow_mut()
            .insert(program.to_owned(), path.clone());
        Some(path)
    }

    /// Returns the options that a program has, if it can be asked.
    pub(super) fn options_of(&self, program: &Utf8Path) -> Option<BTreeSet<String>> {
        let home = self.vars.get("HOME").map(Utf8Path::new);
        let memory = UserDirs::new(&self.vars, home).cache.join("programs.json");
        program_options(program, &memory, &self.vars)
    }

    /// Takes a permit unconditionally, for an adopted attempt.
    pub(super) fn permit_for_adopted(&self) -> AgentPermit {
        self.at_work.set(self.at_work.get() + 1);
        AgentPermit {
            at_work: Rc::clone(&self.at_work),
        }
    }

    /// Returns a permit for one more attempt and, where the machine has them, a slot; nothing while others have them all.
    /// There are fewer when little is left of the quota.
    pub(super) fn try_acquire_permit(
        &self,
        plan: &Plan,
        quota: Option<&Known>,
    ) -> io::Result<Option<(AgentPermit, Option<Slot>)>> {
        let permitted = |most: u32| quota.map_or(most, |known| known.permitted(most));
        let most = match (plan.guardrails.max_agents, &plan.branch) {
            // Without a maximum all branches may run.
            (0, Some(branch)) => {
                let all = u32::try_from(branch.siblings.len() + 1).unwrap_or(u32::MAX);
                let permitted = permitted(all);
                if permitted < all { permitted } else { 0 }
            }
            (0, None) => 0,
            (most, _) => permitted(most),
        };
        if 0 < most && most <= self.at_work.get() {
            return Ok(None);
        }
        let Some(slots) = &self.slots else {
            return Ok(Some((self.permit_for_adopted(), None)));
        };
        Ok(slots
            .try_take(permitted(slots.most))?
            .map(|slot| (self.permit_for_adopted(), Some(slot))))
    }

    /// Opens a window that shows a branch, if the runner itself is in one.
    pub(super) fn show_branch(&self, session: &SessionName, block: &NodeId, branch: &NodeId) {
        let Some(windows) = self.windows.clone() else {
            return;
        };
        let (exe, cwd, session, branch) = (
            self.exe.clone(),
            self.workspace.store_root.root().to_owned(),
            session.clone(),
            branch.clone(),
        );
        let which = format!("{block}/{branch}");
        // It takes its time, and no agent needs it.
        tokio::task::spawn_blocking(move || {
            let watch = [
                exe.as_str(),
                "logs",
                session.as_str(),
                "--branch",
                &which,
                "--follow",
            ];
            if let Err(error) = windows.open(branch.as_str(), &cwd, &watch) {
                tracing::warn!(%error, branch = %which, "the branch has no window");
            }
        });
    }

    /// Returns which of these programs exist; looked up once.
    pub(super) fn tools(&self) -> &[&'static str] {
        self.tools.get_or_init(|| {
            TOOLS
                .into_iter()
                .filter(|program| self.find(program).is_some())
                .collect()
        })
    }

    /// Returns the PATH for agents: `ap` can be called by its name.
    pub(super) fn agent_path(&self) -> String {
        let inherited = self
            .vars
            .get("PATH")
            .map(String::as_str)
            .unwrap_or_default();
        let Some(own) = self.exe.parent() else {
            return inherited.to_owned();
        };
        let folders = std::env::split_paths(inherited).filter(|folder| folder != own);
        let all = join_paths(std::iter::once(own.as_std_path().to_owned()).chain(folders));
        all.ok()
            .and_then(|path| path.into_string().ok())
            .unwrap_or_else(|| inherited.to_owned())
    }
}
