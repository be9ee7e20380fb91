//! The folders of the user, outside every project: settings, state, cache and data.
use crate::model::Env;
use camino::{Utf8Path, Utf8PathBuf};

/// The name of our folder in those of the user.
const OURS: &str = "agent-pipelines";

/// The folders of the user. `AP_HOME` moves all of them; else the `XDG` variables move them one by one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UserDirs {
    /// Loops, pipelines and `config.yaml`, which the user writes.
    pub config: Utf8PathBuf,
    /// What `ap` knows of more than one project, see [`StateFile`].
    pub state: Utf8PathBuf,
    /// What can be made again.
    pub cache: Utf8PathBuf,
    /// The installed plugin.
    pub data: Utf8PathBuf,
}

impl UserDirs {
    /// Returns the folders that the environment and the home directory name; without either, ones that do not exist.
    pub fn new(env: &Env, home: Option<&Utf8Path>) -> Self {
        let set = |name: &str| env.get(name).filter(|path| path.starts_with('/'));
        let folder = |ours: &str, variable: &str, usual: &str| match (set("AP_HOME"), set(variable))
        {
            (Some(all), _) => Utf8Path::new(all).join(ours),
            (None, Some(parent)) => Utf8Path::new(parent).join(OURS),
            (None, None) => home
                .unwrap_or(Utf8Path::new("/nonexistent"))
                .join(usual)
                .join(OURS),
        };
        Self {
            config: folder("config", "XDG_CONFIG_HOME", ".config"),
            state: folder("state", "XDG_STATE_HOME", ".local/state"),
            cache: folder("cache", "XDG_CACHE_HOME", ".cache"),
            data: folder("data", "XDG_DATA_HOME", ".local/share"),
        }
    }

    /// Returns the path of a file in the state folder.
    pub fn state_file(&self, file: StateFile) -> Utf8PathBuf {
        self.state.join(file.name())
    }
}

/// A file in the state folder. Each has one writer, see `docs/reference.md`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StateFile {
    /// One line for each project in which a session was started.
    Roots,
    /// Held by the writer of the roots.
    RootsLock,
    /// Which config folders of Claude Code are signed in, for a few minutes.
    Accounts,
    /// Outages of providers, see [`crate::store::outages`].
    Outages,
    /// Held by the writer of the outages.
    OutagesLock,
    /// What is known of the quota, see [`crate::store::quota`].
    Quota,
    /// Held by the writer of the quota.
    QuotaLock,
    /// What each attempt cost, see [`crate::store::ledger`].
    Spent,
    /// Held by the writer of what was spent.
    SpentLock,
    /// The projects of the supervisor, see [`crate::store::registry`].
    Projects,
    /// Held by the writer of the projects.
    ProjectsLock,
    /// Whether you want the supervisor to run.
    Desired,
    /// Held by the supervisor.
    SupervisorLock,
    /// The folder of the supervisor's journal.
    Supervisor,
    /// What the journal amounted to a while ago.
    SupervisorCheckpoint,
    /// The folder of requests to the supervisor.
    SupervisorInbox,
    /// The supervisor's own log.
    SupervisorLog,
    /// The folder of files that are touched to wake the supervisor.
    Wakeup,
    /// Touched by the supervisor's loop.
    Heartbeat,
    /// The folder of messages to you, see `src/notify/`.
    Outbox,
    /// When a session of this user last ran.
    SessionsHeartbeat,
    /// The folder of the plugin that is loaded into Claude Code for agents.
    AgentPlugin,
    /// The folder of logs, see [`crate::store::event_log`].
    Log,
    /// Held by the writer of the log of everything.
    EventsLock,
    /// How far the journals are in the log of everything.
    EventsCursors,
}

impl StateFile {
    pub const ALL: [Self; 25] = [
        Self::Roots,
        Self::RootsLock,
        Self::Accounts,
        Self::Outages,
        Self::OutagesLock,
        Self::Quota,
        Self::QuotaLock,
        Self::Spent,
        Self::SpentLock,
        Self::Projects,
        Self::ProjectsLock,
        Self::Desired,
        Self::SupervisorLock,
        Self::Supervisor,
        Self::SupervisorCheckpoint,
        Self::SupervisorInbox,
        Self::SupervisorLog,
        Self::Wakeup,
        Self::Heartbeat,
        Self::Outbox,
        Self::SessionsHeartbeat,
        Self::AgentPlugin,
        Self::Log,
        Self::EventsLock,
        Self::EventsCursors,
    ];

    /// Returns its name in the folder.
    pub fn name(self) -> &'static str {
        match self {
            Self::Roots => "roots.jsonl",
            Self::RootsLock => "roots.lock",
            Self::Accounts => "accounts.json",
            Self::Outages => "outages.json",
            Self::OutagesLock => "outages.lock",
            Self::Quota => "quota.json",
            Self::QuotaLock => "quota.lock",
            Self::Spent => "spent.jsonl",
            Self::SpentLock => "spent.lock",
            Self::Projects => "projects.json",
            Self::ProjectsLock => "projects.lock",
            Self::Desired => "desired.json",
            Self::SupervisorLock => "supervisor.lock",
            Self::Supervisor => "supervisor",
            Self::SupervisorCheckpoint => "supervisor/checkpoint.json",
            Self::SupervisorInbox => "supervisor/inbox",
            Self::SupervisorLog => "log/supervisor.log",
            Self::Wakeup => "wakeup",
            Self::Heartbeat => "heartbeat/supervisor",
            Self::Outbox => "outbox",
            Self::SessionsHeartbeat => "heartbeat/sessions",
            Self::AgentPlugin => "agent-plugin",
            Self::Log => "log",
            Self::EventsLock => "log/events.lock",
            Self::EventsCursors => "log/cursors.json",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn state(variables: &[(&str, &str)]) -> String {
        let env = variables
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        UserDirs::new(&env.collect(), Some("/h".into()))
            .state
            .into_string()
    }

    #[test]
    fn ap_home_comes_before_xdg_and_that_before_home() {
        assert_eq!(state(&[]), "/h/.local/state/agent-pipelines");
        let xdg = ("XDG_STATE_HOME", "/x");
        assert_eq!(state(&[xdg]), "/x/agent-pipelines");
        assert_eq!(state(&[xdg, ("AP_HOME", "/a")]), "/a/state");
        // As the XDG specification has it, a relative path does not count.
        assert_eq!(
            state(&[("XDG_STATE_HOME", "x"), ("AP_HOME", "")]),
            "/h/.local/state/agent-pipelines"
        );
    }

    #[test]
    fn ap_home_moves_every_folder() {
        let env = std::iter::once(("AP_HOME".to_owned(), "/a".to_owned())).collect();
        let dirs = UserDirs::new(&env, None);
        assert_eq!(
            [dirs.config, dirs.state, dirs.cache, dirs.data],
            ["/a/config", "/a/state", "/a/cache", "/a/data"]
        );
    }
}
