//! The numbers of a plan's hooks, and which of them run at a moment.
use super::hook::Hook;
use super::session_plan::{Plan, PlanKind};
use super::step::Step;
use crate::model::HookMoment;

impl Plan {
    /// Whether it has hooks that the session waits for.
    pub fn awaits_hooks(&self) -> bool {
        self.numbered_hooks().any(|(_, hook)| hook.awaited)
    }

    /// Removes all hooks, those of branches included.
    pub fn remove_hooks(&mut self) {
        self.hooks.clear();
        for node in self.steps.iter_mut().flat_map(Step::all_nodes_mut) {
            node.hooks.clear();
        }
    }

    /// Returns all hooks of a session or of a branch, in the order of their numbers.
    pub fn all_hooks(&self) -> impl Iterator<Item = &Hook> {
        self.numbered_hooks().map(|(_, hook)| hook)
    }

    /// Returns the hook of a number.
    pub fn hook(&self, number: u32) -> Option<&Hook> {
        self.all_hooks().nth(number as usize)
    }

    /// Returns the hooks of a moment with their numbers.
    pub fn hooks_at(&self, moment: HookMoment) -> impl Iterator<Item = (u32, &Hook)> {
        let step = self.split(moment.node).1;
        let is_of_session = moment.event.is_of_session();
        // A loop that runs alone is the session.
        let is_whole = self.kind == PlanKind::Loop || !is_of_session;
        // The session of a branch is the pipeline's.
        let is_mine = !is_of_session || self.branch.is_none();
        let all = (0..).zip(self.numbered_hooks());
        all.filter(move |(_, (of, hook))| {
            let is_here = of.is_none_or(|of| is_whole && (is_of_session || of == step));
            hook.event == moment.event && is_here && is_mine
        })
        .map(|(number, (_, hook))| (number, hook))
    }

    /// Returns the hooks with the positions of their steps; those of the branches of a block are in the branches' plans.
    fn numbered_hooks(&self) -> impl Iterator<Item = (Option<usize>, &Hook)> {
        let of_nodes = self.steps.iter().enumerate().flat_map(|(position, step)| {
            let hooks = step.node().map_or(&[][..], |node| &node.hooks);
            hooks.iter().map(move |hook| (Some(position), hook))
        });
        self.hooks.iter().map(|hook| (None, hook)).chain(of_nodes)
    }
}
