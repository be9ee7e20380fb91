//! How an open question is shown, and with which commands it is answered.
use super::time;
use crate::model::{Asker, Next, NodeId, Question};
use crate::text::{clean, plain};
use jiff::Timestamp;

/// Returns the question and its choices, one per line.
pub fn lines(question: &Question) -> Vec<String> {
    let choices = question
        .choices
        .iter()
        .enumerate()
        .map(|(index, choice)| format!("  {}. {}", index + 1, clean(choice)));
    std::iter::once(plain(&question.text))
        .chain(choices)
        .collect()
}

/// Returns the commands that answer the question.
pub fn commands(session: &str, branch: Option<&NodeId>, question: &Question) -> Vec<String> {
    let branch = branch.map_or_else(String::new, |branch| format!(" --branch {branch}"));
    match question.by {
        Asker::Agent if question.choices.is_empty() => {
            vec![format!("ap answer {session} 'YOUR ANSWER'{branch}")]
        }
        Asker::Agent => vec![
            format!("ap answer {session} --choice 1{branch}"),
            format!("ap answer {session} 'YOUR ANSWER'{branch}"),
        ],
        Asker::Gate | Asker::Hook | Asker::Confirm | Asker::Budget | Asker::Engine => {
            let skips = question.choices.iter().any(|choice| choice == "skip");
            let skip = skips.then(|| format!("ap answer {session} skip{branch}"));
            let decide = ["approve", "reject"].map(|verb| format!("ap {verb} {session}{branch}"));
            decide.into_iter().chain(skip).collect()
        }
    }
}

/// Returns when the question is answered without you.
pub fn deadline(question: &Question, now: Timestamp) -> String {
    match question.until {
        None => "waits for you".to_owned(),
        Some(deadline) => {
            let next = match deadline.next {
                Next::Go => "continues",
                Next::Skip => "skips the stage",
                Next::Stop => "stops",
            };
            format!(
                "{next} at {} without an answer",
                time::local(deadline.at, now)
            )
        }
    }
}
