//! The gate that is being asked.
use super::command::command;
use super::judge::judged;
use crate::model::{DonePhase, Input, Usage};
use crate::runner::attempt_context::AttemptContext;
use crate::termination::{GateReading, GateRef};
use std::future::{Future, pending};
use std::io;
use std::pin::Pin;

/// What a gate answered, the phases of the PRD that are over with it, and what it cost.
type Answered = (GateReading, Vec<DonePhase>, Usage);

/// The question that is being asked, if any.
#[derive(Default)]
pub(in crate::runner) struct Gates {
    asked: Option<Pin<Box<dyn Future<Output = Input> + Send>>>,
}

impl Gates {
    /// Asks, unless something is being asked already.
    pub(in crate::runner) fn ask(
        &mut self,
        context: &AttemptContext<'_>,
        gate: u32,
    ) -> io::Result<()> {
        if self.asked.is_some() {
            return Ok(());
        }
        let cursor = context.cursor;
        let reading: Pin<Box<dyn Future<Output = Answered> + Send>> =
            match context.node.termination.gates().get(gate as usize) {
                Some(GateRef::Command(gate)) => {
                    let command = command(context, gate);
                    Box::pin(async move {
                        let (reading, phases) = command.await;
                        (reading, phases, Usage::default())
                    })
                }
                Some(GateRef::Judge(judge)) => {
                    let judged = judged(context, judge)?;
                    Box::pin(async move {
                        let (verdict, usage) = judged.await;
                        (GateReading::from(verdict), Vec::new(), usage)
                    })
                }
                None => return Err(io::Error::other("the plan has no such gate")),
            };
        self.asked = Some(Box::pin(async move {
            let (GateReading { verdict, answer }, phases, usage) = reading.await;
            Input::GateAnswered {
                cursor,
                gate,
                verdict,
                answer,
                phases,
                usage,
            }
        }));
        Ok(())
    }

    /// Waits for the answer.
    pub(in crate::runner) async fn answered(&mut self) -> Input {
        let Some(asked) = &mut self.asked else {
            return pending().await;
        };
        let input = asked.as_mut().await;
        self.asked = None;
        input
    }
}
