//! A tracker's claims while they are locked.
use crate::queue::claims::{ClaimsDir, LockedClaims};
use crate::queue::error::Result;
use crate::queue::program::Program;
use std::ops::{Deref, DerefMut};
use std::sync::PoisonError;

/// The locked claims of a tracker, with the program that is called under the lock.
pub(super) struct LockedTracker<'a> {
    claims: LockedClaims<'a>,
    program: &'a Program,
}

impl<'a> LockedTracker<'a> {
    /// Locks the claims; calls of the program are logged in the lock file while it is held.
    pub(super) fn acquire(program: &'a Program, dir: &'a ClaimsDir, purpose: &str) -> Result<Self> {
        let claims = LockedClaims::acquire_within(dir, purpose, program.patience())?;
        *program
            .call_log
            .lock()
            .unwrap_or_else(PoisonError::into_inner) = claims.call_log();
        Ok(Self { claims, program })
    }
}

impl Drop for LockedTracker<'_> {
    fn drop(&mut self) {
        *self
            .program
            .call_log
            .lock()
            .unwrap_or_else(PoisonError::into_inner) = None;
    }
}

impl<'a> Deref for LockedTracker<'a> {
    type Target = LockedClaims<'a>;
    fn deref(&self) -> &Self::Target {
        &self.claims
    }
}

impl DerefMut for LockedTracker<'_> {
    fn deref_mut(&mut self) -> &mut Self::Target {
        &mut self.claims
    }
}
