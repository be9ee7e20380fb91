//! Why a program has no output.
use std::io;
use std::time::Duration;
use thiserror::Error;

/// Why a program has no output.
#[derive(Debug, Error)]
pub enum CommandError {
    #[error("it cannot be started: {0}")]
    Start(#[source] io::Error),
    #[error("it did not answer within {} s and was ended", .0.as_secs())]
    TimedOut(Duration),
    #[error("waiting for it failed: {0}")]
    Wait(#[source] io::Error),
}
