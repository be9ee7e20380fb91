//! Every path we write in a project.
//!
//! ```text
//! <project>/.claude/locks/<session>.lock
//! <project>/.claude/pipeline-runs/<session>/
//!     plan.json  events.jsonl  state.json  checkpoint.json  progress-<session>.md  inbox/  observers/  ap.log
//!     stage-<NN>-<node>/
//!         progress.md                           (pipelines of several nodes)
//!         iterations/<NNN>/
//!             context.json prompt.md status.json result.json output.md progress.md stdout.log stderr.log exit.json
//!             messages/                         (what the agent was told while it worked)
//!             attempts/<K>/                     (the same files of an attempt that was repeated)
//!     parallel-<NN>-<block>/
//!         manifest.json                         (once the block is done)
//!         providers/<branch>/                   (a run directory of its own, whose progress file is `progress.md`)
//! <project>/.claude/pipeline-runs/completions.jsonl         (how runs ended, a line for each)
//! <project>/.claude/pipeline-runs/.archive/<session>-<run>/   (what --force moved away)
//! <project>/.agent-pipelines/<session>/        (what agents write that may not write under `.claude/`)
//!     progress-<session>.md  stage-<NN>-<node>/progress.md  status-<cursor>.json
//! <git folder>/agent-pipelines/kept-runs/<project>/<session>/   (outside git: in the state folder)
//!     events.jsonl  events.copy.jsonl  plan.json  lock  stdout.log  (second names and copies that survive `git clean`)
//! ```
use super::ours::PROJECT_FOLDER;
use crate::fingerprint::fingerprint;
use crate::model::{Cursor, NodeId, RunId, SessionName};
use camino::{Utf8Path, Utf8PathBuf};
use serde::{Deserialize, Serialize};

/// A directory whose sessions belong together: normally a git repository.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Project {
    root: Utf8PathBuf,
    /// Where what a session cannot do without is kept a second time.
    kept: Option<Utf8PathBuf>,
}

impl Project {
    /// `root` is absolute.
    pub fn new(root: Utf8PathBuf) -> Self {
        let kept = git_folder(&root).map(|git| kept_for(&git.join("agent-pipelines"), &root));
        Self { root, kept }
    }

    /// Returns the project with a place in the state folder for what is otherwise kept in git's own folder.
    #[must_use]
    pub fn with_state(mut self, state: &Utf8Path) -> Self {
        if self.kept.is_none() {
            self.kept = Some(kept_for(state, &self.root));
        }
        self
    }

    pub fn root(&self) -> &Utf8Path {
        &self.root
    }

    pub fn claude(&self) -> Utf8PathBuf {
        self.root.join(".claude")
    }

    pub fn runs(&self) -> Utf8PathBuf {
        self.root.join(".claude/pipeline-runs")
    }

    pub fn locks(&self) -> Utf8PathBuf {
        self.root.join(".claude/locks")
    }

    pub fn lock(&self, session: &SessionName) -> Utf8PathBuf {
        self.locks().join(format!("{session}.lock"))
    }

    pub fn session(&self, session: &SessionName) -> RunDir {
        RunDir {
            root: self.runs().join(session.as_str()),
            session: session.clone(),
            in_exchange: Utf8PathBuf::from(session.as_str()),
            branch: false,
            kept: self.kept.as_ref().map(|kept| kept.join(session.as_str())),
        }
    }

    /// The folder of the runs that `--force` moved away.
    pub fn archive(&self) -> Utf8PathBuf {
        self.runs().join(".archive")
    }

    pub fn archived(&self, session: &SessionName, run: &RunId) -> Utf8PathBuf {
        self.archive().join(format!("{session}-{run}"))
    }

    /// The directory of an archived run, by its name in the archive.
    pub fn archived_run(&self, name: &SessionName) -> RunDir {
        RunDir {
            root: self.archive().join(name.as_str()),
            kept: None,
            ..self.session(name)
        }
    }

    /// What the agents of a run write that may not be under `.claude/` (see [`crate::model::PermissionMode`]).
    pub fn exchange(&self, run: &RunDir) -> Utf8PathBuf {
        self.root.join(PROJECT_FOLDER).join(&run.in_exchange)
    }
}

/// The directory of one run of a session.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RunDir {
    root: Utf8PathBuf,
    session: SessionName,
    /// Its path in the exchange folder.
    in_exchange: Utf8PathBuf,
    branch: bool,
    kept: Option<Utf8PathBuf>,
}

impl RunDir {
    pub fn root(&self) -> &Utf8Path {
        &self.root
    }

    pub fn session(&self) -> &SessionName {
        &self.session
    }

    pub fn plan(&self) -> Utf8PathBuf {
        self.root.join("plan.json")
    }

    /// The plan that is about to take its place.
    pub(in crate::store) fn next_plan(&self) -> Utf8PathBuf {
        self.root.join("plan.next.json")
    }

    pub fn journal(&self) -> Utf8PathBuf {
        self.root.join("events.jsonl")
    }

    /// The folder, outside of all that `git clean` removes, for what the session cannot do without.
    pub fn kept(&self) -> Option<&Utf8Path> {
        self.kept.as_deref()
    }

    /// The second name of the journal.
    pub fn kept_journal(&self) -> Option<Utf8PathBuf> {
        Some(self.kept()?.join("events.jsonl"))
    }

    /// A copy of the journal, which its runner holds locked.
    pub fn kept_copy(&self) -> Option<Utf8PathBuf> {
        Some(self.kept()?.join("events.copy.jsonl"))
    }

    /// The second name of another file of the run directory.
    pub fn kept_file(&self, file: &Utf8Path) -> Option<Utf8PathBuf> {
        Some(self.kept()?.join(file.strip_prefix(&self.root).ok()?))
    }

    /// The second name of the session's lock.
    pub fn kept_lock(&self) -> Option<Utf8PathBuf> {
        Some(self.kept()?.join("lock"))
    }

    /// The second name of the output of the attempt that was started last.
    pub fn kept_stdout(&self) -> Option<Utf8PathBuf> {
        Some(self.kept()?.join("stdout.log"))
    }

    /// Whether it is that of a branch of a parallel block.
    pub fn is_branch(&self) -> bool {
        self.branch
    }

    pub fn state(&self) -> Utf8PathBuf {
        self.root.join("state.json")
    }

    /// What keeps the cost of a look at the session from growing with its journal.
    pub(in crate::store) fn checkpoint(&self) -> Utf8PathBuf {
        self.root.join("checkpoint.json")
    }

    /// What a runner in a window would have printed to standard error.
    pub fn log(&self) -> Utf8PathBuf {
        self.root.join("ap.log")
    }

    pub fn progress(&self) -> Utf8PathBuf {
        self.root.join(if self.branch {
            "progress.md".to_owned()
        } else {
            format!("progress-{}.md", self.session)
        })
    }

    /// `parallel-02-duel`: of a block, whose index is that of its step.
    pub fn block(&self, step: u32, block: &NodeId) -> Utf8PathBuf {
        self.root.join(block_name(step, block))
    }

    /// What the branches of a block put out, once all of them are done.
    pub fn manifest(&self, step: u32, block: &NodeId) -> Utf8PathBuf {
        self.block(step, block).join("manifest.json")
    }

    /// The run directory of a branch of a block.
    pub fn branch(&self, step: u32, block: &NodeId, branch: &NodeId) -> Self {
        let inside = Utf8PathBuf::from(block_name(step, block))
            .join("providers")
            .join(branch.as_str());
        Self {
            root: self.root.join(&inside),
            session: self.session.clone(),
            in_exchange: self.in_exchange.join(&inside),
            branch: true,
            kept: self.kept.as_ref().map(|kept| kept.join(&inside)),
        }
    }

    /// The run directories of all branches there are.
    pub fn branches(&self) -> Vec<Self> {
        let folders = |folder: &Utf8Path| {
            let entries = folder.read_dir_utf8().into_iter().flatten().flatten();
            entries
                .filter(|entry| entry.file_type().is_ok_and(|kind| kind.is_dir()))
                .map(|entry| entry.file_name().to_owned())
                .collect::<Vec<_>>()
        };
        let blocks = folders(&self.root)
            .into_iter()
            .filter(|name| name.starts_with("parallel-"));
        let inside = |block: String| {
            let providers = Utf8PathBuf::from(block).join("providers");
            let names = folders(&self.root.join(&providers));
            names.into_iter().map(move |name| providers.join(name))
        };
        let branch = |inside: Utf8PathBuf| Self {
            root: self.root.join(&inside),
            session: self.session.clone(),
            in_exchange: self.in_exchange.join(&inside),
            branch: true,
            kept: self.kept.as_ref().map(|kept| kept.join(&inside)),
        };
        blocks.flat_map(inside).map(branch).collect()
    }

    /// Where a session is made that is not to be seen before all of it is there.
    pub fn draft(&self) -> Self {
        Self {
            root: self.root.with_file_name(format!(".draft-{}", self.session)),
            kept: None,
            ..self.clone()
        }
    }

    /// The tasks there were at the start, of a session that is recorded.
    pub fn tasks(&self) -> Utf8PathBuf {
        self.root.join("tasks.json")
    }

    /// Up to where an observer has reacted to the journal.
    pub fn observer_position(&self, observer: &str) -> Utf8PathBuf {
        self.root.join("observers").join(observer)
    }

    pub fn inbox(&self) -> Utf8PathBuf {
        self.root.join("inbox")
    }

    /// `stage-00-work`: the index is 0-based and has two digits.
    pub fn stage(&self, index: u32, node: &NodeId) -> Utf8PathBuf {
        self.root.join(format!("stage-{index:02}-{node}"))
    }

    /// `iterations/001`: 1-based, three digits, more when needed.
    pub fn iteration(&self, cursor: Cursor, node: &NodeId) -> IterationDir {
        IterationDir {
            root: self
                .stage(cursor.node, node)
                .join("iterations")
                .join(format!("{:03}", cursor.iteration)),
        }
    }
}

/// Returns the git folder that all working trees of a repository share, if `root` is one of them.
fn git_folder(root: &Utf8Path) -> Option<Utf8PathBuf> {
    let git = root.join(".git");
    if git.is_dir() {
        return Some(git);
    }
    let text = std::fs::read_to_string(&git).ok()?;
    let own = root.join(text.strip_prefix("gitdir:")?.trim());
    let shared = std::fs::read_to_string(own.join("commondir")).ok();
    let folder = shared.map_or_else(|| own.clone(), |to| own.join(to.trim()));
    folder.is_dir().then_some(folder)
}

/// Returns a project's folder in a folder of several projects.
fn kept_for(folder: &Utf8Path, root: &Utf8Path) -> Utf8PathBuf {
    let name = root.file_name().unwrap_or("root");
    let print = fingerprint(root.as_str());
    folder
        .join("kept-runs")
        .join(format!("{name}-{}", &print[..8]))
}

fn block_name(step: u32, block: &NodeId) -> String {
    format!("parallel-{step:02}-{block}")
}

/// The directory of one iteration.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct IterationDir {
    root: Utf8PathBuf,
}

impl IterationDir {
    pub fn root(&self) -> &Utf8Path {
        &self.root
    }

    /// The names of the files an attempt leaves, in the order they are archived.
    pub const ATTEMPT_FILES: [&str; 9] = [
        "status.json",
        "result.json",
        "output.md",
        "context.json",
        "prompt.md",
        "messages",
        "exit.json",
        "stderr.log",
        "stdout.log",
    ];

    pub fn context(&self) -> Utf8PathBuf {
        self.root.join("context.json")
    }

    pub fn prompt(&self) -> Utf8PathBuf {
        self.root.join("prompt.md")
    }

    pub fn status(&self) -> Utf8PathBuf {
        self.root.join("status.json")
    }

    /// What agents of older prompts write instead.
    pub fn result(&self) -> Utf8PathBuf {
        self.root.join("result.json")
    }

    pub fn output(&self) -> Utf8PathBuf {
        self.root.join("output.md")
    }

    /// The progress file as it was when the iteration was over, if it was not the same after the one before.
    pub fn progress(&self) -> Utf8PathBuf {
        self.root.join("progress.md")
    }

    /// Stands for a progress file that was too large to keep.
    pub fn progress_omitted(&self) -> Utf8PathBuf {
        self.root.join("progress.omitted")
    }

    pub fn stdout(&self) -> Utf8PathBuf {
        self.root.join("stdout.log")
    }

    pub fn stderr(&self) -> Utf8PathBuf {
        self.root.join("stderr.log")
    }

    /// An empty `stderr.log` for the next iteration, beside the folders of all.
    pub fn spare_stderr(&self) -> Utf8PathBuf {
        self.root.with_file_name(".stderr.log")
    }

    /// The folder of what the running agent is told.
    pub fn messages(&self) -> Utf8PathBuf {
        self.root.join("messages")
    }

    pub fn exit(&self) -> Utf8PathBuf {
        self.root.join("exit.json")
    }

    /// The tasks there were after it, of a session that is recorded.
    pub fn tasks(&self) -> Utf8PathBuf {
        self.root.join("tasks.json")
    }

    /// The folder of an earlier attempt's files.
    pub fn attempt(&self, attempt: u32) -> Utf8PathBuf {
        self.root.join("attempts").join(attempt.to_string())
    }
}
