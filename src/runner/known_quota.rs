//! What is known of the quota of the agent that is about to work, shared by the gate before attempts and its runner.
use super::user_settings::UserSettings;
use crate::engine::pacing::{WindowUse, permitted_agents};
use crate::model::{Account, Moment, QuotaLevel};
use crate::store::quota::QuotaCache;
use serde_json::{Value, json};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// The part of a gate that its runner sees.
#[derive(Debug, Default)]
pub(super) struct QuotaDesk {
    /// `config.yaml`, read once for both.
    pub(super) settings: UserSettings,
    /// `quota.json`, read once for both.
    pub(super) file: QuotaCache,
    /// Accounts whose programs should be asked, with the program of the agent.
    pub(super) wanted: Vec<(Account, String)>,
    /// Whether one is being asked.
    pub(super) is_asking: bool,
    /// When a program could not be asked, or did not answer.
    pub(super) gave_up: Option<Moment>,
    /// What was known of the agent that was asked for last, and what was decided of it.
    pub(super) known: Option<Known>,
}

/// What is known of the account of an agent.
#[derive(Clone, Debug)]
pub(super) struct Known {
    pub(super) windows: Vec<WindowUse>,
    pub(super) level: Option<QuotaLevel>,
    /// Which share of the agents may run at a time.
    pub(super) agent_share: f64,
}

/// Shared by a gate and its runner.
pub(super) type SharedDesk = Arc<Mutex<QuotaDesk>>;

pub(super) fn lock(desk: &SharedDesk) -> MutexGuard<'_, QuotaDesk> {
    desk.lock().unwrap_or_else(PoisonError::into_inner)
}

impl QuotaDesk {
    /// Returns the account that should be asked next, with the program of its agent.
    pub(super) fn next_wanted(&mut self) -> Option<(Account, String)> {
        if self.is_asking {
            return None;
        }
        let wanted = self.wanted.pop();
        self.is_asking = wanted.is_some();
        wanted
    }

    /// Whether the answer of a program is awaited.
    pub(super) fn awaits_answer(&self) -> bool {
        self.is_asking || !self.wanted.is_empty()
    }

    pub(super) fn known(&self) -> Option<&Known> {
        self.known.as_ref()
    }
}

impl Known {
    /// Returns how many of `most` agents may run at a time.
    pub(super) fn permitted(&self, most: u32) -> u32 {
        permitted_agents(self.agent_share, most)
    }
}

/// Returns the quota as `context.json` shows it.
pub(super) fn context(known: Option<&Known>) -> Value {
    let windows = known.map_or(&[][..], |known| &known.windows);
    let windows: Vec<Value> = windows
        .iter()
        .map(|window| {
            json!({
                "window": window.window,
                "used": window.used,
                "resets_at": window.ends,
            })
        })
        .collect();
    json!({ "windows": windows, "level": known.and_then(|known| known.level) })
}
