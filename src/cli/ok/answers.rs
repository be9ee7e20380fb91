//! The six questions of `ap ok`.
use super::OkAnswer;
use crate::cli::context::Context;
use crate::cli::supervised::supervisor;
use crate::clock;
use crate::error::Result;
use crate::exec::moment;
use crate::fleet::{Project, ProjectStatus, State};
use crate::model::{ProjectId, WindowName};
use crate::overview::errors::{self, LoggedError};
use crate::store::layout::StateFile;
use crate::store::{fleet, quota};
use crate::text::{clean, count};
use crate::ui::time;
use fs_err as fs;
use jiff::{SignedDuration, Timestamp};

/// How old the heartbeat of a loop that lives is at most; it beats every 25 seconds.
const BEATS: SignedDuration = SignedDuration::from_secs(90);
/// How long the log may not be looked after; it is every minute.
const LOGS: SignedDuration = SignedDuration::from_mins(5);
/// How long a project that could work may end no cycle, and how far back errors count.
const HOUR: SignedDuration = SignedDuration::from_hours(1);
/// How much of a window may be used.
const MOST: f64 = 0.9;

struct Asked<'a> {
    context: &'a Context,
    state: State,
    now: Timestamp,
    only: &'a [ProjectId],
}

pub(super) fn answers(only: &[ProjectId], context: &Context) -> Result<Vec<OkAnswer>> {
    let asked = Asked {
        context,
        state: fleet::load(&context.dirs)?,
        now: clock::now(),
        only,
    };
    Ok(vec![
        asked.supervisor_lives(),
        asked.nobody_needs_you(),
        asked.cycles_end(),
        asked.no_errors()?,
        asked.quota_is_left(),
        asked.log_is_written(),
    ])
}

impl Asked<'_> {
    fn projects(&self) -> impl Iterator<Item = (&ProjectId, &Project)> {
        let projects = self.state.projects.iter();
        projects.filter(|(id, _)| self.only.is_empty() || self.only.contains(id))
    }

    /// Returns how long ago a file of the state folder was written.
    fn age(&self, file: StateFile) -> Option<SignedDuration> {
        let about = fs::metadata(self.context.dirs.state_file(file)).ok()?;
        let at = Timestamp::try_from(about.modified().ok()?).ok()?;
        Some(self.now.duration_since(at))
    }

    fn supervisor_lives(&self) -> OkAnswer {
        let answer = |ok, found: String, command: Option<&str>| {
            let question = "The supervisor runs and its loop is alive";
            new(1, question, ok, found, command.map(str::to_owned))
        };
        let Some(holder) = supervisor(self.context) else {
            let found = "no supervisor runs".to_owned();
            return answer(false, found, Some("ap start"));
        };
        let since = time::ago(holder.started_at, self.now);
        let runs = format!("pid {}, started {since}", holder.pid);
        match self.age(StateFile::Heartbeat) {
            Some(age) if age < BEATS => answer(true, runs, None),
            _ => {
                let found = format!(
                    "{runs}, but its loop has not moved for {} s",
                    BEATS.as_secs()
                );
                answer(false, found, Some("ap start --upgrade"))
            }
        }
    }

    fn nobody_needs_you(&self) -> OkAnswer {
        let question = "No project is blocked, unusable or done with work left";
        let needs = self.projects().find_map(|(id, project)| {
            let reason = clean(&project.status.reason());
            match &project.status {
                ProjectStatus::Blocked { .. } => Some((
                    format!("{id} is blocked: {reason}"),
                    format!("ap resume {id}"),
                )),
                ProjectStatus::Unfit { .. } => {
                    let command = format!("ap snapshot --project {id}");
                    Some((format!("{id} cannot be used: {reason}"), command))
                }
                ProjectStatus::Done { open: Some(open) } if 0 < *open => {
                    let tasks = count(open, "open task");
                    let found = format!("{id} is done, with {tasks}");
                    Some((found, format!("ap resume {id}")))
                }
                _ => None,
            }
        });
        match needs {
            Some((found, command)) => new(2, question, false, found, Some(command)),
            None => {
                let found = count(self.projects().count(), "project");
                new(2, question, true, found, None)
            }
        }
    }

    fn cycles_end(&self) -> OkAnswer {
        let question = "An iteration ended in the last hour where one was due";
        let from = self.state.supervisor.as_ref().map(|it| it.started_at);
        let stands = self.projects().find(|(_, project)| {
            let works = matches!(
                project.status,
                ProjectStatus::Running { .. } | ProjectStatus::Due { .. }
            );
            let last = project.progressed_at.max(Some(project.since)).max(from);
            let is_late = last.is_some_and(|last| HOUR < self.now.duration_since(last));
            works && is_late && !self.state.is_unwanted() && self.state.pause.is_none()
        });
        if let Some((id, project)) = stands {
            let last = project.progressed_at.unwrap_or(project.since);
            let found = format!("{id} ended its last one {}", time::ago(last, self.now));
            let command = format!("ap snapshot --project {id}");
            return new(3, question, false, found, Some(command));
        }
        let last = self.projects().filter_map(|(_, it)| it.progressed_at).max();
        let found = last.map_or_else(
            || "none has ended yet".to_owned(),
            |last| format!("the last one ended {}", time::ago(last, self.now)),
        );
        new(3, question, true, found, None)
    }

    fn no_errors(&self) -> Result<OkAnswer> {
        let question = "No errors in the last hour but those that were got over";
        let since = self.now.saturating_sub(HOUR).unwrap_or(Timestamp::MIN);
        let found = errors::open(&self.context.dirs, since)?;
        let mut found = found.into_iter().filter(|error| {
            let project = error.project.as_ref();
            self.only.is_empty() || project.is_some_and(|it| self.only.contains(it))
        });
        Ok(match found.next_back() {
            None => new(4, question, true, "none".to_owned(), None),
            Some(LoggedError {
                project,
                kind,
                text,
                at,
                ..
            }) => {
                let of = project.map_or_else(|| "supervisor".to_owned(), |it| it.to_string());
                let ago = time::ago(at, self.now);
                let found = format!("{of}: {kind} {ago}: {}", clean(&text));
                let command = format!("ap tail --no-follow --since 1h --project {of}");
                let command = if of == "supervisor" {
                    "ap tail --no-follow --since 1h".to_owned()
                } else {
                    command
                };
                new(4, question, false, found, Some(command))
            }
        })
    }

    fn quota_is_left(&self) -> OkAnswer {
        let question = "Less than 90 % of the quota is used";
        let known = quota::read(&self.context.dirs).unwrap_or_default();
        let now = moment();
        let uses = known
            .accounts
            .values()
            .flat_map(|account| account.uses(&now));
        let shown = [WindowName::FIVE_HOUR, WindowName::SEVEN_DAY];
        let uses: Vec<_> = uses
            .filter(|it| shown.contains(&it.window.as_str()))
            .collect();
        let fullest = uses
            .iter()
            .max_by(|a, b| a.used.fraction().total_cmp(&b.used.fraction()));
        let Some(fullest) = fullest else {
            return new(5, question, true, "nothing is known of it".to_owned(), None);
        };
        let ok = uses.iter().all(|it| it.used.fraction() < MOST);
        let found = format!("{} of {} is used", fullest.used, fullest.window);
        let command = (!ok).then(|| "ap quota".to_owned());
        new(5, question, ok, found, command)
    }

    fn log_is_written(&self) -> OkAnswer {
        let question = "The log is written";
        match self.age(StateFile::EventsLock) {
            Some(age) if age < LOGS => {
                let found = format!("{} s ago", age.as_secs().max(0));
                new(6, question, true, found, None)
            }
            Some(age) => {
                let found = format!("not for {} min", age.as_secs() / 60);
                new(6, question, false, found, Some("ap doctor".to_owned()))
            }
            None => {
                let found = "there is none yet".to_owned();
                new(6, question, false, found, Some("ap start".to_owned()))
            }
        }
    }
}

fn new(
    number: u8,
    question: &'static str,
    ok: bool,
    found: String,
    command: Option<String>,
) -> OkAnswer {
    OkAnswer {
        number,
        question,
        ok,
        found,
        command,
    }
}
