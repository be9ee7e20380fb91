//! What a runner words of a session whose earlier runner is gone, and of what two facts say.
use super::notices::Notices;
use crate::clock;
use crate::engine::{Stall, State};
use crate::model::{
    Cursor, Ending, Event, FinishedAttempt, Limit, NoticeKind, Outcome, WaitReason,
};
use crate::notify::Notice;
use crate::plan::Plan;
use crate::plans::plan;
use crate::store::journal::Position;
use crate::store::layout::Project;
use crate::store::observer::{Fact, FactKey};
use crate::store::session::Session;
use camino::Utf8Path;
use jiff::{SignedDuration, Timestamp};

struct World {
    plan: Plan,
    state: State,
    began: Timestamp,
}

impl World {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let root = Utf8Path::from_path(folder.path()).unwrap();
        let plan = plan();
        let dir = Project::new(root.to_owned()).session(&plan.session);
        let session = Session::create(dir, &plan, None, clock::now()).unwrap();
        let state = session.state().clone();
        Self {
            plan,
            state,
            began: clock::now(),
        }
    }

    fn notices(&self) -> Notices {
        Notices::new("/top/shop".into(), &self.state)
    }

    fn see(&self, notices: &mut Notices, number: u64, minute: i64, event: &Event) -> Vec<Notice> {
        let end = Position {
            seq: number,
            ..Position::default()
        };
        notices.of(&Fact {
            key: FactKey {
                run: &self.plan.run,
                number,
            },
            at: self.began + SignedDuration::from_mins(minute),
            event,
            end,
            again: false,
            plan: &self.plan,
            state: &self.state,
        })
    }
}

fn outage() -> Event {
    let reason = WaitReason::Outage {
        reason: "overloaded".to_owned(),
        gives_up_at: None,
    };
    let until = Timestamp::MAX;
    Event::WaitStarted { reason, until }
}

fn served() -> Event {
    let outcome = Outcome::Unreported {
        reason: "no status".to_owned(),
    };
    Event::AgentExited(FinishedAttempt::new(Cursor::default(), outcome))
}

fn keys(notices: &[Notice]) -> Vec<(NoticeKind, String, u64)> {
    let key = |it: &Notice| (it.kind, it.source.clone(), it.number);
    notices.iter().map(key).collect()
}

#[test]
fn an_outage_over_a_resume_has_one_pair_of_messages() {
    let mut world = World::new();
    let first = world.see(&mut world.notices(), 3, 0, &outage());
    world.state.session.stall = Some(Stall {
        since: world.began,
        only_outages: true,
    });
    // Another runner, which has seen nothing of it.
    let mut notices = world.notices();
    let second = world.see(&mut notices, 9, 10, &outage());
    assert_eq!(keys(&first), keys(&second), "the same message");
    assert_eq!(first[0].kind, NoticeKind::Outage);
    assert_eq!(second[0].at, world.began);
    world.state.session.stall = None;
    let over = world.see(&mut notices, 12, 20, &served());
    assert_eq!(over.len(), 1);
    assert_eq!(over[0].kind, NoticeKind::OutageOver);
    assert_eq!(over[0].number, first[0].number);
    assert!(world.see(&mut notices, 13, 21, &served()).is_empty());
    world.state.session.iterations += 1;
    let next = world.see(&mut notices, 14, 30, &outage());
    assert_ne!(keys(&next), keys(&first), "another outage");
    assert!(
        world.see(&mut notices, 15, 40, &served()).is_empty(),
        "too short to be told of"
    );
}

#[test]
fn a_budget_that_is_used_up_is_one_message_wherever_it_is_found() {
    let world = World::new();
    let limit = |spent_usd| Limit::Cost {
        max_usd: 5.0,
        spent_usd,
        by: None,
    };
    let cursor = Cursor::default();
    let finished = |limit| Event::SessionFinished {
        ending: Ending::LimitReached { limit },
    };
    let mut notices = world.notices();
    let while_running = Event::BudgetReached {
        cursor,
        limit: limit(5.1),
    };
    let while_running = world.see(&mut notices, 3, 0, &while_running);
    let at_end = world.see(&mut notices, 5, 1, &finished(limit(5.2)));
    assert_eq!(while_running.len(), 1);
    assert_eq!(at_end.len(), 2);
    assert_eq!(at_end[0].kind, NoticeKind::LimitReached);
    assert_eq!(at_end[1].kind, NoticeKind::BudgetReached);
    assert_eq!(keys(&while_running), keys(&at_end[1..]));
    let other = Limit::Runtime { max_seconds: 60 };
    let other = world.see(&mut notices, 6, 2, &finished(other));
    assert_eq!(other.len(), 1);
}
