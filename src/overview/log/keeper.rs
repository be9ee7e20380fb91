//! Keeps the log of everything current, in a thread of its own: a slow disk delays the log, and nothing else.
use super::collector::{Collector, Retention};
use crate::model::ProjectId;
use crate::store::fleet::touch;
use crate::store::layout::{StateFile, UserDirs};
use crate::store::registry::RegisteredProject;
use std::collections::BTreeSet;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::time::{Duration, Instant};

/// How often what nothing was said about is looked at: the outbox, and journals whose wakeup was lost.
const SWEEP: Duration = Duration::from_secs(60);
/// How long old files may be there.
const PRUNE: Duration = Duration::from_secs(3600);
/// How long the end of the supervisor waits for the last lines; the next one writes what is missing.
const LAST_LINES: Duration = Duration::from_secs(5);

/// What the thread is told.
#[derive(Debug)]
enum News {
    /// These are the projects.
    Projects(Vec<RegisteredProject>),
    /// The journal of a project's session has new lines.
    Changed(ProjectId),
    /// The supervisor's journal has.
    Recorded,
    /// It is to end, and to say so.
    End(Sender<()>),
}

/// Keeps the log of everything current.
#[derive(Debug)]
pub struct LogKeeper {
    news: Sender<News>,
}

impl LogKeeper {
    /// Begins to write, as soon as no other process does.
    pub fn start(dirs: &UserDirs, retention: Retention) -> Self {
        let (news, receiver) = channel();
        let keeping = Keeping {
            dirs: dirs.clone(),
            retention,
            projects: Vec::new(),
            changed: BTreeSet::new(),
            all: true,
            collector: None,
            pruned: None,
        };
        let thread = std::thread::Builder::new().name("log".to_owned());
        if let Err(error) = thread.spawn(move || keeping.run(&receiver)) {
            tracing::warn!(%error, "there is no log of everything");
        }
        Self { news }
    }

    /// Passes on which projects there are.
    pub fn projects(&self, projects: &[RegisteredProject]) {
        self.tell(News::Projects(projects.to_vec()));
    }

    /// Passes on that a project's session has recorded something.
    pub fn changed(&self, project: &ProjectId) {
        self.tell(News::Changed(project.clone()));
    }

    /// Passes on that the supervisor has recorded something.
    pub fn recorded(&self) {
        self.tell(News::Recorded);
    }

    /// Waits a moment until all is written that was recorded before.
    pub fn end(&self) {
        let (sender, receiver) = channel();
        self.tell(News::End(sender));
        // The next supervisor writes what is missing.
        let _ = receiver.recv_timeout(LAST_LINES);
    }

    fn tell(&self, news: News) {
        // Without its thread there is no log, which was reported.
        let _ = self.news.send(news);
    }
}

/// The thread.
struct Keeping {
    dirs: UserDirs,
    retention: Retention,
    projects: Vec<RegisteredProject>,
    /// The projects whose journals have new lines.
    changed: BTreeSet<ProjectId>,
    /// Whether all of them may have.
    all: bool,
    /// None before the log was opened, and after it could not be written.
    collector: Option<Collector>,
    pruned: Option<Instant>,
}

impl Keeping {
    fn run(mut self, receiver: &Receiver<News>) {
        let mut next_sweep = Instant::now();
        loop {
            let left = next_sweep.saturating_duration_since(Instant::now());
            let mut end = None;
            match receiver.recv_timeout(left) {
                Ok(news) => {
                    end = self.hear(news);
                    while let Ok(news) = receiver.try_recv() {
                        end = self.hear(news).or(end);
                    }
                }
                Err(RecvTimeoutError::Timeout) => {
                    self.all = true;
                    next_sweep = Instant::now() + SWEEP;
                }
                Err(RecvTimeoutError::Disconnected) => return,
            }
            self.collect();
            if let Some(end) = end {
                drop(self.collector.take());
                let _ = end.send(());
                return;
            }
        }
    }

    fn hear(&mut self, news: News) -> Option<Sender<()>> {
        match news {
            News::Projects(projects) => {
                self.projects = projects;
                self.all = true;
            }
            News::Changed(project) => {
                self.changed.insert(project);
            }
            News::Recorded => {}
            News::End(sender) => return Some(sender),
        }
        None
    }

    /// Writes what is new. What cannot be written now is written with the next news.
    fn collect(&mut self) {
        let mut collector = match self.collector.take().filter(|it| !it.is_gone()) {
            Some(collector) => collector,
            None => match Collector::open(&self.dirs, self.retention) {
                Ok(collector) => {
                    self.all = true;
                    collector
                }
                Err(error) => {
                    tracing::warn!(%error, "the log of everything cannot be opened");
                    return;
                }
            },
        };
        let is_changed = |it: &&RegisteredProject| self.all || self.changed.contains(&it.id);
        let changed: Vec<&RegisteredProject> = self.projects.iter().filter(is_changed).collect();
        if let Err(error) = collector.collect(&changed, &self.projects) {
            tracing::warn!(%error, "the log of everything cannot be written");
            self.all = true;
            return;
        }
        (self.all, self.changed) = (false, BTreeSet::new());
        // Its age shows that the log is looked after.
        if let Err(error) = touch(&self.dirs.state_file(StateFile::EventsLock)) {
            tracing::warn!(%error, "the log's lock cannot be touched");
        }
        if self.pruned.is_none_or(|at| PRUNE <= at.elapsed()) {
            self.pruned = Some(Instant::now());
            if let Err(error) = collector.prune() {
                tracing::warn!(%error, "old logs cannot be removed");
            }
        }
        self.collector = Some(collector);
    }
}
