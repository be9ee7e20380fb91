//! Lays the settings of a project over those of its loop.
use super::confirm_def::ConfirmDef;
use super::hooks_def::HooksDef;
use super::loop_def::{GuardrailsDef, LimitsDef, LoopDef};
use super::termination_def::TerminationDef;
use crate::plan::Budgets;

/// Builds a value whose named fields are the upper one's where it sets them.
macro_rules! over {
    ($type:ident, $upper:expr, $lower:expr, { $($field:ident),* }, { $($rest:ident: $value:expr),* $(,)? }) => {
        $type { $($field: $upper.$field.or($lower.$field),)* $($rest: $value,)* }
    };
}

impl LoopDef {
    /// Returns these settings, and those of a loop where these are not set. A queue, and what runs or asks at its events, is
    /// replaced as a whole.
    pub fn over(self, of_loop: Self) -> Self {
        let chosen = |own: Vec<String>, other| if own.is_empty() { other } else { own };
        over!(Self, self, of_loop, {
            name, description, completion, min_iterations, iterations, max, provider, program, model, effort, fallback,
            permissions, keep_env, max_turns, escalation, retries, retry_delay, delay, check_before, prompt, output_path, context, queue,
            on_trouble, output_parse, items
        }, {
            termination: match (self.termination, of_loop.termination) {
                (Some(own), Some(other)) => Some(own.over(other)),
                (own, other) => own.or(other),
            },
            args: chosen(self.args, of_loop.args),
            allow_tools: chosen(self.allow_tools, of_loop.allow_tools),
            limits: self.limits.over(of_loop.limits),
            needs: if self.needs.is_empty() { of_loop.needs } else { self.needs },
            commands: of_loop.commands.into_iter().chain(self.commands).collect(),
            confirm: if self.confirm == ConfirmDef::default() { of_loop.confirm } else { self.confirm },
            hooks: if self.hooks == HooksDef::default() { of_loop.hooks } else { self.hooks },
            guardrails: self.guardrails.over(of_loop.guardrails),
            quota: of_loop.quota,
        })
    }
}

impl TerminationDef {
    /// Returns these settings, and those of a loop's termination of the same type where these are not set.
    fn over(self, of_loop: Self) -> Self {
        if self.kind.is_some() && self.kind != of_loop.kind {
            return self;
        }
        over!(Self, self, of_loop, {
            kind, min_iterations, consensus, iterations, max, empty, text, command, timeout, threshold, prd, tasks_closed,
            judge, criteria, confidence, any, all
        }, {})
    }
}

impl LimitsDef {
    fn over(self, of_loop: Self) -> Self {
        over!(Self, self, of_loop, {
            wall, start, idle, tool, after_tool, after_result, prompt, permission
        }, {})
    }
}

impl GuardrailsDef {
    fn over(self, of_loop: Self) -> Self {
        over!(Self, self, of_loop, {
            max_runtime_seconds, max_cost_usd, max_tokens, max_consecutive_errors, max_idle_iterations, max_outage, max_wait,
            max_same_failures, max_agents, on_tampering
        }, {
            budgets: if self.budgets == Budgets::default() { of_loop.budgets } else { self.budgets },
        })
    }
}
