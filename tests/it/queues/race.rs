//! Many processes at once: every task is claimed once and closed once, and none is lost.
mod kills;

use super::beads::{LABEL, SAFE};
use super::taskwarrior::has_taskwarrior;
use super::{TASKWARRIOR, World, agent, provider};
use agent_pipelines::model::Env;
use agent_pipelines::plan::{QueueSource, QueueSpec};
use agent_pipelines::queue::{Claim, Owner, QueueEnv, QueueErrorKind, open};
use agent_pipelines::store::atomic;
use camino::Utf8PathBuf;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::HashSet;
use std::process::{Child, Command, Stdio};

const WORKERS: usize = 8;
const TASKS: usize = 200;
/// As many as a person takes while the workers take the rest.
const RUDE: usize = 15;
const JOB: &str = "QUEUE_WORKER";

/// What a worker's process is to do.
#[derive(Serialize, Deserialize)]
struct Job {
    spec: QueueSpec,
    project: Utf8PathBuf,
    env: Env,
    session: String,
    /// Whether it closes what it has claimed.
    closes: bool,
    report: Utf8PathBuf,
    /// Where it says at once what it has claimed, since it may not live to report it.
    diary: Utf8PathBuf,
}

/// What a worker has done.
#[derive(Default, Serialize, Deserialize)]
struct Report {
    claimed: Vec<String>,
    /// Tasks that another worker had taken over when they were to be closed.
    taken: Vec<String>,
}

/// Does nothing but in a process that a race has started.
#[test]
fn a_worker_of_a_race() {
    let Ok(job) = std::env::var(JOB) else { return };
    let job: Job = serde_json::from_str(&job).unwrap_or_else(|error| panic!("{error}: {job}"));
    let report = work(&job);
    atomic::replace(&job.report, &serde_json::to_vec(&report).unwrap()).unwrap();
}

fn work(job: &Job) -> Report {
    let queue = open(
        &job.spec,
        &QueueEnv {
            project: job.project.clone(),
            env: job.env.clone(),
        },
    );
    let mut report = Report::default();
    for iteration in 1.. {
        let owner = agent(&job.session, iteration);
        let task = match queue.claim(None, &owner).expect("a claim") {
            Claim::Won(task) => task,
            Claim::Lost { by } => panic!("the next task was held by {by}"),
            Claim::None => break,
        };
        kills::tell(&job.diary, &job.session, &task.id);
        match job
            .closes
            .then(|| queue.close(&task.id, Some(&owner), "done"))
        {
            None | Some(Ok(())) => {}
            Some(Err(error)) if error.kind == QueueErrorKind::Rejected => {
                report.taken.push(task.id.clone());
            }
            Some(Err(error)) => panic!("{error}"),
        }
        report.claimed.push(task.id);
    }
    report
}

impl World {
    fn start(&self, worker: usize) -> (Child, Utf8PathBuf) {
        let QueueEnv { project, env } = self.stage.at();
        let (session, report) = (
            format!("w{worker}"),
            project.join(format!("report-{worker}.json")),
        );
        let (diary, closes) = (
            project.join("diary"),
            self.provider.name != TASKWARRIOR || self.ids.len() < TASKS,
        );
        let job = Job {
            spec: self.spec.clone(),
            project,
            env,
            session,
            closes,
            report: report.clone(),
            diary,
        };
        let mut command = Command::new(std::env::current_exe().expect("our own binary"));
        command
            .args(["--exact", "queues::race::a_worker_of_a_race", "--nocapture"])
            .env(JOB, serde_json::to_string(&job).expect("JSON"));
        (
            command
                .stdin(Stdio::null())
                .stdout(Stdio::null())
                .spawn()
                .expect("a worker starts"),
            report,
        )
    }

    /// Lets the workers, and another claimant meanwhile, take everything there is.
    fn race<T>(&self, meanwhile: impl FnOnce() -> T) -> (Vec<Report>, T) {
        let started: Vec<_> = (0..WORKERS).map(|worker| self.start(worker)).collect();
        let other = meanwhile();
        let ended = |(mut child, report): (Child, Utf8PathBuf)| {
            assert!(
                child.wait().expect("it ends").success(),
                "{}",
                self.provider.name
            );
            serde_json::from_slice(&fs_err::read(report).expect("a report")).expect("JSON")
        };
        (started.into_iter().map(ended).collect(), other)
    }

    #[track_caller]
    fn every_task_is_closed_once(&self, count: usize) {
        assert_eq!(
            self.settle().0,
            format!("done {count}"),
            "{}",
            self.provider.name
        );
        if let Some(closings) = self.closings() {
            assert!(
                closings.len() == count && closings.values().all(|times| *times == 1),
                "{}: {closings:?}",
                self.provider.name
            );
        }
    }
}

/// Fails the test if two have claimed the same.
#[track_caller]
fn each_once<'a>(claimed: impl Iterator<Item = &'a String>) -> HashSet<&'a String> {
    let mut seen = HashSet::new();
    let doubled: Vec<_> = claimed.filter(|id| !seen.insert(*id)).collect();
    assert!(doubled.is_empty(), "claimed twice: {doubled:?}");
    seen
}

fn race_of_agents(name: &str, gap: &str) {
    let mut world = provider(name).many(TASKS);
    world.set("FAKE_BD_CLAIM_GAP_MS", gap);
    world.set("TRACKER_GAP_MS", gap);
    let (reports, ()) = world.race(|| ());
    let claimed = each_once(reports.iter().flat_map(|report| &report.claimed));
    assert_eq!(claimed.len(), TASKS, "{name}: none is lost");
    assert!(
        reports.iter().all(|report| report.taken.is_empty()),
        "{name}"
    );
    let busy = reports
        .iter()
        .filter(|report| !report.claimed.is_empty())
        .count();
    assert!(1 < busy, "{name}: a race has more than one worker");
    world.every_task_is_closed_once(TASKS);
}

#[test]
fn agents_race_for_a_checklist() {
    race_of_agents("backlog.md", "0");
}

#[test]
fn agents_race_for_a_prd() {
    race_of_agents("prd.json", "0");
}

#[test]
fn agents_race_for_issues_of_a_bd_that_has_no_claim() {
    race_of_agents("0.24.4", "0");
}

#[test]
fn agents_race_for_issues_of_a_bd_whose_claims_race() {
    race_of_agents("0.47.0", "5");
}

#[test]
fn agents_race_for_issues_of_a_bd_whose_claims_compare_and_set() {
    race_of_agents("0.49.5", "5");
}

#[test]
fn agents_race_for_issues_of_a_bd_with_leases() {
    race_of_agents("1.3.0", "5");
}

#[test]
fn agents_race_for_tasks_of_a_tracker_that_keeps_no_owner() {
    race_of_agents("tracker.py", "2");
}

/// A call takes Taskwarrior and its tracker twenty times as long as others, so here nothing is closed.
#[test]
fn agents_race_for_tasks_of_taskwarrior() {
    if !has_taskwarrior() {
        return;
    }
    let world = provider(TASKWARRIOR).many(TASKS);
    let (reports, ()) = world.race(|| ());
    assert_eq!(
        each_once(reports.iter().flat_map(|report| &report.claimed)).len(),
        TASKS,
        "none is lost"
    );
    let held = world.queue.counts(&|_| true).unwrap().held;
    let owners: HashSet<&String> = held.iter().map(|(_, owner)| owner).collect();
    assert_eq!(
        (held.len(), owners.len()),
        (TASKS, TASKS),
        "each has another owner"
    );
}

#[test]
fn agents_race_for_issues_of_a_real_bd() {
    if std::env::var("BD_BIN").is_ok() {
        race_of_agents("BD_BIN", "0");
    }
}

/// Takes the first ready task, again and again, as a person does who knows nothing of ap; returns what they won.
fn rudely(
    first: impl Fn() -> Option<String>,
    claim: impl Fn(&str) -> bool,
    close: impl Fn(&str),
) -> Vec<String> {
    let mut won = Vec::new();
    while let Some(id) = first().filter(|_| won.len() < RUDE) {
        if claim(&id) {
            close(&id);
            won.push(id);
        }
    }
    won
}

fn rudely_with_bd(world: &World) -> Vec<String> {
    let QueueEnv { project, env } = world.stage.at();
    let QueueSource::Beads { program, .. } = world.stage.source() else {
        panic!("no bd here")
    };
    let ask = |args: &[&str]| {
        let mut command = Command::new(&program);
        command
            .args(args)
            .args(["--actor", "ann", "--json"])
            .current_dir(&project)
            .env_clear()
            .envs(env.iter());
        let said = command
            .stdin(Stdio::null())
            .stderr(Stdio::null())
            .output()
            .expect("bd runs")
            .stdout;
        let answer: Value = serde_json::from_slice(&said).unwrap_or_default();
        answer.get("data").cloned().unwrap_or(answer)
    };
    let first = || {
        let ready = ask(&["ready", "--label", LABEL, "--limit", "0"]);
        Some(
            ready
                .as_array()?
                .iter()
                .find(|issue| issue["status"] == "open")?["id"]
                .as_str()?
                .to_owned(),
        )
    };
    let claim = |id: &str| ask(&["update", id, "--claim"])[0]["assignee"] == "ann";
    rudely(first, claim, |id| {
        drop(ask(&["close", id, "--reason", "mine"]));
    })
}

fn rudely_with_commands(world: &World) -> Vec<String> {
    let QueueSource::Command(commands) = world.stage.source() else {
        panic!("no commands here")
    };
    let call = |command: &[String], id: &str| {
        let words: Vec<String> = command
            .iter()
            .map(|word| word.replace("{id}", id))
            .collect();
        Command::new(&words[0])
            .args(&words[1..])
            .stdin(Stdio::null())
            .stderr(Stdio::null())
            .output()
            .expect("it runs")
    };
    let first = || {
        let listed: Value = serde_json::from_slice(&call(&commands.list, "").stdout).expect("JSON");
        Some(
            listed["tasks"]
                .as_array()?
                .iter()
                .find(|task| task["state"] == "open")?["id"]
                .as_str()?
                .to_owned(),
        )
    };
    rudely(
        first,
        |id| call(&commands.claim, id).status.success(),
        |id| drop(call(&commands.close, id)),
    )
}

#[test]
fn manual_claims_and_agents_never_hold_the_same_task() {
    for version in &SAFE[..3] {
        let world = provider(version).many(50);
        let (reports, won) = world.race(|| rudely_with_bd(&world));
        let claimed = each_once(
            reports
                .iter()
                .flat_map(|report| &report.claimed)
                .chain(&won),
        );
        assert_eq!(claimed.len(), 50, "{version}");
        assert!(!won.is_empty(), "{version}: they did meet");
        world.every_task_is_closed_once(50);
    }
}

/// Such a tracker cannot say which of the two was first, so only a claim that it refuses is lost.
#[test]
fn manual_claims_lose_no_task_in_a_tracker_without_owners() {
    let mut world = provider("tracker.py").many(40);
    world.set("TRACKER_GAP_MS", "5");
    let (reports, won) = world.race(|| rudely_with_commands(&world));
    each_once(reports.iter().flat_map(|report| &report.claimed));
    assert!(!won.is_empty());
    assert_eq!(world.settle().0, "done 40");
}

/// There the two may both be told that they won: that is `bd`'s own. But agents among themselves are safe, what the person
/// holds in the end is not closed over their head, and nothing is lost.
#[test]
fn manual_claims_do_not_end_the_loop_early() {
    let mut world = provider("0.47.0").many(60);
    world.set("FAKE_BD_CLAIM_GAP_MS", "5");
    let (reports, won) = world.race(|| rudely_with_bd(&world));
    each_once(reports.iter().flat_map(|report| &report.claimed));
    assert!(!won.is_empty());
    assert_eq!(world.settle().0, "done 60");
    assert_eq!(world.closings().map(|closings| closings.len()), Some(60));
}

#[test]
fn manual_claims_through_ap_are_exclusive() {
    for name in ["backlog.md", "prd.json", "0.47.0"] {
        let world = provider(name).many(40);
        let (reports, won) = world.race(|| {
            let mut won = Vec::new();
            while let Ok(Claim::Won(task)) = world.queue.claim(None, &Owner::user("ann")) {
                world.queue.close(&task.id, None, "").unwrap();
                won.push(task.id);
            }
            won
        });
        assert_eq!(
            each_once(
                reports
                    .iter()
                    .flat_map(|report| &report.claimed)
                    .chain(&won)
            )
            .len(),
            40,
            "{name}"
        );
        world.every_task_is_closed_once(40);
    }
}
