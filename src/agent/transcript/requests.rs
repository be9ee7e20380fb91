//! The permissions for which an agent waits, as its events tell.
use crate::model::Permission;
use serde_json::Value;

/// Requests that are remembered; agents make few at a time.
const MAX_REQUESTS: usize = 256;

/// A permission that an agent asks for, and the call it is about.
#[derive(Clone, Debug, PartialEq)]
pub struct PermissionRequest {
    pub permission: Permission,
    /// The id of the call.
    pub(in crate::agent) call: String,
    /// The input with which the tool is called if that is allowed.
    pub input: Value,
}

/// The requests that are open.
#[derive(Clone, Debug, Default)]
pub struct OpenRequests(Vec<PermissionRequest>);

impl OpenRequests {
    pub(in crate::agent) fn open(&mut self, request: PermissionRequest) {
        let id = &request.permission.request;
        let is_known = self.0.iter().any(|known| known.permission.request == *id);
        if !is_known && self.0.len() < MAX_REQUESTS {
            self.0.push(request);
        }
    }

    /// Closes a request that was answered or withdrawn.
    pub(in crate::agent) fn close(&mut self, id: &str) {
        self.0.retain(|open| open.permission.request != id);
    }

    /// Closes the request for a call that has ended.
    pub(in crate::agent) fn call_ended(&mut self, call: &str) {
        self.0
            .retain(|open| open.call.is_empty() || open.call != call);
    }

    /// Closes all of them: the turn is over.
    pub(in crate::agent) fn close_all(&mut self) {
        self.0.clear();
    }

    /// Returns the open requests, the oldest first.
    pub fn iter(&self) -> impl Iterator<Item = &PermissionRequest> {
        self.0.iter()
    }
}
