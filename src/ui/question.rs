//! How an open question is shown, and with which commands it is answered.
use super::time;
use crate::model::{Asker, Next, NodeId, Question};
use crate::text::{clean, plain, shown};
use jiff::Timestamp;

/// Returns the question and its choices, one per line.
pub fn lines(question: &Question) -> Vec<String> {
    let choices = question
        .choices
        .iter()
        .enumerate()
        .map(|(index, choice)| format!("  {}. {}", index + 1, clean(choice)));
    // What is allowed is shown as it is, with what could mislead a terminal.
    let text: Vec<String> = if question.is_permission() {
        shown(&question.text).lines().map(str::to_owned).collect()
    } else {
        vec![plain(&question.text)]
    };
    text.into_iter().chain(choices).collect()
}

/// Returns the commands that answer the question.
pub fn commands(session: &str, branch: Option<&NodeId>, question: &Question) -> Vec<String> {
    let branch = branch.map_or_else(String::new, |branch| format!(" --branch {branch}"));
    if question.is_permission() {
        let same = question.choices.len() == 3;
        let same = same.then(|| format!("ap answer {session} --choice 2{branch}"));
        let all = std::iter::once(format!("ap approve {session}{branch}")).chain(same);
        return all
            .chain([format!("ap reject {session} 'YOUR REASON'{branch}")])
            .collect();
    }
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
        Some(deadline) if question.is_permission() => format!(
            "denies it at {} without an answer",
            time::local(deadline.at, now)
        ),
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
