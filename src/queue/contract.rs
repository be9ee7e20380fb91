//! What every provider must do: one suite, run over each.
use super::*;
use camino::{Utf8Path, Utf8PathBuf};
use fs_err as fs;
use insta::assert_snapshot;

/// A folder that goes away with the first part.
pub(super) fn folder() -> (tempfile::TempDir, Utf8PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = Utf8PathBuf::from_path_buf(folder.path().canonicalize().unwrap()).unwrap();
    (folder, path)
}

/// How a provider's tasks are written down for a test.
#[derive(Clone, Copy, Debug)]
pub(super) struct Provider {
    pub(super) kind: QueueProvider,
    pub(super) file: &'static str,
    pub(super) write: fn(&[(&str, bool)]) -> String,
}

pub(super) const PROVIDERS: [Provider; 2] = [
    Provider { kind: QueueProvider::Backlog, file: "backlog.md", write: checklist },
    Provider { kind: QueueProvider::Prd, file: "prd.json", write: stories },
];

fn checklist(tasks: &[(&str, bool)]) -> String {
    tasks.iter().map(|(id, closed)| format!("- [{}] Task {id} (#{id})\n", if *closed { 'x' } else { ' ' })).collect()
}

fn stories(tasks: &[(&str, bool)]) -> String {
    let story = |(id, passes): &(&str, bool)| serde_json::json!({ "id": id, "title": format!("Task {id}"), "passes": passes });
    serde_json::json!({ "userStories": tasks.iter().map(story).collect::<Vec<_>>() }).to_string()
}

/// A queue in a folder of its own.
pub(super) struct Fixture {
    pub(super) queue: Box<dyn Queue>,
    pub(super) path: Utf8PathBuf,
    pub(super) _folder: tempfile::TempDir,
}

impl Fixture {
    pub(super) fn new(provider: Provider, tasks: &[(&str, bool)]) -> Self {
        Self::with(provider, &(provider.write)(tasks))
    }

    pub(super) fn with(provider: Provider, text: &str) -> Self {
        let (folder, path) = folder();
        let path = path.join(provider.file);
        save(&path, text);
        let spec = QueueSpec { provider: provider.kind, path: path.clone(), max_wait_s: 0 };
        Self { queue: open(&spec), path, _folder: folder }
    }

    pub(super) fn text(&self) -> String {
        fs::read_to_string(&self.path).unwrap()
    }

    /// The verdict as one line; iterations of session `live` are alive.
    pub(super) fn verdict(&self) -> String {
        let alive = |owner: &Owner| matches!(owner, Owner::Agent { session, .. } if session.as_str() == "live");
        match self.queue.census(&alive).map(|census| census.verdict("tasks")) {
            Ok(verdict) => serde_json::to_string(&verdict).unwrap(),
            Err(error) => format!("{:?}", error.problem),
        }
    }

    pub(super) fn settle(&self, of: &OwnerPattern) -> (Verdict, Vec<String>) {
        settle(&*self.queue, of, &|_| false)
    }
}

pub(super) fn save(path: &Utf8Path, text: &str) {
    crate::store::atomic::replace(path, text.as_bytes()).unwrap();
}

pub(super) fn agent(session: &str, iteration: u32) -> Owner {
    Owner::agent(session.parse().unwrap(), iteration)
}

pub(super) fn won(claim: Result<Claim>) -> Task {
    match claim.unwrap() {
        Claim::Won(task) => task,
        other => panic!("not won: {other:?}"),
    }
}

#[test]
fn every_state_has_its_verdict() {
    for provider in PROVIDERS {
        let of = |tasks: &[(&str, bool)]| Fixture::new(provider, tasks);
        let held = |tasks: &[(&str, bool)], by: &[(&str, Owner)]| {
            let fixture = of(tasks);
            by.iter().for_each(|(id, owner)| drop(won(fixture.queue.claim(Some(id), owner))));
            fixture
        };
        let (live, dead) = (|| agent("live", 1), || agent("dead", 1));
        let gone = of(&[]);
        fs::remove_file(&gone.path).unwrap();
        let not_text = of(&[]);
        crate::store::atomic::replace(&not_text.path, b"- [ ] \xff").unwrap();
        let states = [
            ("no file", gone),
            ("no tasks", of(&[])),
            ("one ready", of(&[("a", false)])),
            ("all closed", of(&[("a", true), ("b", true)])),
            ("held by a live agent", held(&[("a", false)], &[("a", live())])),
            ("held by a dead agent", held(&[("a", false)], &[("a", dead())])),
            ("held by a person", held(&[("a", false)], &[("a", Owner::person("ann"))])),
            ("held by both", held(&[("a", false), ("b", false)], &[("a", live()), ("b", dead())])),
            ("held and closed", held(&[("a", false), ("b", true)], &[("a", live())])),
            ("held and ready", held(&[("a", false), ("b", false)], &[("a", dead())])),
            ("12 ready", of(&["a", "b", "c", "d", "e", "f", "g", "h", "i", "j", "k", "l"].map(|id| (id, false)))),
            ("not text", not_text),
        ];
        let told: String = states.iter().map(|(name, fixture)| format!("{name:<22}{}\n", fixture.verdict())).collect();
        insta::allow_duplicates! { assert_snapshot!(told, @r#"
        no file               Unavailable
        no tasks              {"kind":"no_items","looked_for":"tasks"}
        one ready             {"kind":"work","ready":1,"left":1}
        all closed            {"kind":"done","closed":2}
        held by a live agent  {"kind":"wait","held":1}
        held by a dead agent  {"kind":"release_stale","ids":["a"]}
        held by a person      {"kind":"wait","held":1}
        held by both          {"kind":"release_stale","ids":["b"]}
        held and closed       {"kind":"wait","held":1}
        held and ready        {"kind":"work","ready":1,"left":2}
        12 ready              {"kind":"work","ready":12,"left":12}
        not text              Protocol
        "#) }
    }
}

#[test]
fn a_claim_has_one_owner() {
    for provider in PROVIDERS {
        let Fixture { queue, _folder, .. } = Fixture::new(provider, &[("a", false), ("b", false), ("c", true)]);
        let (one, two) = (agent("s", 1), agent("s", 2));
        let task = won(queue.claim(None, &one));
        assert_eq!(
            (task.id.as_str(), task.title.as_str(), task.state, task.owner.as_deref()),
            ("a", "Task a", State::Held, Some("pipeline/s/1"))
        );
        assert_eq!(queue.claim(Some("a"), &two), Ok(Claim::Lost { by: "pipeline/s/1".into() }));
        assert_eq!(won(queue.claim(Some("#a"), &one)).id, "a", "the same claim again");
        assert_eq!(won(queue.claim(None, &one)).id, "a", "an agent's next claim is the one it has");
        assert_eq!(won(queue.claim(None, &two)).id, "b");
        assert_eq!(queue.claim(None, &agent("s", 3)), Ok(Claim::None));
        assert_eq!(queue.claim(Some("c"), &one).unwrap_err().problem, Problem::Rejected);
        assert_eq!(queue.claim(Some("nope"), &one).unwrap_err().problem, Problem::Rejected);
    }
}

#[test]
fn a_person_who_claims_twice_gets_two_tasks() {
    for provider in PROVIDERS {
        let Fixture { queue, _folder, .. } = Fixture::new(provider, &[("a", false), ("b", false)]);
        let ann = Owner::person("ann");
        assert_eq!((won(queue.claim(None, &ann)).id, won(queue.claim(None, &ann)).id), ("a".into(), "b".into()));
    }
}

#[test]
fn a_task_is_released_by_its_owner_only() {
    for provider in PROVIDERS {
        let Fixture { queue, _folder, .. } = Fixture::new(provider, &[("a", false)]);
        won(queue.claim(None, &agent("s", 1)));
        assert_eq!(queue.release("a", &agent("s", 2), ""), Ok(false));
        assert_eq!(queue.release("a", &Owner::person("s"), ""), Ok(false));
        assert_eq!(queue.show("a").unwrap().state, State::Held);
        assert_eq!(queue.release("a", &agent("s", 1), "changed my mind"), Ok(true));
        assert_eq!(queue.release("a", &agent("s", 1), ""), Ok(false));
        assert_eq!(queue.show("a").unwrap().state, State::Ready);
    }
}

#[test]
fn settling_takes_back_what_ended_agents_of_the_session_hold_and_nothing_else() {
    for provider in PROVIDERS {
        let fixture = Fixture::new(provider, &["a", "b", "c", "d"].map(|id| (id, false)));
        for (id, owner) in [("a", agent("s", 1)), ("b", agent("s", 2)), ("c", agent("other", 1)), ("d", Owner::person("ann"))] {
            won(fixture.queue.claim(Some(id), &owner));
        }
        let of = OwnerPattern { except: Some(2), ..OwnerPattern::all("s".parse().unwrap()) };
        assert_eq!(fixture.settle(&of), (Verdict::Work { ready: 1, left: 4 }, vec!["a".into()]));
        won(fixture.queue.claim(Some("a"), &Owner::person("bob")));
        let (verdict, mut released) = fixture.settle(&of);
        released.sort();
        assert_eq!(verdict, Verdict::Work { ready: 2, left: 4 }, "all agents are gone and nothing else is left to do");
        assert_eq!(released, ["b", "c"]);
    }
}

#[test]
fn settling_a_queue_that_does_not_answer_is_unknown_and_says_what_next() {
    for provider in PROVIDERS {
        let fixture = Fixture::new(provider, &[]);
        fs::remove_file(&fixture.path).unwrap();
        let (Verdict::Unknown { error }, released) = fixture.settle(&OwnerPattern::all("s".parse().unwrap())) else { panic!() };
        assert!(released.is_empty() && error.contains(fixture.path.as_str()) && error.contains("name the file"), "{error}");
    }
}

#[test]
fn closing_is_final_repeatable_and_the_holder_s_alone() {
    for provider in PROVIDERS {
        let fixture = Fixture::new(provider, &[("a", false), ("b", false)]);
        let (queue, one, two) = (&fixture.queue, agent("s", 1), agent("s", 2));
        won(queue.claim(Some("a"), &one));
        let before = fixture.text();
        let error = queue.close("a", Some(&two), "").unwrap_err();
        assert!(error.problem == Problem::Rejected && error.what.contains("pipeline/s/1"), "{error}");
        assert_eq!(fixture.text(), before);
        queue.close("a", Some(&one), "done").unwrap();
        let after = fixture.text();
        queue.close("a", Some(&one), "done").unwrap();
        queue.close("a", Some(&two), "done").unwrap();
        assert_eq!(fixture.text(), after);
        assert_eq!((queue.show("a").unwrap().state, queue.show("a").unwrap().owner), (State::Closed, None));
        won(queue.claim(Some("b"), &one));
        queue.close("b", None, "a person may").unwrap();
        assert_eq!(fixture.verdict(), r#"{"kind":"done","closed":2}"#);
        let (_, released) = fixture.settle(&OwnerPattern::all("s".parse().unwrap()));
        assert!(released.is_empty(), "a closed task is not taken back");
    }
}

#[test]
fn a_task_reopened_by_a_person_is_ready_again() {
    for provider in PROVIDERS {
        let fixture = Fixture::new(provider, &[("a", false)]);
        let open = fixture.text();
        won(fixture.queue.claim(None, &agent("s", 1)));
        fixture.queue.close("a", None, "").unwrap();
        save(&fixture.path, &open);
        assert_eq!(won(fixture.queue.claim(None, &agent("s", 2))).id, "a");
    }
}

#[test]
fn a_person_who_ticks_a_held_task_has_closed_it() {
    for provider in PROVIDERS {
        let fixture = Fixture::new(provider, &[("a", false)]);
        won(fixture.queue.claim(None, &agent("live", 1)));
        save(&fixture.path, &(provider.write)(&[("a", true)]));
        assert_eq!(fixture.verdict(), r#"{"kind":"done","closed":1}"#);
    }
}

#[test]
fn eight_at_once_claim_and_close_every_task_exactly_once() {
    for provider in PROVIDERS {
        let ids: Vec<String> = (0..100).map(|n| format!("n{n}")).collect();
        let fixture = Fixture::new(provider, &ids.iter().map(|id| (id.as_str(), false)).collect::<Vec<_>>());
        let work = |worker: u32| {
            let mut mine = Vec::new();
            for iteration in 1.. {
                let owner = agent(&format!("s{worker}"), iteration);
                match fixture.queue.claim(None, &owner).unwrap() {
                    Claim::Won(task) => {
                        fixture.queue.close(&task.id, Some(&owner), "").unwrap();
                        mine.push(task.id);
                    }
                    Claim::Lost { by } => panic!("the next task was held by {by}"),
                    Claim::None => break,
                }
            }
            mine
        };
        let work = &work;
        let mut claimed: Vec<String> = std::thread::scope(|scope| {
            let workers: Vec<_> = (0..8).map(|worker| scope.spawn(move || work(worker))).collect();
            workers.into_iter().flat_map(|worker| worker.join().unwrap()).collect()
        });
        claimed.sort_by_key(|id| id[1..].parse::<u32>().unwrap());
        assert_eq!(claimed, ids, "each once");
        assert_eq!(fixture.verdict(), r#"{"kind":"done","closed":100}"#);
    }
}

#[test]
fn ten_thousand_tasks_are_as_good_as_ten() {
    for provider in PROVIDERS {
        let ids: Vec<String> = (0..10_000).map(|n| format!("n{n}")).collect();
        let fixture = Fixture::new(provider, &ids.iter().map(|id| (id.as_str(), false)).collect::<Vec<_>>());
        let owner = agent("s", 1);
        assert_eq!(won(fixture.queue.claim(None, &owner)).id, "n0");
        fixture.queue.close("n0", Some(&owner), "").unwrap();
        won(fixture.queue.claim(Some("n9999"), &owner));
        fixture.queue.close("n9999", Some(&owner), "").unwrap();
        assert_eq!(fixture.verdict(), r#"{"kind":"work","ready":9998,"left":9998}"#);
    }
}
