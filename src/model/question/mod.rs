//! What a session asks you, and what you answer.
mod answer;
mod asked;
mod id;
mod permission;
mod reply;
#[cfg(test)]
mod tests;

pub use answer::Answer;
pub use asked::{Answered, Asker, Deadline, Next, Question, Subject, decisions};
pub use id::{NotAQuestionId, QuestionId};
pub use permission::{AllowedCall, MORE_PERMITS, PERMITS, Permission, PermissionDecision, Permit};
pub use reply::{GivenAnswer, Reply, ReplyError, Resolved};
