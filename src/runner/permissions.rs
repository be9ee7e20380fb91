//! Relays the permissions that a running agent asks for, and the answers to it.
use super::attempt::Attempt;
use super::run::Runner;
use super::wakeup::ControlSource;
use crate::agent::{Dialogue, PermissionRequest};
use crate::error::Result;
use crate::exec::shim::message::{self, Message};
use crate::fingerprint::fingerprint;
use crate::model::{Input, Permission, PermissionDecision, Permit};

/// What an agent reads whose call you denied without a reason.
const DENIED: &str = "The user denied this call.";

impl Runner {
    /// Asks you for what the agent waits for, gives it the answers, and forgets what it does not wait for any more.
    pub(super) fn settle_permissions(
        &mut self,
        attempt: &mut Attempt,
        dialogue: Dialogue,
    ) -> Result<()> {
        if !attempt.is_read() {
            // A request that is answered further on would seem to be open.
            return Ok(());
        }
        let cursor = attempt.cursor;
        let requests = attempt.transcript().requests();
        let is_open = |id: &str| requests.iter().any(|it| it.permission.request == id);
        if let Some(asked) = self.asked_permission()
            && !is_open(&asked)
        {
            self.accept(&Input::RequestWithdrawn {
                cursor,
                request: asked,
            })?;
        }
        // What was answered in time has been read from the inbox.
        if self.session.state().permission_question().is_some() {
            self.accept(&Input::Woke)?;
        }
        for request in requests.iter() {
            self.accept(&Input::PermissionAsked {
                cursor,
                permission: request.permission.clone(),
                is_allowed: self.is_allowed_by_session(&request.permission),
            })?;
            let id = &request.permission.request;
            if let Some(decision) = self.session.state().decision(id) {
                answer(attempt, dialogue, request, decision)?;
            }
        }
        Ok(())
    }

    /// Returns the request about which you are asked.
    fn asked_permission(&self) -> Option<String> {
        let question = self.session.state().permission_question()?;
        Some(question.permission.as_ref()?.request.clone())
    }

    /// Whether the session of this branch has allowed the same call, in whatever branch or stage it was asked.
    fn is_allowed_by_session(&self, permission: &Permission) -> bool {
        let ControlSource::Branch(link) = &self.control else {
            return false;
        };
        link.allows(&permission.as_allowed())
    }

    /// Whether the agent waits for you, so that its limits stand still.
    pub(super) fn is_agent_held(&self) -> bool {
        let state = self.session.state();
        state.permission_question().is_some() && !state.must_stop_agent()
    }
}

fn answer(
    attempt: &Attempt,
    dialogue: Dialogue,
    request: &PermissionRequest,
    decision: &PermissionDecision,
) -> Result<()> {
    let id = &decision.request;
    let message = || Message {
        lines: match decision.permit {
            Permit::Once | Permit::Session => dialogue.allow(id, &request.input),
            Permit::Denied if gives_no_reason(&decision.reason) => dialogue.deny(id, DENIED),
            Permit::Denied => dialogue.deny(id, &decision.reason),
        },
        echo: None,
        answers: Some(id.clone()),
    };
    // The id is the agent's own, and no name for a file.
    let name = format!("answer-{}", &fingerprint(id)[..16]);
    Ok(message::put(&attempt.paths.iteration, &name, message)?)
}

/// Whether an answer denies without a reason.
fn gives_no_reason(reason: &str) -> bool {
    matches!(reason, "" | "deny" | "deny the rest")
}
