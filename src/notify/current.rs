//! Checks whether a notice is still true: an open question, an outage that lasts.
use super::message::Notice;
use crate::engine::State;
use crate::model::{NoticeKind, SessionStatus};
use crate::store::layout::Project;
use crate::store::session::load_cached;

/// Whether a notice is still worth sending. A notice that cannot be checked is.
pub(super) fn is_current(notice: &Notice) -> bool {
    if notice.question.is_none() && notice.kind != NoticeKind::Outage {
        return true;
    }
    let Some(state) = state(notice) else {
        return true;
    };
    match (&notice.question, notice.kind) {
        (Some(asked), _) => state
            .open_questions()
            .any(|(branch, question)| question.id == asked.id && branch == asked.branch.as_ref()),
        (None, NoticeKind::Outage) => {
            let lasts = state
                .session
                .stall
                .as_ref()
                .is_some_and(|it| it.only_outages);
            lasts && !is_over(state.status())
        }
        (None, _) => true,
    }
}

/// Returns the state of the session that a notice is about, if it is still the same run.
pub(super) fn state(notice: &Notice) -> Option<State> {
    let (project, session) = (notice.project.as_ref()?, notice.session.as_ref()?);
    let dir = Project::new(project.clone()).session(session);
    let snapshot = load_cached(&dir).ok()??;
    // The source of a branch's notice is the run, a dot and the branch's name.
    let same = notice.source.split('.').next() == Some(snapshot.plan.run.as_str());
    same.then_some(snapshot.state)
}

fn is_over(status: SessionStatus) -> bool {
    !status.is_active()
}
