//! `ap approve`: approves what a session asks, and lets it continue.
use super::answer::{self, DecisionArgs};
use super::context::Context;
use crate::error::{ExitCode, Result};
use crate::model::Reply;

pub(super) fn run(args: &DecisionArgs, context: &Context) -> Result<ExitCode> {
    answer::decide(args, "ap approve", Reply::Approve, context)
}
