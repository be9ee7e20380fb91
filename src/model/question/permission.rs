//! Permissions: what an agent at work asks to be allowed.
use serde::{Deserialize, Serialize};

/// A tool call for which an agent asks your permission.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
pub struct Permission {
    /// The id of the agent's request, which is answered once.
    pub request: String,
    pub tool: String,
    /// The whole command, or what would be changed in a file.
    pub call: String,
    /// A fingerprint of what another call must have in common with this one to be the same: the command, or the file.
    pub same: String,
    /// Why it is asked, as far as the agent's program says.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub why: String,
}

/// What you answer to an agent that asks for a permission.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Permit {
    /// This call is allowed.
    Once,
    /// This call is allowed, and so is every other call of the session that is the same.
    Session,
    /// This call is denied.
    Denied,
}

/// What was decided about an agent's request.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PermissionDecision {
    /// The id of the request.
    pub request: String,
    pub permit: Permit,
    /// Why it is denied.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub reason: String,
}

/// Calls that are allowed for the rest of a session.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct AllowedCall {
    pub tool: String,
    pub same: String,
}

impl Permission {
    /// Returns what allows every other call that is the same.
    pub fn as_allowed(&self) -> AllowedCall {
        AllowedCall {
            tool: self.tool.clone(),
            same: self.same.clone(),
        }
    }

    /// Returns the question in words.
    pub fn text(&self) -> String {
        let why = if self.why.is_empty() {
            String::new()
        } else {
            format!("\nWhy: {}", self.why)
        };
        format!("Allow {}?\n{}{why}", self.tool, self.call)
    }
}

/// The answers to a request for a permission, in the order of their numbers.
pub const PERMITS: [(&str, Permit); 3] = [
    ("allow once", Permit::Once),
    ("allow the same for this session", Permit::Session),
    ("deny", Permit::Denied),
];

/// The answers to the question whether an agent may ask for more permissions.
pub const MORE_PERMITS: [(&str, Permit); 2] = [
    ("keep asking", Permit::Once),
    ("deny the rest", Permit::Denied),
];
