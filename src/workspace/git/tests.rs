//! Against real repositories of each kind.
use super::*;
use fs_err as fs;
use std::sync::atomic::{AtomicU32, Ordering};

struct Repository {
    _folder: tempfile::TempDir,
    root: Utf8PathBuf,
    env: Env,
    commits: AtomicU32,
}

impl Repository {
    /// Makes a repository with one commit.
    fn new(init: &[&str]) -> Self {
        let repository = Self::without_git();
        repository.git(&[&["init", "-q"], init].concat());
        repository.write("file", b"one");
        repository.git(&["add", "-A"]);
        repository.commit();
        repository
    }

    fn without_git() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let root = Utf8PathBuf::from_path_buf(folder.path().canonicalize().unwrap()).unwrap();
        let root = root.join("a project");
        fs::create_dir(&root).unwrap();
        let own = [
            ("GIT_CONFIG_GLOBAL", "/dev/null"),
            ("GIT_CONFIG_NOSYSTEM", "1"),
            ("GIT_AUTHOR_NAME", "Ann"),
            ("GIT_AUTHOR_EMAIL", "ann@example.com"),
            ("GIT_COMMITTER_NAME", "Ann"),
            ("GIT_COMMITTER_EMAIL", "ann@example.com"),
        ];
        let mut env = Env::default();
        env.insert("PATH".to_owned(), std::env::var("PATH").unwrap());
        env.extend(own.map(|(name, value)| (name.to_owned(), value.to_owned())));
        Self {
            _folder: folder,
            root,
            env,
            commits: AtomicU32::new(0),
        }
    }

    fn git(&self, args: &[&str]) -> String {
        call(&self.root, &self.env, args).unwrap()
    }

    fn commit(&self) {
        let number = self.commits.fetch_add(1, Ordering::Relaxed).to_string();
        self.git(&["commit", "-q", "--allow-empty", "-m", &number]);
    }

    fn write(&self, name: &str, content: &[u8]) {
        crate::store::atomic::replace(&self.root.join(name), content).unwrap();
    }

    fn asked(&self) -> Git {
        self.asked_in(&self.root)
    }

    fn asked_in(&self, root: &Utf8Path) -> Git {
        let program = crate::exec::command::find_program("git", self.env.get("PATH"), root);
        Git::new(root, program, &self.env)
    }
}

fn wait<T>(future: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    runtime.block_on(future)
}

fn head(git: &mut Git) -> Option<String> {
    wait(git.head()).unwrap().commit
}

fn status(git: &Git) -> WorkTree {
    wait(git.status()).unwrap()
}

/// Each of these must be noticed, however it is stored.
fn follows_every_commit(repository: &Repository, root: &Utf8Path) {
    let mut git = repository.asked_in(root);
    let run = |args: &[&str]| call(root, &repository.env, args).unwrap();
    let current = || {
        call(root, &repository.env, &["rev-parse", "HEAD"])
            .unwrap()
            .trim()
            .to_owned()
    };
    let mut seen = std::collections::BTreeSet::new();
    for step in 0..5 {
        match step {
            0 => (),
            1 => drop(run(&["commit", "-q", "--allow-empty", "-m", "next"])),
            2 => drop(run(&["checkout", "-q", "-b", "other"])),
            3 => {
                run(&["commit", "-q", "--allow-empty", "-m", "on the other"]);
                run(&["pack-refs", "--all"]);
            }
            _ => drop(run(&[
                "commit",
                "-q",
                "--allow-empty",
                "-m",
                "packed before",
            ])),
        }
        assert_eq!(head(&mut git), Some(current()), "step {step}");
        head(&mut git);
        assert!(git.head.is_current(&git.head.stamps()), "step {step}");
        assert_eq!(status(&git).commit, Some(current()), "step {step}");
        seen.insert(current());
    }
    assert_eq!(seen.len(), 4);
}

#[test]
fn every_commit_is_noticed() {
    let repository = Repository::new(&[]);
    follows_every_commit(&repository, &repository.root);
}

#[test]
fn every_commit_is_noticed_without_a_reflog() {
    let repository = Repository::new(&[]);
    repository.git(&["config", "core.logAllRefUpdates", "false"]);
    fs::remove_dir_all(repository.root.join(".git/logs")).unwrap();
    follows_every_commit(&repository, &repository.root);
}

#[test]
fn every_commit_is_noticed_in_a_linked_worktree() {
    let repository = Repository::new(&[]);
    let linked = repository.root.with_file_name("linked");
    repository.git(&["worktree", "add", "-q", linked.as_str()]);
    follows_every_commit(&repository, &linked);
}

#[test]
fn every_commit_is_noticed_in_a_reftable_repository() {
    let repository = Repository::without_git();
    if call(
        &repository.root,
        &repository.env,
        &["init", "-q", "--ref-format=reftable"],
    )
    .is_err()
    {
        // Git before 2.45 has no such format.
        return;
    }
    repository.commit();
    follows_every_commit(&repository, &repository.root);
    let linked = repository.root.with_file_name("linked");
    repository.git(&["worktree", "add", "-q", "-b", "third", linked.as_str()]);
    call(
        &linked,
        &repository.env,
        &["commit", "-q", "--allow-empty", "-m", "linked"],
    )
    .unwrap();
    let mut git = repository.asked_in(&linked);
    let before = head(&mut git);
    call(
        &linked,
        &repository.env,
        &["commit", "-q", "--allow-empty", "-m", "again"],
    )
    .unwrap();
    assert_ne!(head(&mut git), before);
    assert_eq!(head(&mut git), status(&git).commit);
}

#[test]
fn a_repository_without_a_commit_has_none_until_the_first() {
    let repository = Repository::without_git();
    repository.git(&["init", "-q"]);
    let mut git = repository.asked();
    assert_eq!(head(&mut git), None);
    assert_eq!(status(&git).commit, None);
    repository.commit();
    assert_eq!(head(&mut git), status(&git).commit);
    assert!(head(&mut git).is_some());
}

#[test]
fn a_folder_outside_git_shows_nothing() {
    let repository = Repository::without_git();
    let mut git = repository.asked();
    assert_eq!(wait(git.head()), None);
    assert_eq!(wait(git.status()), None);
}

#[test]
fn a_broken_repository_or_a_missing_git_is_unknown() {
    let repository = Repository::new(&[]);
    let mut missing = Git::new(&repository.root, None, &repository.env);
    assert_eq!(wait(missing.head()), Some(WorkTree::default()));
    assert_eq!(wait(missing.status()), Some(WorkTree::default()));
    repository.write(".git/HEAD", b"nonsense");
    let mut broken = repository.asked();
    assert_eq!(wait(broken.head()), Some(WorkTree::default()));
    assert_eq!(wait(broken.status()), Some(WorkTree::default()));
}

#[test]
fn a_change_of_a_binary_file_is_a_change() {
    let repository = Repository::new(&[]);
    let git = repository.asked();
    assert_eq!(status(&git).changes.as_deref(), Some(""));
    let changes = [b"\xfe\x00".as_slice(), b"\xff\x00", b"\xff\x00"].map(|content| {
        repository.write("file", content);
        status(&git).changes
    });
    assert_ne!(changes[0], changes[1]);
    assert_eq!(changes[1], changes[2]);
}

#[test]
fn a_change_of_a_file_whose_name_is_not_utf8_is_a_change() {
    use std::os::unix::ffi::OsStrExt as _;
    let repository = Repository::new(&[]);
    let git = repository.asked();
    let name = std::ffi::OsStr::from_bytes(b"\xe4.bin");
    let path = repository.root.as_std_path().join(name);
    let write = |content: &str| {
        use std::io::Write as _;
        fs::File::create(&path)
            .unwrap()
            .write_all(content.as_bytes())
            .unwrap();
        status(&git).changes
    };
    assert_ne!(write("one"), write("two"));
}

#[test]
fn files_of_agents_and_queues_do_not_count_as_changes() {
    let repository = Repository::new(&[]);
    for folder in WorkTree::EXCLUDED {
        fs::create_dir(repository.root.join(folder)).unwrap();
        repository.write(&format!("{folder}/notes"), b"x");
    }
    assert_eq!(status(&repository.asked()).changes.as_deref(), Some(""));
}

#[test]
fn the_effect_of_an_iteration_counts_commits_and_files() {
    let repository = Repository::new(&[]);
    let git = repository.asked();
    let effect = |before: &WorkTree, after: &WorkTree| {
        let effect = wait(git.effect(Some(before), Some(after)));
        (effect.commits, effect.files)
    };
    let start = status(&git);
    assert_eq!(effect(&start, &start), (Some(0), Some(0)), "nothing");
    repository.write("file", b"two");
    repository.write("other", b"new");
    let dirty = status(&git);
    assert_eq!(effect(&start, &dirty), (Some(0), Some(2)), "two files");
    repository.git(&["add", "-A"]);
    repository.commit();
    repository.write("file", b"three");
    repository.git(&["add", "-A"]);
    repository.commit();
    repository.write("file", b"four");
    let after = status(&git);
    assert_eq!(effect(&start, &after), (Some(2), Some(3)), "two commits");
    repository.git(&["reset", "-q", "--hard", "HEAD~2"]);
    assert_eq!(effect(&after, &status(&git)), (Some(0), Some(0)), "undone");
    assert_eq!(wait(git.effect(None, None)), IterationEffect::default());
    let head = WorkTree {
        changes: None,
        files: None,
        ..start.clone()
    };
    assert_eq!(
        effect(&head, &head),
        (Some(0), None),
        "only the commit is known"
    );
}

#[tokio::test]
async fn commits_and_changes_in_repositories_inside_the_project_count() {
    for outer in [false, true] {
        let repository = if outer {
            Repository::new(&[])
        } else {
            Repository::without_git()
        };
        let git = Git::new(&repository.root, Some("git".into()), &repository.env);
        assert_eq!(git.status().await.is_some(), outer);
        let inside = |args: &[&str]| {
            let args = [&["-C", "services/api"], args].concat();
            repository.git(&args)
        };
        fs::create_dir_all(repository.root.join("services/api")).unwrap();
        inside(&["init", "-q"]);
        let mut seen = vec![git.status().await];
        inside(&["commit", "-q", "--allow-empty", "-m", "one"]);
        seen.push(git.status().await);
        repository.write("services/api/file", b"two");
        seen.push(git.status().await);
        inside(&["add", "-A"]);
        inside(&["commit", "-q", "-m", "two"]);
        inside(&["pack-refs", "--all"]);
        seen.push(git.status().await);
        inside(&["commit", "-q", "--allow-empty", "-m", "three"]);
        seen.push(git.status().await);
        for pair in seen.windows(2) {
            assert!(
                !WorkTree::same(pair[0].as_ref(), pair[1].as_ref()),
                "{pair:?}"
            );
        }
        let last = seen.last().unwrap().as_ref();
        assert!(WorkTree::same(last, git.status().await.as_ref()));
    }
}
