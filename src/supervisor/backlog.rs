//! Counts the open tasks of projects that are done: a queue that has grown reopens them.
use super::looks::LooksUnderWay;
use super::messages::Message;
use crate::exec::command::BoundedCommand;
use crate::model::Env;
use crate::plan::Step;
use crate::store::layout::Project;
use crate::store::registry::RegisteredProject;
use crate::store::session::read_plan;
use camino::Utf8PathBuf;
use serde::Deserialize;
use std::sync::mpsc::Sender;
use std::time::Duration;

/// How long a queue may take to answer.
const LIMIT: Duration = Duration::from_secs(30);

/// Projects whose queues are to be counted, and how.
pub(super) struct Backlogs {
    pub(super) projects: Vec<RegisteredProject>,
    pub(super) exe: Utf8PathBuf,
    pub(super) env: Env,
    pub(super) state: Utf8PathBuf,
    pub(super) counts: LooksUnderWay,
}

impl Backlogs {
    /// Counts them in the background, one after the other.
    pub(super) fn count(self, messages: Sender<Message>) -> std::io::Result<()> {
        let counts = move || {
            for project in &self.projects {
                let Some(_count) = self.counts.begin(&project.id) else {
                    continue;
                };
                let Some(open) = self.open(project) else {
                    continue;
                };
                let message = Message::OpenTasks(project.id.clone(), open);
                if messages.send(message).is_err() {
                    return;
                }
            }
        };
        let name = "backlogs".to_owned();
        std::thread::Builder::new().name(name).spawn(counts)?;
        Ok(())
    }

    /// Returns the open tasks of a project that has a queue.
    fn open(&self, project: &RegisteredProject) -> Option<u32> {
        /// What is read of `ap queue status --json`.
        #[derive(Deserialize)]
        struct Counts {
            total: u32,
            closed: u32,
        }
        let store = Project::new(project.root.clone()).with_state(&self.state);
        let plan = read_plan(&store.session(&project.session)).ok()?;
        let mut nodes = plan.steps.iter().filter_map(Step::node);
        nodes.find(|node| node.queue.is_some())?;
        let session = project.session.as_str();
        let root = project.root.as_str();
        let output = BoundedCommand::new(&self.exe)
            .args([
                "-C",
                root,
                "queue",
                "status",
                "--session",
                session,
                "--json",
            ])
            .clean_env(&self.env)
            .limit(LIMIT)
            .run()
            .ok()?;
        let counts: Counts = serde_json::from_slice(&output.stdout).ok()?;
        Some(counts.total.saturating_sub(counts.closed))
    }
}
