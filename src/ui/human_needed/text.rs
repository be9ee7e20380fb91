//! The text of `HUMAN_NEEDED.md`: every open question of a project, and how to answer it.
use crate::fleet::ProjectQuestion;
use crate::model::{NodeId, ProjectId, Question, SessionName};
use crate::text::{clean, shell_quote};
use crate::ui::question;
use camino::Utf8Path;

/// The first line, by which the file is known.
pub(super) const HEAD: &str = "# Your answer is needed";

/// A question of a session, or of one of its branches.
#[derive(Debug)]
pub(super) struct SessionAsks {
    pub(super) session: SessionName,
    pub(super) branch: Option<NodeId>,
    pub(super) question: Question,
}

/// A question of the supervisor about a project, which runs a session.
#[derive(Debug)]
pub(super) struct ProjectAsks {
    pub(super) project: ProjectId,
    pub(super) session: SessionName,
    pub(super) question: ProjectQuestion,
}

/// Returns the content of the file, with a section for each question; nothing, if there is none.
pub(super) fn text(
    root: &Utf8Path,
    projects: &[ProjectAsks],
    sessions: &[SessionAsks],
) -> Option<String> {
    let of_projects = projects.iter().map(|asks| of_project(root, asks));
    let of_sessions = sessions.iter().map(|asks| of_session(root, asks));
    let sections: Vec<String> = of_projects.chain(of_sessions).collect();
    (!sections.is_empty()).then(|| format!("{HEAD}\n\n{}", sections.join("\n")))
}

fn of_project(root: &Utf8Path, asks: &ProjectAsks) -> String {
    let (id, question) = (&asks.project, &asks.question);
    let commands = question.commands(id).join("\n    ");
    format!(
        "## {}, about project {id}\n\n- What happened: {}\n- Since: {}\n- What was tried: {}\n- What to do: {}\n\n    ap resume {id}\n    {commands}\n\nWhat its agents said: `ap logs {} -C {}`\n",
        question.label(),
        clean(&question.text()),
        question.asked_at,
        question.tried_text(),
        question.advice(),
        asks.session,
        shell_quote(root.as_str()),
    )
}

fn of_session(root: &Utf8Path, asks: &SessionAsks) -> String {
    let (session, asked) = (&asks.session, &asks.question);
    let branch = asks.branch.as_ref();
    let of_branch = branch.map_or_else(String::new, |branch| format!(", branch {branch}"));
    let folder = shell_quote(root.as_str());
    let commands: Vec<String> = question::commands(session.as_str(), branch, asked)
        .into_iter()
        .map(|command| format!("    {command} -C {folder}\n"))
        .collect();
    format!(
        "## {}, of session {session}{of_branch}\n\n{}\n\nSince: {}\n\n{}",
        asked.id,
        question::lines(asked).join("\n"),
        asked.asked_at,
        commands.concat()
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock;
    use crate::fleet::BlockCause;

    #[test]
    fn each_question_has_a_section_headed_by_its_id() {
        let question = ProjectQuestion {
            id: 2,
            asked_at: clock::now(),
            cause: BlockCause::Launch {
                error: "no such loop".to_owned(),
            },
            tried: 1,
        };
        let asks = ProjectAsks {
            project: "app".parse().unwrap(),
            session: "app".parse().unwrap(),
            question,
        };
        let root = Utf8Path::new("/my app");
        let text = text(root, &[asks], &[]).unwrap();
        assert!(text.starts_with(HEAD), "{text}");
        for part in [
            "## s2, about project app",
            "no such loop",
            "it was resumed once",
            "    ap resume app\n    ap approve app\n    ap reject app\n",
            "-C '/my app'",
        ] {
            assert!(text.contains(part), "{part} in {text}");
        }
        assert_eq!(super::text(root, &[], &[]), None);
    }
}
