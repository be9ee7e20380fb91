//! What the supervisor notifies you of, in words.
use super::run::Supervisor;
use crate::clock;
use crate::fleet::{Cause, Change, Event, Project, ProjectStatus, State, Wait};
use crate::model::{NoticeKind, ProjectId};
use crate::notify::Notice;
use crate::store::recent::recent_facts;
use crate::text::{clean, shell_quote};
use jiff::{SignedDuration, Timestamp};

/// The journal that notices name as their source.
const SOURCE: &str = "supervisor";
/// How long a project is unfit before you are notified.
const UNFIT_PATIENCE: SignedDuration = SignedDuration::from_mins(15);
/// How many projects that wait for their providers make an outage of many.
const MANY: usize = 3;
/// Facts that are older when a supervisor starts are no news.
const NEWS: SignedDuration = SignedDuration::from_hours(72);
/// How many facts of a supervisor that was killed are looked at again.
const LOOKED_AT_AGAIN: usize = 64;

/// What is new: its kind, one line, and a few words more.
struct News {
    kind: NoticeKind,
    title: String,
    detail: String,
    command: String,
}

impl News {
    fn new(kind: NoticeKind, title: String, detail: String) -> Self {
        Self {
            kind,
            title,
            detail,
            command: "ap status".to_owned(),
        }
    }

    fn notice(self, at: Timestamp, number: u64, project: Option<(&ProjectId, &Project)>) -> Notice {
        Notice {
            // Projects are told apart, in case two have news of one number.
            source: project.map_or_else(|| SOURCE.to_owned(), |(id, _)| format!("{SOURCE}-{id}")),
            number,
            kind: self.kind,
            at,
            project: project.map(|(_, project)| project.root.clone()),
            session: project.and_then(|(id, _)| id.as_str().parse().ok()),
            title: self.title,
            detail: self.detail,
            commands: vec![self.command],
            last_words: String::new(),
            question: None,
            removed: 0,
        }
    }
}

/// Returns what a fact is worth telling you, if it is. `before` is the project as it was, if that is known.
fn news(event: &Event, before: Option<&Project>, at: Timestamp) -> Option<News> {
    match event {
        Event::SupervisorStarted {
            after_crash: true,
            version,
            ..
        } => Some(News::new(
            NoticeKind::SupervisorRecovered,
            "The supervisor is up again after it was killed".to_owned(),
            format!("version {version}"),
        )),
        Event::StatusChanged { project, change } => changed(project, change, before, at),
        _ => None,
    }
}

fn changed(
    id: &ProjectId,
    change: &Change,
    before: Option<&Project>,
    at: Timestamp,
) -> Option<News> {
    let news = |kind, what: &str, detail: String| {
        Some(News::new(kind, format!("Project {id} {what}"), detail))
    };
    match (&change.status, &change.cause) {
        (ProjectStatus::Blocked { question }, _) => Some(News {
            command: format!("ap resume {id}"),
            ..News::new(
                NoticeKind::ProjectBlocked,
                format!("Project {id} is blocked: {}", clean(&question.text())),
                format!("{}; {}", question.tried_text(), question.advice()),
            )
        }),
        (
            ProjectStatus::Waiting {
                reason: Wait::Recovery { attempt, error },
                ..
            },
            _,
        ) => news(
            NoticeKind::RecoveryScheduled,
            "failed, and is resumed later",
            format!("resume {attempt} after: {}", clean(error)),
        ),
        (_, Cause::Counted { .. }) => None,
        (ProjectStatus::Done { .. }, _) => news(NoticeKind::ProjectDone, "is done", String::new()),
        (_, Cause::Reopened { open }) => news(
            NoticeKind::ProjectReopened,
            "has work again",
            format!("{open} open tasks"),
        ),
        (
            ProjectStatus::Waiting {
                reason: Wait::Disk { free },
                ..
            },
            _,
        ) => news(
            NoticeKind::DiskLow,
            "waits for disk space",
            format!("{free} free"),
        ),
        (_, Cause::DiskFree) => news(NoticeKind::DiskFree, "has disk space again", String::new()),
        (_, Cause::FitAgain) if before.is_some_and(|it| was_reported(it, at)) => {
            news(NoticeKind::ProjectFit, "can be used again", String::new())
        }
        _ => None,
    }
}

/// Whether you were notified that a project is unfit, at this moment or before it.
fn was_reported(project: &Project, at: Timestamp) -> bool {
    matches!(project.status, ProjectStatus::Unfit { .. })
        && UNFIT_PATIENCE <= at.duration_since(project.since)
}

fn project_of(event: &Event) -> Option<&ProjectId> {
    match event {
        Event::StatusChanged { project, .. } => Some(project),
        _ => None,
    }
}

/// How many projects wait for their providers.
fn outages(state: &State) -> usize {
    let waits = |project: &&Project| {
        matches!(
            project.status,
            ProjectStatus::Waiting {
                reason: Wait::Session { outage: true, .. },
                ..
            }
        )
    };
    state.projects.values().filter(waits).count()
}

impl Supervisor {
    /// Notifies you of a fact that was just recorded; `before` is its project before it.
    pub(super) fn notify(&mut self, event: &Event, before: Option<&Project>, at: Timestamp) {
        let number = self.recorded();
        let mut notices = Vec::new();
        if let Some(news) = news(event, before, at) {
            let project =
                project_of(event).and_then(|id| Some((id, self.state().projects.get(id)?)));
            notices.push(news.notice(at, number, project));
        }
        if let Some(news) = self.outage_of_many(event) {
            notices.push(news.notice(at, number, None));
        }
        self.post(notices);
    }

    /// Returns the news that many projects wait for their providers; again only after an iteration succeeded.
    fn outage_of_many(&mut self, event: &Event) -> Option<News> {
        if let Event::Progressed { .. } = event {
            self.outage_reported = false;
        }
        let count = outages(self.state());
        if self.outage_reported || count < MANY {
            return None;
        }
        self.outage_reported = true;
        Some(News::new(
            NoticeKind::ManyOutages,
            format!("{count} projects wait for their providers"),
            "they continue by themselves".to_owned(),
        ))
    }

    /// Writes what a supervisor that was killed may not have written, and what a service did against your wish.
    pub(super) fn notify_missed(&mut self) {
        self.outage_reported = MANY <= outages(self.state());
        let facts = recent_facts(&self.dirs, LOOKED_AT_AGAIN).unwrap_or_default();
        let mut notices: Vec<Notice> = facts
            .iter()
            .filter(|fact| clock::now().duration_since(fact.at) < NEWS)
            .filter_map(|fact| {
                let id = project_of(&fact.event);
                let project = id.and_then(|id| Some((id, self.state().projects.get(id)?)));
                let news = news(&fact.event, None, fact.at)?;
                Some(news.notice(fact.at, fact.seq, project))
            })
            .collect();
        if let Some(desired) = self
            .state()
            .desired
            .as_ref()
            .filter(|_| self.state().is_unwanted())
        {
            let title = "The supervisor was started, though you stopped it".to_owned();
            let detail = "it is idle until `ap start`".to_owned();
            let news = News::new(NoticeKind::SupervisorIdle, title, detail);
            // Once for each stop of yours, however often a service starts it.
            notices.push(news.notice(desired.at, 0, None));
        }
        self.post(notices);
    }

    /// Notifies you of projects that have been unfit for a while, once for each time.
    pub(super) fn notify_unfit(&mut self) {
        let now = clock::now();
        let projects = self.state().projects.iter();
        let unfit = projects.filter(|(_, project)| was_reported(project, now));
        let notices = unfit.map(|(id, project)| {
            let reason = clean(&project.status.reason());
            let news = News {
                command: format!("ls {}", shell_quote(project.root.as_str())),
                ..News::new(
                    NoticeKind::ProjectUnfit,
                    format!("Project {id} cannot be used"),
                    reason,
                )
            };
            news.notice(project.since, 0, Some((id, project)))
        });
        let notices = notices.collect();
        self.post(notices);
    }

    fn post(&mut self, notices: Vec<Notice>) {
        if let Err(error) = self.notices.post(notices) {
            tracing::warn!(%error, "you are not notified");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fleet::{BlockCause, ProjectQuestion};

    fn at() -> Timestamp {
        "2026-11-30T12:00:00Z".parse().unwrap()
    }

    fn told(status: ProjectStatus, cause: Cause) -> Option<(NoticeKind, String)> {
        let event = Event::StatusChanged {
            project: "app".parse().unwrap(),
            change: Change {
                status,
                cause,
                seen: None,
            },
        };
        news(&event, None, at()).map(|news| (news.kind, news.title))
    }

    #[test]
    fn a_blocked_project_is_worth_a_message_with_what_happened() {
        let question = ProjectQuestion {
            id: 1,
            asked_at: at(),
            cause: BlockCause::Launch {
                error: "no loop".to_owned(),
            },
            tried: 0,
        };
        let status = ProjectStatus::Blocked { question };
        let (kind, title) = told(status, Cause::Refused).unwrap();
        assert_eq!(kind, NoticeKind::ProjectBlocked);
        let expected = "Project app is blocked: the session cannot be started: no loop";
        assert_eq!(title, expected);
    }

    #[test]
    fn slices_and_waits_are_worth_no_message() {
        let due = ProjectStatus::Due { asked: false };
        assert_eq!(told(due.clone(), Cause::WaitOver), None);
        assert_eq!(told(due.clone(), Cause::OthersWait), None);
        // An unfit project was not reported before 15 minutes, so neither is its end.
        assert_eq!(told(due, Cause::FitAgain), None);
    }

    #[test]
    fn low_disk_and_room_again_are_two_messages() {
        let reason = Wait::Disk {
            free: "1.0 GB".to_owned(),
        };
        let low = ProjectStatus::Waiting {
            reason,
            until: None,
        };
        assert_eq!(told(low, Cause::DiskLow).unwrap().0, NoticeKind::DiskLow);
        let due = ProjectStatus::Due { asked: false };
        assert_eq!(told(due, Cause::DiskFree).unwrap().0, NoticeKind::DiskFree);
    }
}
