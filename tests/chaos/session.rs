//! A session under faults: its project, its agents, and what happened to it.
use crate::fault::{Fault, Strike};
use crate::project::{LIMIT, Project, Ran};
use crate::random::Random;
use agent_pipelines::clock::wait_until;
use agent_pipelines::store::atomic;
use camino::Utf8PathBuf;
use serde_json::Value;
use std::time::{Duration, SystemTime};

/// Kinds of agents; `agent.sh` knows what each does.
const AGENTS: [&str; 8] = [
    "quick", "slow", "slow", "children", "deaf", "loud", "failing", "forging",
];
/// What must not change, whatever links to it.
pub(crate) const PRECIOUS: &str = "yours\n";
pub(crate) const NAME: &str = "s";

/// A session that is started in tmux and driven to its end.
pub(crate) struct Session {
    pub(crate) project: Project,
    pub(crate) iterations: u64,
    pub(crate) faults: Vec<Fault>,
    /// From each fault that ended an agent to the next agent.
    pub(crate) recoveries: Vec<Duration>,
}

impl Session {
    /// Makes the project and starts the session.
    pub(crate) fn start(random: &mut Random) -> Self {
        let iterations = 3 + random.below(4);
        let agents: Vec<&str> = (0..iterations).map(|_| random.choose(&AGENTS)).collect();
        let mut project = Project::new();
        let folder = project.outside().join("chaos");
        fs_err::create_dir_all(&folder).unwrap();
        let agents = agents.join("\n") + "\n";
        atomic::replace(&folder.join("agents"), agents.as_bytes()).unwrap();
        atomic::replace(&folder.join("precious"), PRECIOUS.as_bytes()).unwrap();
        project.program("chaos/stay", "#!/bin/sh\nwhile :; do sleep 1; done\n");
        project.set("CHAOS", folder.as_str());
        let yaml = format!("termination: {{type: fixed, iterations: {iterations}}}\nretries: 50\n");
        project.shell_loop("work", &yaml, include_str!("agent.sh"));
        project.ap(&["work", NAME]).expect(0);
        Self {
            project,
            iterations,
            faults: Vec::new(),
            recoveries: Vec::new(),
        }
    }

    /// Strikes with some faults, resumes after each, and returns what was violated on the way.
    pub(crate) fn run_through_faults(&mut self, random: &mut Random) -> Vec<String> {
        for _ in 0..=random.below(3) {
            let fault = random.choose(Fault::ALL);
            self.wait(random);
            if self.is_over() {
                break;
            }
            self.faults.push(fault);
            let (begun, struck) = (self.begun().len(), milliseconds());
            let Strike { ended_agent, then } = fault.strike(self, random);
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
    fn facts(&self) -> usize {
        self.project.read(&self.journal()).lines().count()
    }

    pub(crate) fn journal(&self) -> String {
        self.project.run_file(NAME, "events.jsonl")
    }

    pub(crate) fn folder(&self) -> Utf8PathBuf {
        self.project.outside().join("chaos")
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
