//! Whether Claude Code is signed in. It is asked offline, and the answer is remembered for ten minutes for each of its
//! config folders.
use super::context::Context;
use crate::agent::{AgentSpec, not_for_agents};
use crate::clock;
use crate::error::{Error, ErrorKind, Result};
use crate::exec::command::{BoundedCommand, can_be_asked, find_agent_program};
use crate::model::Env;
use crate::plan::Plan;
use crate::store::atomic;
use crate::store::layout::StateFile;
use crate::store::roots::create_state_dir;
use camino::{Utf8Path, Utf8PathBuf};
use fs_err as fs;
use jiff::Timestamp;
use serde::Deserialize;
use std::collections::BTreeMap;
use std::thread::JoinHandle;
use std::time::Duration;

/// The hint when Claude Code is not signed in.
pub(super) const SIGN_IN_HINT: &str =
    "run `claude`, then `/login`, or set CLAUDE_CODE_OAUTH_TOKEN (`claude setup-token` makes one)";
/// Time limit of `claude auth status`, which usually takes half a second.
const TIME_LIMIT: Duration = Duration::from_secs(5);
/// Seconds for which an answer is cached.
const CACHE_AGE_S: i64 = 600;

/// Whether an account would pay for agents of Claude Code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Account {
    SignedIn,
    NotSignedIn,
    /// The program does not report it, or does not answer.
    Unknown,
}

/// The fields of `claude auth status` that are used.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct AuthStatus {
    logged_in: bool,
}

impl Account {
    /// Asks a program in the environment that its agents would have.
    pub(super) fn ask(program: &Utf8PathBuf, env: &Env) -> Self {
        let command = BoundedCommand::new(program)
            .args(["auth", "status"])
            .clean_env(env)
            .limit(TIME_LIMIT);
        let Ok(output) = command.run() else {
            return Self::Unknown;
        };
        match serde_json::from_slice::<AuthStatus>(&output.stdout) {
            Ok(status) if status.logged_in => Self::SignedIn,
            Ok(_) => Self::NotSignedIn,
            Err(_) => Self::Unknown,
        }
    }
}

/// A question that is asked while a session is launched.
pub(super) struct LoginCheck {
    asked: Option<JoinHandle<Account>>,
}

impl LoginCheck {
    /// Starts to ask whether the agents of a plan have an account, unless the answer is cached or the agents need none
    /// of Claude Code.
    pub(super) fn ask(plan: &Plan, context: &Context) -> Self {
        let mut agents = plan.all_nodes().map(|node| &node.agent);
        let is_claude = |agent: &&AgentSpec| {
            // A program set in place of `claude` may have no `auth status`.
            let name = Utf8Path::new(&agent.program).file_name();
            agent.provider_name() == "claude" && name == Some("claude")
        };
        let Some(agent) = agents.find(is_claude) else {
            return Self { asked: None };
        };
        let env = agent_env(&context.env, agent.keep_env);
        let folder = config_folder(&env);
        if LoginCache::read(context).is_signed_in(&folder) {
            return Self { asked: None };
        }
        let found = find_agent_program(&agent.program, &context.env, context.project.root());
        let Some(program) = found.filter(|program| can_be_asked(program)) else {
            return Self { asked: None };
        };
        let context = context.clone();
        let ask = move || {
            let account = Account::ask(&program, &env);
            if account == Account::SignedIn {
                LoginCache::add(&folder, &context);
            }
            account
        };
        Self {
            asked: Some(std::thread::spawn(ask)),
        }
    }

    /// Refuses the start if Claude Code is not signed in. If it does not know, its agents will find out.
    pub(super) fn require_signed_in(self) -> Result<()> {
        let answer = self.asked.and_then(|asked| asked.join().ok());
        match answer {
            Some(Account::NotSignedIn) => Err(not_signed_in()),
            Some(Account::SignedIn | Account::Unknown) | None => Ok(()),
        }
    }
}

fn not_signed_in() -> Error {
    let message = "Claude Code is not signed in, so no agent could work";
    Error::new(ErrorKind::NotSignedIn, message).hint(format!(
        "{SIGN_IN_HINT}; `--provider scripted` shows a loop without an account"
    ))
}

/// Returns the environment with which an agent of Claude Code would look for its account.
pub(super) fn agent_env(inherited: &Env, keep_env: bool) -> Env {
    let mut env = inherited.clone();
    if !keep_env {
        let names: Vec<&str> = inherited.keys().map(String::as_str).collect();
        for name in not_for_agents(&names) {
            env.remove(name);
        }
    }
    env
}

/// Returns where Claude Code keeps its account.
fn config_folder(env: &Env) -> String {
    let home = || Some(format!("{}/.claude", env.get("HOME")?));
    let folder = env.get("CLAUDE_CONFIG_DIR").cloned().or_else(home);
    // With a login or key in the environment, the same config folder gives another answer.
    let by = [
        "CLAUDE_CODE_OAUTH_TOKEN",
        "ANTHROPIC_API_KEY",
        "ANTHROPIC_AUTH_TOKEN",
    ]
    .into_iter()
    .find(|name| env.contains_key(*name))
    .unwrap_or_default();
    format!("{} {by}", folder.unwrap_or_default())
        .trim_end()
        .to_owned()
}

/// When each config folder was last found signed in: `accounts.json`.
#[derive(Default)]
struct LoginCache(BTreeMap<String, Timestamp>);

impl LoginCache {
    fn read(context: &Context) -> Self {
        let text = fs::read(context.dirs.state_file(StateFile::Accounts)).unwrap_or_default();
        Self(serde_json::from_slice(&text).unwrap_or_default())
    }

    fn is_signed_in(&self, folder: &str) -> bool {
        let age = self
            .0
            .get(folder)
            .map(|at| clock::now().duration_since(*at).as_secs());
        age.is_some_and(|age| (0..CACHE_AGE_S).contains(&age))
    }

    /// Remembers a folder. If that fails, it is asked again next time.
    fn add(folder: &str, context: &Context) {
        let mut known = Self::read(context).0;
        known.insert(folder.to_owned(), clock::now());
        known.retain(|_, at| clock::now().duration_since(*at).as_secs() < CACHE_AGE_S);
        let path = context.dirs.state_file(StateFile::Accounts);
        let written = serde_json::to_vec(&known)
            .map_err(std::io::Error::from)
            .and_then(|text| {
                create_state_dir(&context.dirs)?;
                atomic::replace(&path, &text)
            });
        if let Err(error) = written {
            tracing::warn!(%error, %path, "the account is not remembered");
        }
    }
}
