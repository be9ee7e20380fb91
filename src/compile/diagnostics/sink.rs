//! Collects the diagnostics of a compilation.
use super::diagnostic::Problem;
use std::cell::RefCell;
use std::rc::Rc;

/// A list of diagnostics that every document of a compilation reports to.
#[derive(Clone, Debug, Default)]
pub(crate) struct Diagnostics {
    found: Rc<RefCell<Vec<Problem>>>,
}

impl Diagnostics {
    pub(crate) fn report(&self, problem: Problem) {
        self.found.borrow_mut().push(problem);
    }

    pub(crate) fn count(&self) -> usize {
        self.found.borrow().len()
    }

    /// Runs `work` and drops those of its diagnostics that `keep` refuses.
    pub(crate) fn filtered<T>(
        &self,
        keep: impl Fn(&Problem) -> bool,
        work: impl FnOnce() -> T,
    ) -> T {
        let before = self.count();
        let done = work();
        let reported = self.found.borrow_mut().split_off(before);
        self.found
            .borrow_mut()
            .extend(reported.into_iter().filter(keep));
        done
    }

    /// Returns everything reported so far.
    pub(crate) fn take(&self) -> Vec<Problem> {
        self.found.take()
    }
}
