//! Asks before each attempt whether the quota allows it.
use crate::agent::{self, NO_TRAFFIC};
use crate::engine::State;
use crate::engine::pacing::{Pacing, WindowUse, agent_share, decide, level};
use crate::exec::moment;
use crate::exec::zone::user_zone;
use crate::fingerprint::fingerprint;
use crate::model::{
    Account, AccountKey, Env, Input, Moment, QuotaDecision, Share, WindowName, WindowReading,
    WindowStatus,
};
use crate::plan::{Plan, QuotaPolicy, WhenUnknown};
use crate::runner::known_quota::{Known, SharedDesk, lock};
use crate::store::layout::UserDirs;
use crate::store::quota::FRESH_FOR;
use crate::store::{AttemptGate, Permission};
use jiff::Timestamp;
use std::collections::BTreeMap;

/// Length of a policy's fingerprint in characters.
const KEY_LENGTH: usize = 12;

/// The gate of a session, or of a branch.
#[derive(Debug)]
pub(in crate::runner) struct QuotaGate {
    dirs: UserDirs,
    vars: Env,
    /// How often `config.yaml` had been read when the policy was last updated.
    settings_read: u64,
    policy: QuotaPolicy,
    /// A fingerprint of the policy.
    policy_key: String,
    session: String,
    /// The accounts of agents, by their labels.
    accounts: BTreeMap<String, Option<(Account, AccountKey)>>,
    desk: SharedDesk,
}

/// The decision about an account, from its windows. Without a decision, its program is asked first.
struct AccountDecision {
    account: AccountKey,
    windows: Vec<WindowUse>,
    allowed: BTreeMap<WindowName, Share>,
    decision: Option<QuotaDecision>,
}

impl QuotaGate {
    pub(in crate::runner) fn new(dirs: UserDirs, vars: Env, plan: &Plan, desk: SharedDesk) -> Self {
        let branch = plan.branch.as_ref().map(|branch| branch.name.as_str());
        Self {
            dirs,
            vars,
            settings_read: 0,
            policy: QuotaPolicy::default(),
            policy_key: String::new(),
            // Branches return at different times too.
            session: format!("{}{}", plan.session, branch.unwrap_or_default()),
            accounts: BTreeMap::new(),
            desk,
        }
    }

    /// Reads the policy again if the settings changed.
    fn read_policy(&mut self, plan: &Plan) {
        let mut desk = lock(&self.desk);
        let reads = desk.settings.look(&self.dirs);
        if self.settings_read == reads {
            return;
        }
        self.settings_read = reads;
        let set = desk.settings.settings().quota.limits();
        drop(desk);
        let policy = QuotaPolicy::default().with(&set);
        self.policy = match &plan.quota {
            Some(limits) => policy.narrowed(limits),
            None => policy,
        };
        let text = serde_json::to_string(&self.policy).unwrap_or_default();
        self.policy_key = fingerprint(text);
        self.policy_key.truncate(KEY_LENGTH);
    }

    fn account(
        &mut self,
        plan: &Plan,
        state: &State,
        (index, label): (u32, &str),
    ) -> Option<(Account, AccountKey)> {
        let vars = &self.vars;
        let found = || {
            let node = state.node(plan)?;
            let account = agent::account(&state.agent_at(node, index), vars)?;
            // A key has no windows.
            let account = account.has_windows.then_some(account)?;
            let key = account.key();
            Some((account, key))
        };
        let known = self.accounts.entry(label.to_owned());
        known.or_insert_with(found).clone()
    }

    /// Decides about one agent, or requests a number that is too old.
    fn decide(
        &mut self,
        plan: &Plan,
        state: &State,
        agent: (u32, &str),
        now: &Moment,
    ) -> Option<AccountDecision> {
        let (account, key) = self.account(plan, state, agent)?;
        let node = state.node(plan)?;
        let spec = state.agent_at(node, agent.0);
        self.read_policy(plan);
        let (windows, may_ask) = self.known(&account, &key, &spec.model, now);
        if may_ask && self.can_be_asked(now) {
            let mut desk = lock(&self.desk);
            if !desk.awaits_answer() {
                desk.wanted.push((account, spec.program.clone()));
            }
            return Some(AccountDecision {
                account: key,
                windows,
                allowed: BTreeMap::new(),
                decision: None,
            });
        }
        let zone = user_zone(&self.vars);
        let pacing = Pacing {
            policy: &self.policy,
            windows: &windows,
            now: now.at,
            zone: &zone,
            session: &self.session,
        };
        let decision = decide(&pacing);
        lock(&self.desk).known = Some(Known {
            level: level(&windows, now.at),
            agent_share: agent_share(&pacing),
            windows: windows.clone(),
        });
        let allowed = |it: &WindowUse| (it.window.clone(), it.allowed(&self.policy, now.at, &zone));
        Some(AccountDecision {
            account: key,
            allowed: windows.iter().map(allowed).collect(),
            windows,
            decision: Some(decision),
        })
    }

    /// Returns what is known of the windows that concern a model, and whether a newer number is needed and may be asked for.
    fn known(
        &self,
        account: &Account,
        key: &AccountKey,
        model: &str,
        now: &Moment,
    ) -> (Vec<WindowUse>, bool) {
        let mut desk = lock(&self.desk);
        let known = desk.file.get(&self.dirs).accounts.get(key);
        let mut windows = known.map(|known| known.uses(now)).unwrap_or_default();
        windows.retain(|window| window.window.concerns(model));
        let is_needed = if windows.is_empty() {
            self.policy.unknown == WhenUnknown::Hold
        } else {
            let age = known.and_then(|known| known.age(&windows, now));
            age.is_none_or(|age| FRESH_FOR < age)
        };
        let may_ask = account.no_asking.is_none()
            && known.is_none_or(|known| known.asked.refusal(now, false).is_none());
        (windows, is_needed && may_ask)
    }

    /// Whether the user allows that programs are asked, and none has been asked in vain shortly before.
    fn can_be_asked(&self, now: &Moment) -> bool {
        let desk = lock(&self.desk);
        let gave_up = desk.gave_up.as_ref().and_then(|moment| moment.age(now));
        gave_up.is_none_or(|age| FRESH_FOR < age)
            && (self.policy.ask || !self.vars.contains_key(NO_TRAFFIC))
    }
}

impl AttemptGate for QuotaGate {
    fn ask(&mut self, plan: &Plan, state: &State, agent: (u32, &str)) -> Permission {
        if state.session.ignores_quota {
            return Permission::Begin;
        }
        let Some(decided) = self.decide(plan, state, agent, &moment()) else {
            lock(&self.desk).known = None;
            return Permission::Begin;
        };
        let is_recorded = state.has_read_quota(agent.1, &self.policy_key);
        match decided.decision.clone() {
            None => Permission::Wait,
            Some(QuotaDecision::Go) if is_recorded => Permission::Begin,
            // A decision is recorded with its numbers, before it is acted on.
            Some(decision) => {
                let read = decided.input(agent.1.to_owned(), &self.policy_key, decision);
                Permission::Record(Box::new(read))
            }
        }
    }

    fn look(&mut self, plan: &Plan, state: &State, now: Timestamp) -> Option<Input> {
        let moment = moment();
        state
            .held_agents(plan, now)
            .into_iter()
            .find_map(|(index, label)| {
                let decided = self.decide(plan, state, (index, &label), &moment)?;
                // Where nothing is known, as after the file was removed, the hold lasts until its own end.
                let is_free =
                    decided.decision == Some(QuotaDecision::Go) && !decided.windows.is_empty();
                is_free.then(|| decided.input(label, &self.policy_key, QuotaDecision::Go))
            })
    }
}

impl AccountDecision {
    fn input(&self, agent: String, policy: &str, decision: QuotaDecision) -> Input {
        let windows = self.windows.iter().map(|window| WindowReading {
            window: window.window.clone(),
            used: Some(window.used),
            resets_at: Some(window.ends),
            status: match window.rejected_until {
                Some(_) => WindowStatus::Rejected,
                None => WindowStatus::Unknown,
            },
        });
        Input::QuotaRead {
            agent,
            account: self.account.clone(),
            windows: windows.collect(),
            allowed: self.allowed.clone(),
            policy: policy.to_owned(),
            decision,
        }
    }
}
