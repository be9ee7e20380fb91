//! A supervisor, its projects and everything that happens to them, as rolled.
use super::check::{Ledger, at_rest, is_older};
use super::dice::Dice;
use super::session::SimSession;
use super::started;
use crate::fleet::{
    Effect, Event, Fitness, FleetConfig, Input, LaunchProblem, ProjectStatus, Registration,
    SessionDigest, SessionEnd, State, accept, follow,
};
use crate::model::ProjectId;
use jiff::{SignedDuration, Timestamp};
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::collections::{BTreeMap, BTreeSet};

pub(super) struct World {
    pub(super) config: FleetConfig,
    pub(super) dice: Dice,
    pub(super) now: Timestamp,
    pub(super) state: State,
    journal: Vec<(Event, Timestamp)>,
    pub(super) sessions: BTreeMap<ProjectId, SimSession>,
    pub(super) registry: BTreeMap<ProjectId, Registration>,
    pub(super) fitness: BTreeMap<ProjectId, Fitness>,
    /// Generations for which a runner was started.
    launched: BTreeSet<u64>,
    ledger: Ledger,
    /// Looks that were taken before.
    looks: Vec<(ProjectId, SessionDigest)>,
    /// Milliseconds in which a project ran, measured beside the state.
    ran: BTreeMap<ProjectId, i64>,
    /// Whether the clock was set back, so that times cannot be compared.
    pub(super) clock_was_set: bool,
    /// After how many lines the supervisor is killed next.
    dies_after: Option<u64>,
}

/// Returns what a file has of a value.
fn read_back<T: Serialize + DeserializeOwned>(value: &T) -> T {
    let text = serde_json::to_vec(value).unwrap();
    serde_json::from_slice(&text).unwrap()
}

/// More steps than any world needs to come to rest.
const MANY: usize = 2_000;

impl World {
    pub(super) fn new(seed: u64) -> Self {
        let mut dice = Dice(seed);
        let config = FleetConfig {
            max_agents: 1 + u32::try_from(dice.below(3)).unwrap_or(0),
            slice_iterations: 1 + u32::try_from(dice.below(2)).unwrap_or(0),
            at_start: SignedDuration::from_secs(i64::try_from(dice.below(2) * 10).unwrap_or(0)),
            makes_room: dice.one_in(2),
        };
        Self {
            config,
            dice,
            now: "2026-01-01T00:00:00Z".parse().unwrap(),
            state: State::default(),
            journal: Vec::new(),
            sessions: BTreeMap::new(),
            registry: BTreeMap::new(),
            fitness: BTreeMap::new(),
            launched: BTreeSet::new(),
            ledger: Ledger::default(),
            looks: Vec::new(),
            ran: BTreeMap::new(),
            clock_was_set: false,
            dies_after: None,
        }
    }

    /// Appends a line and checks what must hold then. Returns false if the supervisor is killed behind it.
    fn record(&mut self, event: &Event) -> bool {
        let before = self.state.clone();
        self.state.apply(event, self.now);
        let mut ledger = std::mem::take(&mut self.ledger);
        ledger.check(self, &before, event, self.now);
        self.ledger = ledger;
        if let Event::ProjectRegistered(of) = event {
            self.ran.insert(of.project.clone(), 0);
        }
        self.journal.push((read_back(event), self.now));
        let left = self.dies_after.map(|left| left.saturating_sub(1));
        self.dies_after = left;
        left != Some(0)
    }

    /// The supervisor gets an input, and does what follows. One that is killed comes up again.
    pub(super) fn handle(&mut self, input: &Input) {
        let lives = match accept(&self.state, input, self.now) {
            Some(event) => self.record(&event),
            None => true,
        };
        if !(lives && self.settle()) {
            self.start();
        }
    }

    /// A supervisor comes up: it has the journal, the registry, and what it finds of sessions.
    pub(super) fn start(&mut self) {
        self.dies_after = None;
        let mut folded = State::default();
        for (event, at) in &self.journal {
            folded.apply(event, *at);
        }
        assert_eq!(folded, self.state, "the journal is the truth (7)");
        let saved = read_back(&self.state);
        assert_eq!(saved, self.state, "a checkpoint is the state (7)");
        let mut inputs = vec![started()];
        let registered = self.registry.values().cloned();
        inputs.extend(registered.map(Input::Registered));
        let gone = self.state.projects.keys();
        let gone = gone.filter(|id| !self.registry.contains_key(*id)).cloned();
        inputs.extend(gone.map(|project| Input::Removed { project }));
        for input in inputs {
            if let Some(event) = accept(&self.state, &input, self.now) {
                self.record(&event);
            }
        }
        for project in self.registry.keys().cloned().collect::<Vec<_>>() {
            self.look(&project);
        }
        assert!(self.settle());
    }

    /// Whether a supervisor runs.
    pub(super) fn is_up(&self) -> bool {
        self.state.supervisor.is_some()
    }

    /// Does what follows until nothing more does. Returns false if the supervisor is killed.
    fn settle(&mut self) -> bool {
        for _ in 0..MANY {
            while let Some(event) = follow(&self.config, &self.state, self.now) {
                if !self.record(&event) {
                    return false;
                }
                assert!(self.journal.len() < 50 * MANY, "it never rests (6)");
            }
            let lines = self.journal.len();
            for effect in self.state.pending(&self.config) {
                if self.is_up() && !self.make_so(&effect) {
                    return false;
                }
            }
            if lines == self.journal.len() {
                at_rest(&self.config, &self.state, self.now);
                return true;
            }
        }
        panic!("it never rests (6)");
    }

    fn make_so(&mut self, effect: &Effect) -> bool {
        match effect {
            Effect::RunSlice {
                project,
                generation,
            } => self.run_slice(project, *generation),
            Effect::AskToYield {
                project,
                generation,
            } => self.end_slice(project, *generation, |session| session.yields = true),
            Effect::StopSlice {
                project,
                generation,
            } => self.end_slice(project, *generation, |session| {
                session.end(SessionEnd::Interrupted {
                    by: "the supervisor".to_owned(),
                });
            }),
            Effect::WatchRunner { project } => self.look(project),
            Effect::Look { project, .. } => {
                let fitness = self.fitness_of(project);
                self.input(&Input::Looked {
                    project: project.clone(),
                    before: None,
                    fitness,
                })
            }
            Effect::WaitUntil(_) => true,
        }
    }

    fn input(&mut self, input: &Input) -> bool {
        match accept(&self.state, input, self.now) {
            Some(event) => self.record(&event),
            None => true,
        }
    }

    fn fitness_of(&self, project: &ProjectId) -> Fitness {
        self.fitness.get(project).cloned().unwrap_or(Fitness::Fit)
    }

    fn is_current(&self, project: &ProjectId, generation: u64) -> bool {
        let known = self.state.projects.get(project);
        known.is_some_and(|it| it.status.slice() == Some(generation))
    }

    fn run_slice(&mut self, project: &ProjectId, generation: u64) -> bool {
        self.sessions
            .entry(project.clone())
            .or_insert_with(SimSession::new);
        if !self.look(project) {
            return false;
        }
        if self.sessions[project].digest.alive || !self.is_current(project, generation) {
            return true;
        }
        let looked = Input::Looked {
            project: project.clone(),
            before: Some(generation),
            fitness: self.fitness_of(project),
        };
        if !self.input(&looked) {
            return false;
        }
        if !self.is_current(project, generation) {
            return true;
        }
        if self.dice.one_in(12) {
            let problem = match self.now.as_second() % 3 {
                0 => LaunchProblem::Passes,
                1 => LaunchProblem::NeedsYou,
                _ => LaunchProblem::NothingToDo,
            };
            return self.input(&Input::LaunchFailed {
                project: project.clone(),
                generation,
                problem,
                error: "no tmux".to_owned(),
            });
        }
        assert!(self.launched.insert(generation), "a slice runs once (7)");
        if let Some(session) = self.sessions.get_mut(project) {
            session.launch(Some(generation));
        }
        true
    }

    fn end_slice(
        &mut self,
        project: &ProjectId,
        generation: u64,
        end: impl FnOnce(&mut SimSession),
    ) -> bool {
        let session = self.sessions.entry(project.clone());
        let session = session.or_insert_with(SimSession::new);
        if session.digest.alive {
            end(session);
            return self.look(project);
        }
        self.look(project)
            && self.input(&Input::NotLaunched {
                project: project.clone(),
                generation,
            })
    }

    /// The supervisor looks at a session.
    pub(super) fn look(&mut self, project: &ProjectId) -> bool {
        let Some(session) = self.sessions.get(project) else {
            return true;
        };
        let digest = session.digest.clone();
        if self.dice.one_in(8) {
            self.looks.push((project.clone(), digest.clone()));
        }
        self.input(&Input::Session {
            project: project.clone(),
            digest,
        })
    }

    /// Looks and failures that come late change nothing.
    pub(super) fn check_fences(&mut self) {
        for (project, digest) in &self.looks {
            if is_older(&self.state, project, digest) {
                let (project, digest) = (project.clone(), digest.clone());
                let late = Input::Session { project, digest };
                assert_eq!(accept(&self.state, &late, self.now), None);
            }
        }
        for (project, known) in &self.state.projects {
            let late = Input::LaunchFailed {
                project: project.clone(),
                generation: known.slice.wrapping_sub(1),
                problem: LaunchProblem::Passes,
                error: String::new(),
            };
            assert_eq!(accept(&self.state, &late, self.now), None);
        }
    }

    /// Lets time pass, and counts it for those that run.
    pub(super) fn pass(&mut self, time: SignedDuration) {
        for (id, project) in &self.state.projects {
            if let ProjectStatus::Running { .. } = project.status {
                let ran = i64::try_from(time.as_millis()).unwrap_or(0);
                *self.ran.entry(id.clone()).or_default() += ran;
            }
        }
        self.now += time;
    }

    /// Only the time in which a project ran counts for it (8).
    pub(super) fn check_clocks(&self) {
        for (id, project) in &self.state.projects {
            let mut ran = project.ran_ms;
            if let ProjectStatus::Running { .. } = project.status {
                let now = self.now.duration_since(project.since).as_millis();
                ran += i64::try_from(now).unwrap_or(0);
            }
            assert_eq!(ran, self.ran[id], "(8)");
        }
    }

    pub(super) fn die_after(&mut self, lines: u64) {
        self.dies_after = Some(lines.max(1));
    }

    pub(super) fn projects(&self) -> Vec<ProjectId> {
        self.registry.keys().cloned().collect()
    }
}
