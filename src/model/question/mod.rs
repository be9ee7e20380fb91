//! What a session asks you, and what you answer.
mod answer;
mod asked;
mod id;
mod reply;
#[cfg(test)]
mod tests;

pub use answer::Answer;
pub use asked::{Answered, Asker, Deadline, Next, Question, Subject, decisions};
pub use id::{NotAQuestionId, QuestionId};
pub use reply::{GivenAnswer, Reply, ReplyError, Resolved};
