//! Records how hooks begin and end.
use crate::engine::hook_state::EndedHook;
use crate::engine::state::State;
use crate::model::{HookExit, HookRun};

impl State {
    pub(super) fn hook_started(&mut self, run: HookRun) {
        self.session.hooks.running = Some((run, false));
    }

    pub(super) fn hook_ended(&mut self, run: HookRun, exit: &HookExit) {
        let hooks = &mut self.session.hooks;
        hooks.running = None;
        let ended = EndedHook {
            moment: run.moment,
            tries: run.tries,
            exit: exit.clone(),
            is_accepted: false,
        };
        hooks.ended.insert(run.hook, ended);
    }

    /// Forgets the failures of hooks that have not been accepted: those hooks run again.
    pub(super) fn forget_failed_hooks(&mut self) {
        let ended = &mut self.session.hooks.ended;
        ended.retain(|_, ended| ended.is_settled());
    }
}
