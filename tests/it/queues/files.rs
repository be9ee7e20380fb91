//! Queues in files: the ones that the contract tests use, and tests that apply to files only.
use super::{Made, Put, Stage, agent, lives, provider};
use agent_pipelines::model::{Env, TaskState};
use agent_pipelines::plan::{QueueSource, QueueSpec};
use agent_pipelines::queue::{Owner, QueueEnv, QueueErrorKind, open};
use agent_pipelines::store::atomic;
use camino::{Utf8Path, Utf8PathBuf};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::os::unix::fs::PermissionsExt as _;
use tempfile::TempDir;

/// A folder with a file of tasks.
struct FileStage {
    _folder: TempDir,
    path: Utf8PathBuf,
}

pub(super) fn backlog(name: &'static str) -> Box<dyn Stage> {
    staged(name, "# Tasks\n")
}

pub(super) fn prd(name: &'static str) -> Box<dyn Stage> {
    staged(name, r#"{"project": "x", "userStories": []}"#)
}

fn staged(name: &str, text: &str) -> Box<dyn Stage> {
    let folder = tempfile::Builder::new()
        .prefix("queue tests ")
        .tempdir()
        .expect("a temporary folder");
    let top = Utf8PathBuf::from_path_buf(folder.path().canonicalize().expect("it is there"))
        .expect("a UTF-8 path");
    let stage = FileStage {
        _folder: folder,
        path: top.join(name),
    };
    save(&stage.path, text);
    Box::new(stage)
}

fn save(path: &Utf8Path, text: &str) {
    atomic::replace(path, text.as_bytes()).expect("a file");
}

impl FileStage {
    fn text(&self) -> String {
        fs_err::read_to_string(&self.path).expect("the file")
    }

    fn is_prd(&self) -> bool {
        self.path.extension() == Some("json")
    }

    /// Puts a sign into the box of a task, or removes its line.
    fn mark(&self, id: &str, sign: Option<char>) {
        let end = format!(" (#{id})");
        let line = |line: &str| match sign {
            _ if !line.ends_with(&end) => Some(format!("{line}\n")),
            Some(sign) => Some(format!("- [{sign}]{}\n", &line[5..])),
            None => None,
        };
        save(
            &self.path,
            &self.text().lines().filter_map(line).collect::<String>(),
        );
    }

    fn change(&self, change: impl FnOnce(&mut Vec<Value>)) {
        let mut prd: Value = serde_json::from_str(&self.text()).expect("JSON");
        change(prd["userStories"].as_array_mut().expect("stories"));
        save(&self.path, &prd.to_string());
    }

    fn held(&self, id: &str) -> Option<String> {
        let claims = self.path.with_file_name(format!(
            ".agent-pipelines/.claims/{}.json",
            self.path.file_name()?
        ));
        let claims: Value = serde_json::from_slice(&fs_err::read(claims).ok()?).ok()?;
        claims["claims"][id]["owner"].as_str().map(str::to_owned)
    }
}

impl Stage for FileStage {
    fn source(&self) -> QueueSource {
        QueueSource::file(self.path.clone())
    }

    fn at(&self) -> QueueEnv {
        QueueEnv {
            project: self.path.parent().expect("a folder").to_owned(),
            env: Env::default(),
        }
    }

    fn make(&self, tasks: &[Made<'_>]) -> Vec<String> {
        if self.is_prd() {
            let story = |task: &Made<'_>| json!({ "id": task.name, "title": task.title, "passes": task.closed });
            self.change(|stories| stories.extend(tasks.iter().map(story)));
        } else {
            let line = |task: &Made<'_>| {
                format!(
                    "- [{}] {} (#{})\n",
                    if task.closed { 'x' } else { ' ' },
                    task.title,
                    task.name
                )
            };
            save(
                &self.path,
                &(self.text() + &tasks.iter().map(line).collect::<String>()),
            );
        }
        tasks.iter().map(|task| task.name.to_owned()).collect()
    }

    fn put(&self, id: &str, to: Put<'_>) -> bool {
        let passes = |passes: bool| {
            let its = |story: &&mut Value| story["id"] == id;
            self.change(|stories| {
                stories
                    .iter_mut()
                    .filter(its)
                    .for_each(|story| story["passes"] = passes.into());
            });
        };
        match (self.is_prd(), to) {
            (false, Put::Open) => self.mark(id, Some(' ')),
            (false, Put::Closed) => self.mark(id, Some('x')),
            (false, Put::HeldBy(_)) => self.mark(id, Some('~')),
            (false, Put::Blocked) => self.mark(id, Some('!')),
            (false, Put::Deleted) => self.mark(id, None),
            (true, Put::Open) => passes(false),
            (true, Put::Closed) => passes(true),
            (true, Put::Deleted) => {
                self.change(|stories| stories.retain(|story| story["id"] != id));
            }
            (false, Put::Held) | (true, Put::HeldBy(_) | Put::Held | Put::Blocked) => return false,
        }
        true
    }

    fn truth(&self, id: &str) -> (String, Option<String>) {
        let text = self.text();
        let sign = if self.is_prd() {
            let prd: Value = serde_json::from_str(&text).expect("JSON");
            let story = prd["userStories"]
                .as_array()
                .expect("stories")
                .iter()
                .find(|story| story["id"] == id)
                .expect("the story");
            if story["passes"] == true { 'x' } else { ' ' }
        } else {
            let line = text
                .lines()
                .find(|line| line.ends_with(&format!(" (#{id})")))
                .expect("the task");
            line.chars().nth(3).expect("a sign")
        };
        let held = self.held(id);
        let word = match sign {
            'x' => "closed",
            '!' => "blocked",
            '~' => "held",
            _ if held.is_some() => "held",
            _ => "open",
        };
        (word.to_owned(), held)
    }

    fn vanish(&self) {
        fs_err::remove_file(&self.path).expect("it goes");
    }

    fn closings(&self) -> Option<BTreeMap<String, usize>> {
        let log = self.path.with_file_name(format!(
            ".agent-pipelines/.claims/{}.log",
            self.path.file_name().expect("a name")
        ));
        let mut closings = BTreeMap::new();
        for line in fs_err::read_to_string(log).expect("the log").lines() {
            let line: Value = serde_json::from_str(line).expect("a line of JSON");
            if line["what"] == "closed" {
                *closings
                    .entry(line["id"].as_str().expect("an id").to_owned())
                    .or_default() += 1;
            }
        }
        Some(closings)
    }

    fn set(&mut self, _name: &str, _value: &str) {}
}

fn path(world: &super::World) -> Utf8PathBuf {
    world.spec.source.path().expect("a file").to_owned()
}

fn entries(path: &Utf8Path) -> usize {
    fs_err::read_dir(path.parent().expect("a folder"))
        .expect("the folder")
        .count()
}

#[test]
fn mode_and_symlink_survive_a_close() {
    for name in ["backlog.md", "prd.json"] {
        let world = provider(name).open(&["a"]);
        let path = path(&world);
        fs_err::set_permissions(&path, std::fs::Permissions::from_mode(0o640)).unwrap();
        let link = path.with_file_name(format!("link.{}", path.extension().unwrap()));
        fs_err::os::unix::fs::symlink(&path, &link).unwrap();
        let linked = open(
            &QueueSpec::new(QueueSource::file(link.clone())),
            &world.stage.at(),
        );
        linked.claim(None, &agent("s", 1)).unwrap();
        assert_eq!(
            world.queue.show("a").unwrap().owner.as_deref(),
            Some("pipeline/s/r1/1"),
            "both paths know of the claim"
        );
        linked.close("a", None, "").unwrap();
        assert!(fs_err::symlink_metadata(&link).unwrap().is_symlink());
        assert_eq!(
            fs_err::metadata(&path).unwrap().permissions().mode() & 0o777,
            0o640
        );
        assert_eq!(world.truth("a"), ("closed".to_owned(), None));
        assert_eq!(
            entries(&path),
            3,
            "file, link and .agent-pipelines: no draft is left behind"
        );
    }
}

#[test]
fn the_claims_folder_is_ignored_by_git() {
    for name in ["backlog.md", "prd.json"] {
        let world = provider(name).open(&["a"]);
        world.take(None, &agent("s", 1));
        assert_eq!(
            fs_err::read_to_string(path(&world).with_file_name(".agent-pipelines/.gitignore"))
                .unwrap(),
            "*\n"
        );
    }
}

#[test]
fn a_run_that_joins_is_out_of_git_from_the_start() {
    use agent_pipelines::store::layout::Project;
    for name in ["backlog.md", "prd.json"] {
        let world = provider(name).open(&["a"]);
        let project = Project::new(world.stage.at().project);
        agent_pipelines::queue::register_run(
            &*world.queue,
            &"s".parse().unwrap(),
            &"r1".parse().unwrap(),
            &project,
        )
        .unwrap();
        assert_eq!(
            fs_err::read_to_string(path(&world).with_file_name(".agent-pipelines/.gitignore"))
                .unwrap(),
            "*\n"
        );
    }
}

#[test]
fn looking_changes_nothing() {
    for name in ["backlog.md", "prd.json"] {
        let world = provider(name).open(&["a"]);
        world.status();
        world.queue.next().unwrap();
        world.queue.show("a").unwrap();
        world.settle();
        assert_eq!(entries(&path(&world)), 1);
    }
}

#[test]
fn paths_that_are_not_files_are_refused_at_once() {
    for name in ["backlog.md", "prd.json"] {
        let world = provider(name).open(&[]);
        let pipe =
            path(&world).with_file_name(format!("pipe.{}", path(&world).extension().unwrap()));
        nix::unistd::mkfifo(pipe.as_std_path(), nix::sys::stat::Mode::S_IRWXU).unwrap();
        for path in [world.stage.at().project, pipe] {
            let queue = open(&QueueSpec::new(QueueSource::file(path)), &world.stage.at());
            assert_eq!(
                queue.counts(&lives).unwrap_err().kind,
                QueueErrorKind::Unavailable
            );
            assert_eq!(
                queue.claim(None, &agent("s", 1)).unwrap_err().kind,
                QueueErrorKind::Unavailable
            );
        }
    }
}

#[test]
fn a_file_that_is_not_text_is_unknown() {
    for name in ["backlog.md", "prd.json"] {
        let world = provider(name).open(&[]);
        atomic::replace(&path(&world), b"- [ ] \xff").unwrap();
        assert!(
            world.settle().0.contains("not UTF-8"),
            "{}",
            world.settle().0
        );
    }
}

#[test]
fn a_task_begun_by_hand_cannot_be_claimed() {
    let world = provider("backlog.md").open(&["a"]);
    world.put("a", Put::HeldBy("a user"));
    let lost = world.claim(Some("a"), &agent("s", 1)).unwrap();
    assert_eq!(
        lost,
        agent_pipelines::queue::Claim::Lost {
            by: Owner::user("unknown").to_string()
        }
    );
    assert_eq!(world.queue.show("a").unwrap().state, TaskState::Held);
}
