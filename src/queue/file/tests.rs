use super::super::backlog::Backlog;
use super::*;
use crate::model::Verdict;
use crate::plan::{QueueProvider, QueueSpec};
use crate::queue::contract::{Fixture, PROVIDERS, agent, folder, save, won};
use crate::queue::open;
use std::cell::Cell;
use std::os::unix::fs::PermissionsExt as _;

#[test]
fn a_file_half_saved_is_not_believed() {
    for half in ["", "- [x] a\n"] {
        let (_keep, folder) = folder();
        let path = folder.join("backlog.md");
        save(&path, half);
        let queue = FileQueue::<Backlog>::new(path.clone());
        let looks = Cell::new(0);
        let census = queue.look(
            || {
                let found = queue.read().map(|(items, claims)| count(&items, &claims, &|_| true));
                // The editor goes on after our first look.
                (looks.replace(looks.get() + 1) == 0).then(|| save(&path, "- [x] a\n- [ ] b\n"));
                found
            },
            |census| census.total > census.closed,
        );
        let verdict = census.unwrap().verdict("tasks");
        assert_eq!(verdict, Verdict::Work { ready: 1, left: 1 }, "{half:?}");
    }
}

#[test]
fn a_file_that_never_rests_is_busy() {
    let (_keep, folder) = folder();
    let path = folder.join("backlog.md");
    save(&path, "");
    let queue = FileQueue::<Backlog>::new(path.clone());
    let looks = Cell::new(0);
    let look = || {
        looks.set(looks.get() + 1);
        save(&path, &"\n".repeat(looks.get()));
        Ok(())
    };
    assert_eq!(queue.look(look, |()| false).unwrap_err().problem, Problem::Busy);
}

#[test]
fn a_task_reworded_while_held_says_what_it_was() {
    let fixture = Fixture::with(PROVIDERS[0], "- [ ] Add login\n");
    let task = won(fixture.queue.claim(None, &agent("s", 1)));
    save(&fixture.path, "- [ ] Add logout\n");
    let error = fixture.queue.close(&task.id, Some(&agent("s", 1)), "").unwrap_err();
    assert!(error.what.contains("Add login") && error.next.contains("ap queue ready"), "{error}");
    assert_eq!(fixture.text(), "- [ ] Add logout\n");
}

#[test]
fn an_outer_task_is_not_closed_before_its_subtasks() {
    let fixture = Fixture::with(PROVIDERS[0], "- [ ] outer (#o)\n  - [ ] inner (#i)\n");
    let error = fixture.queue.close("o", None, "").unwrap_err();
    assert!(error.what.contains("has open subtasks: i"), "{error}");
    fixture.queue.close("i", None, "").unwrap();
    fixture.queue.close("o", None, "").unwrap();
    assert_eq!(fixture.text(), "- [x] outer (#o)\n  - [x] inner (#i)\n");
}

#[test]
fn what_is_blocked_or_begun_by_hand_does_not_count_as_done() {
    let verdict = |text: &str| Fixture::with(PROVIDERS[0], text).verdict();
    assert_eq!(verdict("- [x] a\n- [-] b\n"), r#"{"kind":"done","closed":2}"#);
    assert_eq!(verdict("- [x] a\n- [~] b\n"), r#"{"kind":"wait","held":1}"#);
    assert_eq!(verdict("- [x] a\n- [] b (#b)\n"), r#"{"kind":"stalled","blocked":["b: has no plain space in its box: write `[ ]`"]}"#);
}

#[test]
fn mode_and_symlink_survive_a_close() {
    for provider in PROVIDERS {
        let fixture = Fixture::new(provider, &[("a", false)]);
        fs::set_permissions(&fixture.path, std::fs::Permissions::from_mode(0o640)).unwrap();
        let link = fixture.path.with_file_name("link");
        fs::os::unix::fs::symlink(&fixture.path, &link).unwrap();
        let linked = open(&QueueSpec { provider: provider.kind, path: link.clone(), max_wait_s: 0 });
        won(linked.claim(None, &agent("s", 1)));
        assert_eq!(fixture.queue.show("a").unwrap().owner.as_deref(), Some("pipeline/s/1"), "both paths know of the claim");
        linked.close("a", None, "").unwrap();
        assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
        assert_eq!(fs::metadata(&fixture.path).unwrap().permissions().mode() & 0o777, 0o640);
        assert_eq!(fixture.queue.show("a").unwrap().state, State::Closed);
        let left = fs::read_dir(fixture.path.parent().unwrap()).unwrap().count();
        assert_eq!(left, 3, "file, link and .agent-pipelines: no draft is left behind");
    }
}

#[test]
fn what_we_keep_beside_the_file_ignores_itself_in_git() {
    for provider in PROVIDERS {
        let fixture = Fixture::new(provider, &[("a", false)]);
        won(fixture.queue.claim(None, &agent("s", 1)));
        assert_eq!(fs::read_to_string(fixture.path.with_file_name(".agent-pipelines/.gitignore")).unwrap(), "*\n");
    }
}

#[test]
fn looking_changes_nothing() {
    for provider in PROVIDERS {
        let fixture = Fixture::new(provider, &[("a", false)]);
        fixture.verdict();
        fixture.queue.next().unwrap();
        fixture.queue.show("a").unwrap();
        fixture.settle(&OwnerPattern::all("s".parse().unwrap()));
        assert_eq!(fs::read_dir(fixture.path.parent().unwrap()).unwrap().count(), 1);
    }
}

#[test]
fn titles_of_any_kind_come_through() {
    for provider in PROVIDERS {
        for title in
            ["“Quotes” 'and' \"these\" `too`", "\u{1b}[31mred\u{1b}[0m", "🦀 emoji ünï", "a [link](http://x) (#", "$(rm -rf ~) \\n; --json"]
        {
            let text = match provider.kind {
                QueueProvider::Backlog => format!("\u{feff}# Tasks\r\n\r\n* [ ] {title} (#a)\r\n"),
                QueueProvider::Prd => serde_json::json!({ "userStories": [{ "id": "a", "title": title }] }).to_string(),
            };
            let fixture = Fixture::with(provider, &text);
            assert_eq!(won(fixture.queue.claim(None, &agent("s", 1))).title, title);
            fixture.queue.close("a", None, title).unwrap();
            assert_eq!(fixture.queue.show("a").unwrap().title, title);
        }
    }
}

#[test]
fn what_is_no_file_is_refused_and_not_waited_for() {
    for provider in PROVIDERS {
        let (_keep, folder) = folder();
        let pipe = folder.join("pipe");
        nix::unistd::mkfifo(pipe.as_std_path(), nix::sys::stat::Mode::S_IRWXU).unwrap();
        for path in [folder.clone(), pipe] {
            let queue = open(&QueueSpec { provider: provider.kind, path, max_wait_s: 0 });
            assert_eq!(queue.census(&|_| true).unwrap_err().problem, Problem::Unavailable);
            assert_eq!(queue.claim(None, &agent("s", 1)).unwrap_err().problem, Problem::Unavailable);
        }
    }
}
