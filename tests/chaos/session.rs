//! A session under faults: its project, its agents, and what happened to it.
use crate::disk::SmallDisk;
use crate::fault::{Fault, Strike};
use crate::project::{LIMIT, Project, Ran};
use crate::random::Random;
use agent_pipelines::clock::wait_until;
use agent_pipelines::store::atomic;
use camino::Utf8PathBuf;
use serde_json::Value;
use std::time::{Duration, SystemTime};
use tempfile::TempDir;

/// Kinds of agents; `agent.sh` knows what each does.
const AGENTS: [&str; 11] = [
    "quick",
    "slow",
    "slow",
    "children",
    "deaf",
    "loud",
    "failing",
    "forging",
    "editing",
    "hanging",
    "lingering",
];
/// What every iteration waits for, so that clocks jump in waits too.
const DELAYS: [&str; 3] = ["0", "0", "0.3"];
/// What must not change, whatever links to it.
pub(crate) const PRECIOUS: &str = "yours\n";
pub(crate) const NAME: &str = "s";

/// A session that is started in tmux and driven to its end.
pub(crate) struct Session {
    pub(crate) project: Project,
    /// The disk it is on, if it has one of its own. Unmounted after the project is removed.
    pub(crate) disk: Option<SmallDisk>,
    /// What agents note down, and files of the user's; on no disk that fills.
    records: TempDir,
    pub(crate) iterations: u64,
    planned: Vec<Fault>,
    /// The faults so far.
    pub(crate) faults: Vec<Fault>,
    /// Those that need root, and were left out.
    pub(crate) left_out: u64,
    /// From each fault that ended an agent to the next agent.
    pub(crate) recoveries: Vec<Duration>,
}

impl Session {
    /// Makes the project and starts the session. Without `has_disks` faults of disks are left out.
    pub(crate) fn start(random: &mut Random, has_disks: bool) -> Self {
        let iterations = 3 + random.below(4);
        let agents: Vec<&str> = (0..iterations).map(|_| random.choose(&AGENTS)).collect();
        let delay = random.choose(&DELAYS);
        let mut planned: Vec<Fault> = (0..=random.below(3))
            .map(|_| random.choose(Fault::ALL))
            .collect();
        let all = planned.len();
        planned.retain(|fault| has_disks || !fault.needs_disk());
        let disk = planned.iter().any(|fault| fault.needs_disk());
        let disk = disk.then(SmallDisk::mount);
        let place = disk
            .as_ref()
            .map_or_else(std::env::temp_dir, |disk| disk.folder().into());
        let session = Self {
            project: Project::named_in(place, "a prüfung"),
            disk,
            records: tempfile::Builder::new()
                .prefix("ap records ")
                .tempdir()
                .unwrap(),
            iterations,
            left_out: (all - planned.len()) as u64,
            planned,
            faults: Vec::new(),
            recoveries: Vec::new(),
        };
        session.begin(&agents, delay)
    }

    fn begin(mut self, agents: &[&str], delay: &str) -> Self {
        let folder = self.folder();
        let agents = agents.join("\n") + "\n";
        atomic::replace(&folder.join("agents"), agents.as_bytes()).unwrap();
        atomic::replace(&folder.join("precious"), PRECIOUS.as_bytes()).unwrap();
        self.set_clock(0);
        let stay = self
            .project
            .program("stay", "#!/bin/sh\nwhile :; do sleep 1; done\n");
        self.project
            .set("CHAOS", &folder)
            .set("STAY", stay)
            .set("AP_CLOCK", folder.join("clock"))
            .set("AP_WAIT_FACTOR", "0.005");
        let iterations = self.iterations;
        let yaml = format!(
            "termination: {{type: fixed, iterations: {iterations}}}\nretries: 50\nlimits: {{idle: 2}}\n"
        );
        self.project
            .shell_loop("work", &yaml, include_str!("agent.sh"));
        let path = ".claude/loops/work/loop.yaml";
        let yaml = self.project.read(path);
        let yaml = yaml.replace("\ndelay: 0\n", &format!("\ndelay: {delay}\n"));
        self.project.write(path, &yaml);
        self.project.ap(&["work", NAME]).expect(0);
        self
    }

    /// Sets how many seconds the clock is ahead.
    pub(crate) fn set_clock(&self, ahead: i64) {
        atomic::replace(&self.folder().join("clock"), ahead.to_string().as_bytes()).unwrap();
    }

    /// Strikes with some faults, resumes after each, and returns what was violated on the way.
    pub(crate) fn run_through_faults(&mut self, random: &mut Random) -> Vec<String> {
        for fault in std::mem::take(&mut self.planned) {
            self.wait(random);
            if self.is_over() {
                break;
            }
            self.faults.push(fault);
            let (begun, struck) = (self.begun().len(), milliseconds());
            let Strike {
                ended_agent,
                then,
                violations,
            } = fault.strike(self, random);
            if !violations.is_empty() {
                return violations;
            }
            if let Err(why) = self.keep_going(then) {
                return vec![format!("after {fault:?}: {why}")];
            }
            let next = || begun < self.begun().len() || self.is_over();
            if ended_agent && wait_until(LIMIT, next) {
                let next = self.begun().get(begun).copied();
                let after = next.map(|next| Duration::from_millis(next.saturating_sub(struck)));
                self.recoveries.extend(after);
            }
        }
        match self.finish() {
            Ok(()) => Vec::new(),
            Err(why) => vec![why],
        }
    }

    /// Lets the session run for a random while: a number of facts, so that it does not depend on the machine's speed.
    fn wait(&self, random: &mut Random) {
        let facts = self.facts() + usize::try_from(random.below(6)).unwrap();
        wait_until(LIMIT, || facts <= self.facts() || self.is_over());
    }

    /// Resumes the session if it has no runner. `then` makes it whole before.
    fn keep_going(&self, then: Option<Box<dyn FnOnce()>>) -> Result<(), String> {
        let settled = || self.status()["alive"] != true || self.facts_grow();
        wait_until(LIMIT, settled);
        if let Some(then) = then {
            let refused = self.resume();
            if refused.code == 0 {
                return Err(format!("a damaged journal is resumed: {}", refused.text()));
            }
            then();
        }
        self.resume_if_dead()
    }

    fn facts_grow(&self) -> bool {
        let facts = self.facts();
        wait_until(Duration::from_millis(500), || facts < self.facts())
    }

    fn resume_if_dead(&self) -> Result<(), String> {
        let status = self.status();
        if status["alive"] == true || status["status"] == "complete" {
            return Ok(());
        }
        let resumed = self.resume();
        // It may have been about to end, or another runner may be about to be gone.
        let over = [0, 3].contains(&resumed.code) || self.is_over();
        over.then_some(())
            .ok_or_else(|| format!("no resume: {}", resumed.text()))
    }

    fn resume(&self) -> Ran {
        self.project.ap(&["work", NAME, "--resume"])
    }

    /// Resumes until the session is complete.
    fn finish(&self) -> Result<(), String> {
        let mut why = Ok(());
        let complete = wait_until(LIMIT * 2, || {
            let done = self.is_over();
            if !done {
                why = self.resume_if_dead();
            }
            done || why.is_err()
        });
        why?;
        let status = self.status();
        (complete && self.is_over())
            .then_some(())
            .ok_or_else(|| format!("it does not end: {status}"))
    }

    pub(crate) fn is_over(&self) -> bool {
        self.status()["status"] == "complete"
    }

    pub(crate) fn status(&self) -> Value {
        let ran = self.project.ap(&["status", NAME, "--json"]);
        serde_json::from_str(&ran.stdout).unwrap_or_default()
    }

    /// Returns the number of lines of the journal.
    pub(crate) fn facts(&self) -> usize {
        self.project.read(&self.journal()).lines().count()
    }

    pub(crate) fn journal(&self) -> String {
        self.project.run_file(NAME, "events.jsonl")
    }

    pub(crate) fn folder(&self) -> Utf8PathBuf {
        Utf8PathBuf::from_path_buf(self.records.path().to_owned()).unwrap()
    }

    /// Returns what the agents wrote: `begin`, `end` or `two`, iteration and attempt.
    pub(crate) fn log(&self) -> Vec<(String, u64, u64)> {
        let text = fs_err::read_to_string(self.folder().join("log")).unwrap_or_default();
        let words = |line: &str| {
            let mut words = line.split(' ');
            let what = words.next()?.to_owned();
            Some((
                what,
                words.next()?.parse().ok()?,
                words.next()?.parse().ok()?,
            ))
        };
        text.lines().filter_map(words).collect()
    }

    /// Returns when each agent began, in milliseconds since the epoch.
    fn begun(&self) -> Vec<u64> {
        let text = fs_err::read_to_string(self.folder().join("log")).unwrap_or_default();
        let began = |line: &str| line.strip_prefix("begin ")?.split(' ').nth(2)?.parse().ok();
        text.lines().filter_map(began).collect()
    }
}

fn milliseconds() -> u64 {
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
    u64::try_from(now.unwrap().as_millis()).unwrap()
}
