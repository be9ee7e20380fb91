//! Asks before each attempt whether the quota allows it.
use super::zone::user_zone;
use crate::agent::{self, NO_TRAFFIC};
use crate::engine::State;
use crate::engine::pacing::{Pacing, WindowUse, agent_share, decide, level};
use crate::exec::moment;
use crate::model::{
    Account, AccountKey, Env, Input, Moment, QuotaDecision, WindowReading, WindowStatus,
};
use crate::plan::{Plan, QuotaPolicy, WhenUnknown};
use crate::runner::known_quota::{Known, SharedDesk, lock};
use crate::store::layout::UserDirs;
use crate::store::quota::{FRESH_FOR, QuotaCache};
use crate::store::{AttemptGate, Permission};
use jiff::Timestamp;
use std::collections::BTreeMap;

/// The gate of a session, or of a branch.
#[derive(Debug)]
pub(in crate::runner) struct QuotaGate {
    dirs: UserDirs,
    vars: Env,
    policy: QuotaPolicy,
    session: String,
    cache: QuotaCache,
    /// The accounts of agents, by their labels.
    accounts: BTreeMap<String, Option<(Account, AccountKey)>>,
    desk: SharedDesk,
}

impl QuotaGate {
    pub(in crate::runner) fn new(
        dirs: UserDirs,
        vars: Env,
        policy: QuotaPolicy,
        plan: &Plan,
        desk: SharedDesk,
    ) -> Self {
        let policy = match &plan.quota {
            Some(limits) => policy.narrowed(limits),
            None => policy,
        };
        let branch = plan.branch.as_ref().map(|branch| branch.name.as_str());
        Self {
            dirs,
            vars,
            policy,
            // Branches return at different times too.
            session: format!("{}{}", plan.session, branch.unwrap_or_default()),
            cache: QuotaCache::default(),
            accounts: BTreeMap::new(),
            desk,
        }
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

    /// Decides of one agent, or asks for a number that is too old.
    fn decide(
        &mut self,
        plan: &Plan,
        state: &State,
        agent: (u32, &str),
        now: &Moment,
    ) -> Option<(AccountKey, Vec<WindowUse>, Option<QuotaDecision>)> {
        let (account, key) = self.account(plan, state, agent)?;
        let model = state.agent_at(state.node(plan)?, agent.0).model.clone();
        let known = self.cache.get(&self.dirs).accounts.get(&key);
        let mut windows = known.map(|known| known.uses(now)).unwrap_or_default();
        windows.retain(|window| window.window.concerns(&model));
        let is_needed = if windows.is_empty() {
            self.policy.unknown == WhenUnknown::Hold
        } else {
            let age = known.and_then(|known| known.age(&windows, now));
            age.is_none_or(|age| FRESH_FOR < age)
        };
        let may_ask = account.no_asking.is_none()
            && known.is_none_or(|known| known.asked.refusal(now, false).is_none());
        if is_needed && may_ask && self.can_be_asked(now) {
            let node = state.node(plan)?;
            let program = state.agent_at(node, agent.0).program.clone();
            let mut desk = lock(&self.desk);
            if !desk.awaits_answer() {
                desk.wanted.push((account, program));
            }
            return Some((key, windows, None));
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
        Some((key, windows, Some(decision)))
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
        match self.decide(plan, state, agent, &moment()) {
            None => {
                lock(&self.desk).known = None;
                Permission::Begin
            }
            Some((_, _, None)) => Permission::Wait,
            Some((_, _, Some(QuotaDecision::Go))) => Permission::Begin,
            Some((account, windows, Some(decision))) => Permission::Record(Box::new(read(
                agent.1.to_owned(),
                account,
                &windows,
                decision,
            ))),
        }
    }

    fn look(&mut self, plan: &Plan, state: &State, now: Timestamp) -> Option<Input> {
        let moment = moment();
        state
            .held_agents(plan, now)
            .into_iter()
            .find_map(|(index, label)| {
                match self.decide(plan, state, (index, &label), &moment)? {
                    (account, windows, Some(QuotaDecision::Go)) => {
                        Some(read(label, account, &windows, QuotaDecision::Go))
                    }
                    (_, _, Some(QuotaDecision::Hold { .. }) | None) => None,
                }
            })
    }
}

fn read(
    agent: String,
    account: AccountKey,
    windows: &[WindowUse],
    decision: QuotaDecision,
) -> Input {
    let windows = windows.iter().map(|window| WindowReading {
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
        account,
        windows: windows.collect(),
        decision,
    }
}
