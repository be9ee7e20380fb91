//! The supervisor of a simulation, and what happens to it.
use super::heap::{Happening, Heap};
use super::plan::Plan;
use super::report::Report;
use super::session::{Quota, YearSession, minutes};
use crate::fleet::worlds::{dice::Dice, started};
use crate::fleet::{
    Activity, Cause, Effect, Event, FleetConfig, FleetRequest, Input, Project, ProjectStatus,
    Registration, SessionEnd, State, accept, follow,
};
use crate::model::{FailureClass, ProjectId};
use jiff::{SignedDuration, Timestamp};
use std::collections::BTreeMap;

pub(super) struct Year {
    plan: Plan,
    config: FleetConfig,
    dice: Dice,
    now: Timestamp,
    state: State,
    heap: Heap,
    sessions: BTreeMap<ProjectId, YearSession>,
    quota: Quota,
    outage_until: Timestamp,
    woken_at: Option<Timestamp>,
    report: Report,
}

const DAY: SignedDuration = SignedDuration::from_hours(24);
const SWEEP: SignedDuration = SignedDuration::from_mins(5);

impl Year {
    pub(super) fn new(seed: u64, plan: Plan) -> Self {
        let now: Timestamp = "2026-01-01T00:00:00Z".parse().unwrap();
        let mut year = Self {
            plan,
            config: FleetConfig {
                max_agents: plan.max_agents,
                ..FleetConfig::default()
            },
            dice: Dice(seed),
            now,
            state: State::default(),
            heap: Heap::default(),
            sessions: BTreeMap::new(),
            quota: Quota::new(now),
            outage_until: now,
            woken_at: None,
            report: Report::default(),
        };
        year.start();
        for number in 0..plan.projects {
            year.register(number);
        }
        for (after, what) in [
            (SWEEP, Happening::Sweep),
            (SignedDuration::from_hours(4), Happening::Day),
            (SignedDuration::from_hours(7), Happening::Restart),
            (SignedDuration::from_hours(9), Happening::YouLook),
        ] {
            year.heap.put(now + after, what);
        }
        year
    }

    fn register(&mut self, number: u64) {
        let project: ProjectId = format!("p{number}").parse().unwrap();
        let left = 1 + self.dice.below(self.plan.longest_session);
        self.sessions
            .insert(project.clone(), YearSession::new(left));
        self.input(&Input::Registered(Registration {
            root: format!("/{project}").into(),
            weight: 1,
            project,
        }));
    }

    fn start(&mut self) {
        self.input(&started());
    }

    pub(super) fn run(self, days: i64) -> Report {
        self.run_and_keep(days).0
    }

    pub(super) fn run_and_keep(mut self, days: i64) -> (Report, BTreeMap<ProjectId, Project>) {
        let end = self.now + SignedDuration::from_hours(24 * days);
        self.settle();
        while let Some((at, happening)) = self.heap.pop() {
            if end < at {
                break;
            }
            self.now = at;
            self.happen(happening);
            self.settle();
            self.report.most_used = self.report.most_used.max(self.quota.most_used());
        }
        self.find_stuck();
        (self.report, self.state.projects)
    }

    fn happen(&mut self, happening: Happening) {
        match happening {
            Happening::IterationOver(project, generation) => {
                self.iteration_over(&project, generation);
            }
            Happening::Wake => self.woken_at = self.woken_at.filter(|at| *at != self.now),
            Happening::Sweep => {
                self.sweep();
                self.heap.put(self.now + SWEEP, Happening::Sweep);
            }
            Happening::Restart => {
                self.report.restarts += 1;
                self.start();
                for project in self.sessions.keys().cloned().collect::<Vec<_>>() {
                    self.look(&project);
                }
                self.heap.put(self.now + DAY, Happening::Restart);
            }
            Happening::YouLook => {
                self.you_look();
                self.heap.put(self.now + DAY, Happening::YouLook);
            }
            Happening::Day => {
                if self.dice.one_in(self.plan.outage) {
                    self.outage_until = self.now + minutes(5 + self.dice.below(40 * 60));
                }
                self.heap.put(self.now + DAY, Happening::Day);
            }
        }
    }

    /// Tasks are added to the queues of projects that are done; a sweep finds them.
    fn sweep(&mut self) {
        for project in self.sessions.keys().cloned().collect::<Vec<_>>() {
            let status = &self.state.projects[&project].status;
            let ProjectStatus::Done { open } = *status else {
                continue;
            };
            if open.is_none() {
                let open = self.sessions[&project].added;
                let project = project.clone();
                self.input(&Input::OpenTasks { project, open });
            }
            if self.dice.one_in(12 * 24 * 3) {
                let left = 1 + self.dice.below(self.plan.longest_session);
                if let Some(session) = self.sessions.get_mut(&project) {
                    (session.left, session.added) = (left, session.added + 1);
                    let open = session.added;
                    self.input(&Input::OpenTasks { project, open });
                }
            }
        }
    }

    /// You resume what is blocked, or not today.
    fn you_look(&mut self) {
        let Some(chance) = self.plan.answer else {
            return;
        };
        for project in self.sessions.keys().cloned().collect::<Vec<_>>() {
            let status = &self.state.projects[&project].status;
            let asks = matches!(status, ProjectStatus::Blocked { .. })
                || (status.as_str() == "waiting" && status.until().is_none());
            if asks && self.dice.one_in(chance) {
                let by = "you".to_owned();
                self.input(&Input::Request(FleetRequest::Resume { project, by }));
            }
        }
    }

    fn iteration_over(&mut self, project: &ProjectId, generation: u64) {
        let Some(session) = self.sessions.get_mut(project) else {
            return;
        };
        if !session.digest.alive || session.digest.slice != Some(generation) {
            return;
        }
        if self.dice.one_in(self.plan.crash) {
            session.digest.alive = false;
        } else if self.dice.one_in(self.plan.failure) {
            let class = self.dice.pick(&FailureClass::ALL).copied();
            let error = "it broke".to_owned();
            session.leave(Activity::Ended(SessionEnd::Failed { class, error }), false);
        } else {
            session.iterate();
            self.report.iterations += 1;
            self.go_on(project, generation);
        }
        self.look(project);
    }

    /// A runner between two iterations.
    fn go_on(&mut self, project: &ProjectId, generation: u64) {
        let (now, outage) = (self.now, self.outage_until);
        let asks = self.dice.one_in(self.plan.question);
        let Some(session) = self.sessions.get_mut(project) else {
            return;
        };
        if session.left == 0 {
            session.leave(Activity::Ended(SessionEnd::Complete), false);
        } else if asks {
            let text = "which?".to_owned();
            session.leave(Activity::Asking { text, until: None }, true);
        } else if session.yields {
            session.leave(Activity::Working, true);
        } else if now < outage {
            let until = now + SignedDuration::from_mins(10);
            let reason = "an outage".to_owned();
            let outage = true;
            session.leave(
                Activity::Waiting {
                    reason,
                    until,
                    outage,
                },
                true,
            );
        } else if let Some((until, reason)) = self.quota.begin(project.as_str(), now) {
            let outage = false;
            session.leave(
                Activity::Waiting {
                    reason,
                    until,
                    outage,
                },
                true,
            );
        } else {
            let length = minutes(3 + self.dice.below(20) * self.dice.below(4));
            let over = Happening::IterationOver(project.clone(), generation);
            self.heap.put(now + length, over);
        }
    }

    fn settle(&mut self) {
        for _ in 0..10_000 {
            let mut changed = false;
            while let Some(event) = follow(&self.config, &self.state, self.now) {
                self.record(&event);
                changed = true;
            }
            for effect in self.state.pending(&self.config) {
                changed |= self.make_so(effect);
            }
            if !changed {
                return;
            }
        }
        panic!("it never rests");
    }

    /// Makes an effect so; returns whether anything changed by it.
    fn make_so(&mut self, effect: Effect) -> bool {
        match effect {
            Effect::RunSlice {
                project,
                generation,
            } => {
                let Some(session) = self.sessions.get_mut(&project) else {
                    return false;
                };
                if session.digest.alive {
                    return false;
                }
                if session.digest.slice == Some(generation) {
                    return self.look(&project);
                }
                session.launch(project.as_str(), generation);
                self.go_on(&project, generation);
                self.look(&project);
                true
            }
            Effect::AskToYield { project, .. } => {
                if let Some(session) = self.sessions.get_mut(&project) {
                    session.yields = true;
                }
                false
            }
            Effect::WaitUntil(at) => {
                if self.woken_at != Some(at) {
                    self.woken_at = Some(at);
                    self.heap.put(at.max(self.now), Happening::Wake);
                }
                false
            }
            Effect::StopSlice { .. } | Effect::WatchRunner { .. } | Effect::Look { .. } => false,
        }
    }

    fn look(&mut self, project: &ProjectId) -> bool {
        let digest = self.sessions[project].digest.clone();
        let project = project.clone();
        self.input(&Input::Session { project, digest })
    }

    fn input(&mut self, input: &Input) -> bool {
        match accept(&self.state, input, self.now) {
            Some(event) => {
                self.record(&event);
                true
            }
            None => false,
        }
    }

    fn record(&mut self, event: &Event) {
        match event {
            Event::SliceGiven { project, .. } => {
                self.report.slices += 1;
                let waited = self.now.duration_since(self.state.projects[project].since);
                self.report.longest_wait = self.report.longest_wait.max(waited);
            }
            Event::StatusChanged { change, .. } => {
                if let Cause::RecoveryScheduled { .. } = change.cause {
                    self.report.recoveries += 1;
                }
                match &change.status {
                    ProjectStatus::Blocked { .. } => self.report.questions += 1,
                    status => *self.report.waits.entry(status.as_str()).or_default() += 1,
                }
            }
            _ => {}
        }
        self.state.apply(event, self.now);
    }

    /// Finds what no time and no owner has changed for eight days, a day longer than the longest window of the quota.
    fn find_stuck(&mut self) {
        let then = self.now - 8 * DAY;
        for (id, project) in &self.state.projects {
            let is_shown = matches!(
                project.status,
                ProjectStatus::Blocked { .. } | ProjectStatus::Done { .. }
            ) || (project.status.as_str() == "waiting"
                && project.status.until().is_none());
            if !is_shown && project.since < then {
                self.report.stuck.push(id.clone());
            }
        }
    }
}
