//! What unit tests of queues share. What every provider must do is tested from outside, in `tests/it/queues`.
use super::error::Result;
use super::interface::{Claim, Queue};
use super::owner::Owner;
use super::queue_env::QueueEnv;
use super::registry::open;
use crate::model::{Env, Task};
use crate::plan::{QueueSource, QueueSpec};
use camino::{Utf8Path, Utf8PathBuf};

/// A folder that goes away with the first part.
pub(super) fn folder() -> (tempfile::TempDir, Utf8PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = Utf8PathBuf::from_path_buf(folder.path().canonicalize().unwrap()).unwrap();
    (folder, path)
}

/// A checklist in a folder of its own.
pub(super) struct Fixture {
    pub(super) queue: Box<dyn Queue>,
    pub(super) path: Utf8PathBuf,
    pub(super) _folder: tempfile::TempDir,
}

impl Fixture {
    pub(super) fn new(text: &str) -> Self {
        let (folder, at) = folder();
        let path = at.join("backlog.md");
        save(&path, text);
        let spec = QueueSpec::new(QueueSource::Backlog { path: path.clone() });
        Self {
            queue: open(
                &spec,
                &QueueEnv {
                    project: at,
                    env: Env::default(),
                },
            ),
            path,
            _folder: folder,
        }
    }

    pub(super) fn text(&self) -> String {
        fs_err::read_to_string(&self.path).unwrap()
    }
}

pub(super) fn save(path: &Utf8Path, text: &str) {
    crate::store::atomic::replace(path, text.as_bytes()).unwrap();
}

pub(super) fn agent(session: &str, iteration: u32) -> Owner {
    Owner::agent(session.parse().unwrap(), "r1".parse().unwrap(), iteration)
}

pub(super) fn won(claim: Result<Claim>) -> Task {
    match claim.unwrap() {
        Claim::Won(task) => task,
        other => panic!("not won: {other:?}"),
    }
}
