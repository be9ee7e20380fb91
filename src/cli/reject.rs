//! `ap reject`: rejects what a session asks: it stops, or its agent reads why.
use super::answer::{self, DecisionArgs};
use super::context::Context;
use crate::error::{ExitCode, Result};
use crate::model::Reply;

pub(super) fn run(args: &DecisionArgs, context: &Context) -> Result<ExitCode> {
    answer::decide(args, "ap reject", Reply::Reject, context)
}
