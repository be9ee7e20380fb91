//! How a runner keeps the gate of its session supplied: it asks programs, and looks at holds.
use super::ask::ask;
use super::gate::QuotaGate;
use crate::agent;
use crate::exec::moment;
use crate::runner::env::RunnerEnv;
use crate::runner::known_quota::{Known, SharedDesk, lock};
use crate::runner::run::Runner;
use crate::store::session::Session;
use std::future::{Future, pending};
use std::pin::Pin;
use std::rc::Rc;

/// Completes when a program has answered.
pub(in crate::runner) type Asking = Pin<Box<dyn Future<Output = ()>>>;

/// Sets the gate of a session, if the user's policy for the quota is to be kept.
pub(in crate::runner) fn guard(session: &mut Session, env: &RunnerEnv, desk: &SharedDesk) {
    if env.keeps_quota {
        let (dirs, vars) = (env.dirs.clone(), env.vars.clone());
        session.set_gate(QuotaGate::new(dirs, vars, &session.plan, desk.clone()));
    }
}

impl Runner {
    /// Starts to ask a program whose answer the gate waits for.
    pub(in crate::runner) fn ask_for_quota(&mut self) {
        let Some((account, program)) = lock(&self.desk).next_wanted() else {
            return;
        };
        let (env, desk) = (Rc::clone(&self.env), self.desk.clone());
        let Some(node) = self.session.state().changed_node(&self.session.plan) else {
            lock(&desk).is_asking = false;
            return;
        };
        self.asking = Some(Box::pin(async move {
            let vars = agent::inherited(&node.agent, &env.vars);
            let answer = match env.find(&program) {
                Some(program) => ask(&env.dirs, &program, &vars, &account, false).await,
                None => Err(format!("there is no program `{program}` on PATH")),
            };
            let mut desk = lock(&desk);
            desk.is_asking = false;
            if let Err(why) = answer {
                tracing::info!(%why, "the quota is not known better");
                // What is known already decides for a while, whether or not quota.json could be written.
                desk.gave_up = Some(moment());
            }
        }));
    }

    /// Whether the gate waits for an answer.
    pub(in crate::runner) fn awaits_quota(&self) -> bool {
        lock(&self.desk).awaits_answer()
    }

    /// Returns what is known of the account of the attempt.
    pub(in crate::runner) fn known_quota(&self) -> Option<Known> {
        lock(&self.desk).known().cloned()
    }
}

/// Waits for the answer of a program, if one is asked.
pub(in crate::runner) async fn answered(asking: &mut Option<Asking>) {
    match asking {
        Some(future) => {
            future.as_mut().await;
            *asking = None;
        }
        None => pending().await,
    }
}
