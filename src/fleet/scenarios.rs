//! What was seen in years of running such supervisors, each as a test that fails on it.
use super::worlds::started;
use super::*;
use crate::model::{FailureClass, ProjectId};
use jiff::{SignedDuration, Timestamp};

/// A supervisor with three projects, of which one slice runs at a time.
struct Desk {
    state: State,
    config: FleetConfig,
    now: Timestamp,
    /// The number of the last line of any session's journal.
    seq: u64,
    iterations: u32,
}

fn id(name: &str) -> ProjectId {
    name.parse().unwrap()
}

fn failed(class: Option<FailureClass>) -> Activity {
    let error = "it broke".to_owned();
    Activity::Ended(SessionEnd::Failed { class, error })
}

impl Desk {
    fn new(projects: &[&str]) -> Self {
        let mut desk = Self {
            state: State::default(),
            config: FleetConfig {
                max_agents: 1,
                ..FleetConfig::default()
            },
            now: "2026-01-01T00:00:00Z".parse().unwrap(),
            seq: 0,
            iterations: 0,
        };
        desk.input(&started());
        for project in projects {
            desk.later(SignedDuration::from_secs(1));
            desk.input(&Input::Registered(Registration {
                project: id(project),
                root: format!("/{project}").into(),
                weight: 1,
            }));
        }
        desk
    }

    fn input(&mut self, input: &Input) {
        if let Some(event) = accept(&self.state, input, self.now) {
            self.state.apply(&event, self.now);
        }
        self.settle();
    }

    fn settle(&mut self) {
        while let Some(event) = follow(&self.config, &self.state, self.now) {
            self.state.apply(&event, self.now);
        }
    }

    fn later(&mut self, time: SignedDuration) {
        self.now += time;
        self.settle();
    }

    fn project(&self, name: &str) -> &Project {
        &self.state.projects[&id(name)]
    }

    fn status(&self, name: &str) -> &'static str {
        self.project(name).status.as_str()
    }

    fn digest(&mut self, name: &str, activity: Activity, alive: bool) -> SessionDigest {
        self.seq += 1;
        SessionDigest {
            seen: Seen {
                run: Some("20260101-000000-aaaaaa".parse().unwrap()),
                seq: self.seq,
                iterations: self.iterations,
                succeeded: 0,
            },
            slice: Some(self.project(name).slice),
            alive,
            parked: !alive,
            activity,
        }
    }

    /// The runner of the project's slice has ended.
    fn ends(&mut self, name: &str, activity: Activity) {
        let digest = self.digest(name, activity, false);
        let project = id(name);
        self.input(&Input::Session { project, digest });
    }

    fn looked(&mut self, name: &str, fitness: Fitness) {
        let project = id(name);
        let before = None;
        self.input(&Input::Looked {
            project,
            before,
            fitness,
        });
    }

    fn resume(&mut self, name: &str) {
        let by = "ap resume".to_owned();
        let project = id(name);
        self.input(&Input::Request(FleetRequest::Resume { project, by }));
    }
}

#[test]
fn a_session_that_crashes_each_time_is_resumed_later_and_later_and_then_you_are_asked() {
    let mut desk = Desk::new(&["app"]);
    let mut waits = Vec::new();
    while desk.status("app") == "running" {
        desk.ends("app", failed(None));
        if let Some(until) = desk.project("app").status.until() {
            waits.push(until.duration_since(desk.now).as_mins());
            let wait = until.duration_since(desk.now);
            desk.later(wait);
        }
    }
    assert_eq!(waits, [1, 5, 30, 120, 360]);
    assert_eq!(desk.status("app"), "blocked");
}

#[test]
fn a_project_blocked_for_you_does_not_unblock_itself_in_a_week() {
    let mut desk = Desk::new(&["app"]);
    desk.ends("app", failed(Some(FailureClass::Login)));
    assert_eq!(desk.status("app"), "blocked");
    for _ in 0..7 * 24 {
        desk.later(SignedDuration::from_hours(1));
        desk.looked("app", Fitness::Fit);
        let project = id("app");
        desk.input(&Input::OpenTasks { project, open: 9 });
        let project = id("app");
        desk.input(&Input::RequestWaits { project });
    }
    desk.input(&started());
    assert_eq!(desk.status("app"), "blocked");
    desk.resume("app");
    assert_eq!(desk.status("app"), "running");
}

#[test]
fn a_finished_project_with_tasks_left_over_is_not_reopened_before_more_come() {
    let mut desk = Desk::new(&["app"]);
    desk.ends("app", Activity::Ended(SessionEnd::Complete));
    // The last stage has no queue, and an earlier one left three tasks to people.
    for open in [3, 3, 2, 2] {
        let project = id("app");
        desk.input(&Input::OpenTasks { project, open });
        assert_eq!(desk.status("app"), "done", "{open} are open");
    }
    let project = id("app");
    desk.input(&Input::OpenTasks { project, open: 3 });
    assert_eq!(desk.status("app"), "running");
}

#[test]
fn your_stop_is_not_fought_by_whatever_starts_the_supervisor() {
    let mut desk = Desk::new(&["app"]);
    desk.ends("app", failed(None));
    let stop = Desired {
        state: DesiredState::Stop,
        by: "ap stop".to_owned(),
        at: desk.now,
    };
    desk.input(&Input::Desired(stop));
    for _ in 0..3 {
        desk.input(&started());
        desk.later(SignedDuration::from_hours(24));
        assert_ne!(desk.status("app"), "running");
    }
    let run = Desired {
        state: DesiredState::Run,
        by: "ap start".to_owned(),
        at: desk.now,
    };
    desk.input(&Input::Desired(run));
    assert_eq!(desk.status("app"), "running");
}

#[test]
fn days_of_a_pause_count_for_no_clock() {
    let mut desk = Desk::new(&["app"]);
    desk.later(SignedDuration::from_mins(10));
    desk.ends("app", Activity::Paused);
    assert_eq!(desk.status("app"), "paused");
    desk.later(SignedDuration::from_hours(46));
    desk.resume("app");
    assert_eq!(desk.status("app"), "running");
    assert_eq!(desk.project("app").since, desk.now);
    assert_eq!(desk.project("app").ran_ms, 10 * 60 * 1000);
    assert!(desk.project("app").recoveries.is_empty());
}

#[test]
fn a_damaged_session_is_never_started_anew() {
    let mut desk = Desk::new(&["app", "other"]);
    let reason = "events.jsonl:7: the journal is damaged".to_owned();
    let before = desk.project("app").status.slice();
    desk.input(&Input::Looked {
        project: id("app"),
        before,
        fitness: Fitness::Unfit { reason },
    });
    assert_eq!(desk.status("app"), "unfit");
    assert_eq!(desk.status("other"), "running");
    desk.later(SignedDuration::from_hours(24));
    assert_eq!(desk.status("app"), "unfit");
}

#[test]
fn a_look_from_before_a_crash_means_nothing_after_it() {
    let mut desk = Desk::new(&["app"]);
    let passed = desk.digest("app", Activity::Ended(SessionEnd::Complete), false);
    desk.ends("app", failed(None));
    let project = id("app");
    desk.input(&Input::Session {
        project,
        digest: passed,
    });
    assert_eq!(desk.status("app"), "waiting");
}

#[test]
fn an_outage_is_a_wait_and_never_counts_as_a_failure() {
    let mut desk = Desk::new(&["app"]);
    for _ in 0..20 {
        let until = desk.now + SignedDuration::from_mins(5);
        let reason = "the router reboots".to_owned();
        let outage = true;
        desk.ends(
            "app",
            Activity::Waiting {
                reason,
                until,
                outage,
            },
        );
        assert_eq!(desk.status("app"), "waiting");
        desk.later(SignedDuration::from_mins(5));
        assert_eq!(desk.status("app"), "running");
    }
    assert!(desk.project("app").recoveries.is_empty());
}

#[test]
fn a_project_that_backs_off_for_hours_delays_no_other() {
    let mut desk = Desk::new(&["app", "other"]);
    desk.ends("app", failed(Some(FailureClass::Throttle)));
    assert_eq!(desk.status("app"), "waiting");
    assert_eq!(desk.status("other"), "running");
}

#[test]
fn a_turn_you_give_beside_the_supervisor_is_yours_before_and_after_its_first_slice() {
    let mut desk = Desk::new(&["app", "other"]);
    let digest = SessionDigest {
        slice: Some(0),
        ..desk.digest("other", Activity::Working, true)
    };
    let project = id("other");
    desk.input(&Input::Session { project, digest });
    let yours = ProjectStatus::Running {
        slice: None,
        order: Order::Work,
    };
    assert_eq!(desk.project("other").status, yours);
}

#[test]
fn a_limit_asks_you_and_names_what_raises_it() {
    let mut desk = Desk::new(&["app"]);
    let hint = "`ap loop work app 8 --resume`".to_owned();
    let limit = "4 iterations".to_owned();
    let end = SessionEnd::LimitReached {
        limit,
        hint: hint.clone(),
    };
    desk.ends("app", Activity::Ended(end));
    let ProjectStatus::Blocked { question } = &desk.project("app").status else {
        panic!("it asks nothing");
    };
    assert_eq!(question.advice(), hint);
}

#[test]
fn what_you_stopped_is_no_crash_and_stays_stopped() {
    let mut desk = Desk::new(&["app"]);
    let by = "ap stop".to_owned();
    desk.ends("app", Activity::Ended(SessionEnd::Stopped { by }));
    desk.later(SignedDuration::from_hours(48));
    assert_eq!(desk.status("app"), "paused");
    assert!(desk.project("app").recoveries.is_empty());
    assert_eq!(desk.project("app").questions, 0);
}

#[test]
fn a_session_ended_by_a_logout_or_a_dead_tmux_server_is_due_again_at_once() {
    let mut desk = Desk::new(&["app"]);
    let by = "the end of its tmux server".to_owned();
    desk.ends("app", Activity::Ended(SessionEnd::Interrupted { by }));
    assert_eq!(desk.status("app"), "running");
    assert!(desk.project("app").recoveries.is_empty());
}

#[test]
fn resume_clears_the_question_the_pause_and_every_counter() {
    let mut desk = Desk::new(&["app"]);
    for _ in 0..5 {
        desk.ends("app", failed(None));
        let wait = desk.project("app").status.until().unwrap();
        let wait = wait.duration_since(desk.now);
        desk.later(wait);
    }
    desk.ends("app", failed(None));
    assert_eq!(desk.status("app"), "blocked");
    desk.resume("app");
    assert!(desk.project("app").recoveries.is_empty());
    desk.ends("app", failed(None));
    let wait = desk.project("app").status.until().unwrap();
    assert_eq!(wait.duration_since(desk.now).as_mins(), 1);
}

#[test]
fn a_sweep_disturbs_neither_a_runner_nor_a_wait_for_your_answer() {
    let mut desk = Desk::new(&["app", "other"]);
    let reason = "it does not exist".to_owned();
    desk.looked("app", Fitness::Unfit { reason });
    assert_eq!(desk.status("app"), "running");
    let (text, until) = ("which?".to_owned(), None);
    desk.ends("app", Activity::Asking { text, until });
    for _ in 0..10 {
        desk.later(SignedDuration::from_mins(30));
        desk.looked("app", Fitness::Fit);
        assert_eq!(desk.status("app"), "waiting");
    }
}

#[test]
fn slices_are_given_in_the_order_in_which_projects_became_due() {
    let mut desk = Desk::new(&["c", "a", "b"]);
    let mut order = Vec::new();
    for _ in 0..6 {
        let running = ["a", "b", "c"].into_iter();
        let running = running.filter(|name| desk.status(name) == "running");
        let running: Vec<&str> = running.collect();
        let [name] = running[..] else {
            panic!("{running:?} run");
        };
        order.push(name);
        desk.later(SignedDuration::from_mins(7));
        desk.ends(name, Activity::Working);
    }
    assert_eq!(order, ["c", "a", "b", "c", "a", "b"]);
}

#[test]
fn a_pause_until_a_time_is_over_then_and_not_before() {
    let mut desk = Desk::new(&["app"]);
    desk.ends("app", Activity::Paused);
    desk.resume("app");
    let until = desk.now + SignedDuration::from_hours(2);
    desk.ends("app", Activity::Working);
    let request = FleetRequest::Pause {
        project: id("app"),
        until: Some(until),
        now: true,
        by: "you".to_owned(),
    };
    desk.input(&Input::Request(request));
    desk.ends("app", Activity::Working);
    assert_eq!(desk.status("app"), "paused");
    desk.later(SignedDuration::from_mins(119));
    assert_eq!(desk.status("app"), "paused");
    desk.later(SignedDuration::from_mins(1));
    assert_eq!(desk.status("app"), "running");
}
