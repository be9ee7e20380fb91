//! The project: its status, its backlog, and what its agents noted.
use super::section::Section;
use crate::cli::context::Context;
use crate::clock;
use crate::fleet::{self, ProjectStatus};
use crate::model::SessionName;
use crate::store::layout::RunDir;
use crate::store::registry::RegisteredProject;
use crate::store::session::{Snapshot, load_cached, names};
use crate::text::{clean, count};
use crate::ui::{report, time};
use camino::{Utf8Path, Utf8PathBuf};
use fs_err as fs;
use jiff::Timestamp;

/// The last lines of what agents noted that are shown.
const NOTED: usize = 10;
/// Closed tasks that are shown.
const CLOSED: usize = 5;

/// The project that is shown, as far as it can be read.
pub(super) struct Shown {
    pub(super) registered: Option<RegisteredProject>,
    pub(super) root: Utf8PathBuf,
    pub(super) known: Option<fleet::Project>,
    pub(super) dir: Option<RunDir>,
    /// Its session, or why it cannot be read.
    pub(super) session: Result<Option<Snapshot>, String>,
}

impl Shown {
    pub(super) fn read(registered: Option<RegisteredProject>, context: &Context) -> Self {
        let fleet = crate::store::fleet::load(&context.dirs).unwrap_or_default();
        let known = registered
            .as_ref()
            .and_then(|it| fleet.projects.get(&it.id).cloned());
        let name = registered.as_ref().map(|it| it.session.clone());
        let name = name.or_else(|| newest(context));
        let dir = name.map(|name| context.project.session(&name));
        let session = dir.as_ref().map_or(Ok(None), |dir| {
            load_cached(dir).map_err(|error| error.to_string())
        });
        Self {
            registered,
            root: context.project.root().to_owned(),
            known,
            dir,
            session,
        }
    }

    pub(super) fn id(&self) -> Option<String> {
        self.registered.as_ref().map(|it| it.id.to_string())
    }

    pub(super) fn snapshot(&self) -> Option<&Snapshot> {
        self.session.as_ref().ok()?.as_ref()
    }

    /// Returns a file of the project's own folder.
    pub(super) fn own(&self, name: &str) -> Utf8PathBuf {
        self.root.join(".agent-pipelines").join(name)
    }

    /// Returns the iterations of its session since a moment, from the session itself.
    pub(super) fn iterations(&self, since: Timestamp, most: usize) -> Vec<String> {
        let Some(snapshot) = self.snapshot() else {
            return Vec::new();
        };
        let now = clock::now();
        let records = snapshot.state.session.history.iter();
        let recent: Vec<String> = records
            .filter(|record| since <= record.at)
            .map(|record| {
                let at = time::local(record.at, now);
                let summary = clean(&record.status.summary);
                format!("{at}  iteration {} over  {summary}", record.iteration)
            })
            .collect();
        recent[recent.len().saturating_sub(most)..].to_vec()
    }
}

/// Returns the session of the project that recorded something last.
fn newest(context: &Context) -> Option<SessionName> {
    let sessions = names(&context.project).unwrap_or_default();
    sessions.into_iter().max_by_key(|name| {
        let journal = context.project.session(name).journal();
        fs::metadata(journal)
            .and_then(|about| about.modified())
            .ok()
    })
}

pub(super) fn status(shown: &Shown) -> Section {
    let now = clock::now();
    let mut lines = Vec::new();
    if let Some(known) = &shown.known {
        let status = &known.status;
        lines.push(format!(
            "{} since {}",
            status.as_str(),
            time::local(known.since, now)
        ));
        if !status.reason().is_empty() {
            lines.push(format!("why: {}", clean(&status.reason())));
        }
        if let Some(until) = status.until() {
            lines.push(format!("until {}", time::local(until, now)));
        }
        if let (ProjectStatus::Blocked { question }, Some(registered)) = (status, &shown.registered)
        {
            lines.push(question.tried_text());
            lines.push(question.advice().to_owned());
            lines.extend(question.commands(&registered.id));
        }
        if !known.recoveries.is_empty() {
            let times = count(known.recoveries.len(), "time");
            lines.push(format!("resumed {times} after failures"));
        }
        if let Some(at) = known.progressed_at {
            lines.push(format!("last iteration over {}", time::ago(at, now)));
        }
    } else if shown.registered.is_some() {
        lines.push("registered; no supervisor has seen it yet".to_owned());
    } else {
        lines.push("not registered: `ap projects add` adds it".to_owned());
    }
    match &shown.session {
        Err(why) => lines.push(format!("its session cannot be read: {why}")),
        Ok(None) => lines.push("its session has not started".to_owned()),
        Ok(Some(snapshot)) => {
            let status = snapshot.state.status();
            let name = &snapshot.plan.session;
            lines.push(format!("session {name}: {}", status.as_str()));
            if status.is_resumable() {
                lines.extend(report::next_steps(snapshot).lines().map(str::to_owned));
            }
        }
    }
    let human = shown.own("HUMAN_NEEDED.md");
    if human.exists() {
        lines.push(format!("what it asks you is in {human}"));
    }
    Section::new(3, "Status", lines, "")
}

/// Returns where the project's tasks are: its root, or its own folder.
fn backlog_file(shown: &Shown) -> Option<Utf8PathBuf> {
    let places = [shown.root.join("backlog.md"), shown.own("backlog.md")];
    places.into_iter().find(|path| path.is_file())
}

pub(super) fn backlog(shown: &Shown) -> Section {
    let title = "Backlog";
    let Some(path) = backlog_file(shown) else {
        let nothing = "there is no backlog.md";
        return Section::new(8, title, queue(shown), nothing);
    };
    let text = match fs::read(&path) {
        Ok(bytes) => String::from_utf8_lossy(&bytes).into_owned(),
        Err(error) => return Section::new(8, title, [error.to_string()], ""),
    };
    let tasks: Vec<(&str, &str)> = text.lines().filter_map(task).collect();
    let number = |marks: &[&str]| {
        tasks
            .iter()
            .filter(|(mark, _)| marks.contains(mark))
            .count()
    };
    let (closed, dropped) = (["x", "X", "✅"], ["~deferred", "~won't-fix"]);
    let known: usize = number(&[" "]) + number(&["~"]) + number(&closed) + number(&dropped);
    let mut lines = vec![
        format!("open {}", number(&[" "])),
        format!("begun {}", number(&["~"])),
        format!("done {}", number(&closed)),
        format!("dropped {}", number(&dropped)),
        format!("blocked {}", tasks.len() - known),
    ];
    let done: Vec<&str> = tasks
        .iter()
        .filter(|(mark, _)| closed.contains(mark))
        .map(|(_, title)| *title)
        .collect();
    if !done.is_empty() {
        lines.push("closed last:".to_owned());
    }
    let last = done.len().saturating_sub(CLOSED);
    lines.extend(
        done[last..]
            .iter()
            .map(|title| format!("  {}", clean(title))),
    );
    Section::new(8, title, lines, "")
}

/// Returns the mark and the title of a task at the beginning of a line.
fn task(line: &str) -> Option<(&str, &str)> {
    let (mark, title) = line.strip_prefix("- [")?.split_once(']')?;
    Some((mark, title.trim()))
}

/// Returns what is known of a queue elsewhere.
fn queue(shown: &Shown) -> Option<String> {
    let status = shown.snapshot()?.state.current.queue_status.as_ref()?;
    let left = status.left()?;
    Some(format!("{} in its queue", count(left, "open task")))
}

pub(super) fn knowledge(shown: &Shown) -> Section {
    let mut lines = Vec::new();
    for name in ["knowledge.md", "findings.md", "findings_index.md"] {
        lines.extend(noted(&shown.own(name), name));
    }
    Section::new(10, "Knowledge and findings", lines, "none yet")
}

fn noted(path: &Utf8Path, name: &str) -> Vec<String> {
    let Ok(bytes) = fs::read(path) else {
        return Vec::new();
    };
    let text = String::from_utf8_lossy(&bytes);
    let all: Vec<&str> = text.lines().collect();
    let at = fs::metadata(path).and_then(|about| about.modified()).ok();
    let at = at.and_then(|at| Timestamp::try_from(at).ok());
    let age = at.map_or_else(String::new, |at| {
        format!(", changed {}", time::ago(at, clock::now()))
    });
    let mut lines = vec![format!("{name}: {}{age}", count(all.len(), "line"))];
    let last = all.len().saturating_sub(NOTED);
    lines.extend(all[last..].iter().map(|line| format!("  {}", clean(line))));
    lines
}
