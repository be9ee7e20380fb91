//! What you can be notified of.
use serde::{Deserialize, Serialize};
use std::fmt;

/// How much a notice matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum NoticeSeverity {
    /// Good to know.
    Info,
    /// Something may need you soon.
    Warning,
    /// Something waits for you, or ended without its goal.
    Urgent,
}

impl NoticeSeverity {
    /// Returns its name in JSON.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Info => "info",
            Self::Warning => "warning",
            Self::Urgent => "urgent",
        }
    }
}

macro_rules! notice_kinds {
    ($($(#[doc = $meaning:literal])+ $variant:ident = $name:literal, $severity:ident;)+) => {
        /// A kind of notice: an event that rules in `config.yaml` name.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
        #[serde(rename_all = "snake_case")]
        pub enum NoticeKind {
            $($(#[doc = $meaning])+ $variant,)+
        }

        impl NoticeKind {
            /// Every kind, in the order of the documents.
            pub const ALL: &[Self] = &[$(Self::$variant,)+];

            /// Returns its name in rules and messages: `limit_reached`.
            pub fn as_str(self) -> &'static str {
                match self {
                    $(Self::$variant => $name,)+
                }
            }

            /// Returns how much it matters.
            pub fn severity(self) -> NoticeSeverity {
                match self {
                    $(Self::$variant => NoticeSeverity::$severity,)+
                }
            }

            /// Returns its meaning, as the documents describe it.
            pub fn meaning(self) -> &'static str {
                match self {
                    $(Self::$variant => concat!($($meaning),+),)+
                }
                .trim()
            }
        }
    };
}

notice_kinds! {
    /// A session asks you something, and waits.
    Question = "question", Urgent;
    /// A session failed.
    Failed = "failed", Urgent;
    /// A session reached its goal.
    Complete = "complete", Info;
    /// A session reached a limit before its goal.
    LimitReached = "limit_reached", Warning;
    /// A session was stopped by you.
    Stopped = "stopped", Info;
    /// A session was ended from outside.
    Interrupted = "interrupted", Urgent;
    /// A provider has not served a session for 15 minutes.
    Outage = "outage", Warning;
    /// An outage that you were notified of is over.
    OutageOver = "outage_over", Info;
    /// Your policy for the quota holds a session.
    QuotaHold = "quota_hold", Warning;
    /// A threshold of a week of the quota is reached.
    QuotaWarning = "quota_warning", Warning;
    /// 80 % of a session's `max_cost_usd` or `max_tokens` are used.
    BudgetWarning = "budget_warning", Warning;
    /// A budget is used up: of a session, a day or a week.
    BudgetReached = "budget_reached", Urgent;
    /// Files of a session were changed without any business with it.
    Tampering = "tampering", Urgent;
    /// A phase of a PRD is over.
    PhaseFinished = "phase_finished", Info;
    /// A detached job has ended.
    JobEnded = "job_ended", Info;
    /// A hook of yours sends a message.
    Message = "message", Info;
    /// The supervisor asks you about a project: its session failed in vain, or only you can change what is wrong.
    ProjectBlocked = "project_blocked", Urgent;
    /// A project could not be used for 15 minutes.
    ProjectUnfit = "project_unfit", Warning;
    /// A project that you were notified of can be used again.
    ProjectFit = "project_fit", Info;
    /// A session of the supervisor failed, and is resumed later.
    RecoveryScheduled = "recovery_scheduled", Info;
    /// A project of the supervisor is done.
    ProjectDone = "project_done", Info;
    /// The queue of a project that was done has grown.
    ProjectReopened = "project_reopened", Info;
    /// A project waits for free space on its file system.
    DiskLow = "disk_low", Warning;
    /// A project that waited for free space has it again.
    DiskFree = "disk_free", Info;
    /// Three or more projects wait for their providers at once.
    ManyOutages = "many_outages", Warning;
    /// The supervisor is up again after it was killed.
    SupervisorRecovered = "supervisor_recovered", Warning;
    /// A service started the supervisor, though you stopped it.
    SupervisorIdle = "supervisor_idle", Warning;
}

impl fmt::Display for NoticeKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_those_in_json() {
        for kind in NoticeKind::ALL {
            assert_eq!(serde_json::to_value(kind).unwrap(), kind.as_str());
            assert!(kind.meaning().ends_with('.'));
            let severity = kind.severity();
            assert_eq!(serde_json::to_value(severity).unwrap(), severity.as_str());
        }
    }
}
