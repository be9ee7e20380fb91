//! How a hook ended.
use crate::model::HookExit;
use crate::text::clean;
use std::time::Duration;

/// How a hook ended.
#[derive(Clone, Debug)]
pub(super) struct HookResult {
    pub(super) exit: HookExit,
    /// The wait that a server asked for before another try.
    pub(super) after: Option<Duration>,
}

impl HookResult {
    pub(super) fn succeeded() -> Self {
        Self {
            exit: HookExit {
                code: Some(0),
                reason: String::new(),
            },
            after: None,
        }
    }

    pub(super) fn failed(reason: impl AsRef<str>) -> Self {
        HookExit::cancelled(clean(reason.as_ref())).into()
    }
}

impl From<HookExit> for HookResult {
    fn from(exit: HookExit) -> Self {
        Self { exit, after: None }
    }
}
