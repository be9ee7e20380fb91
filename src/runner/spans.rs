//! The spans that a runner's log lines stand in: an iteration within its session, and an attempt within that.
use crate::model::Cursor;
use tracing::Span;

/// The spans of the current iteration and attempt.
pub(super) struct Spans {
    cursor: Cursor,
    iteration: Span,
    attempt: Span,
}

impl Default for Spans {
    fn default() -> Self {
        Self {
            cursor: Cursor::default(),
            iteration: Span::none(),
            attempt: Span::none(),
        }
    }
}

impl Spans {
    /// Returns the span of an attempt, within the session's, which is the current one.
    pub(super) fn of_attempt(&mut self, cursor: Cursor) -> Span {
        let Cursor {
            node,
            iteration,
            attempt,
        } = cursor;
        if (node, iteration) != (self.cursor.node, self.cursor.iteration) {
            self.iteration = tracing::info_span!("iteration", node, iteration);
        }
        if cursor != self.cursor {
            self.attempt = tracing::info_span!(parent: &self.iteration, "attempt", attempt);
            self.cursor = cursor;
        }
        // Before the first attempt there is only the session.
        if self.attempt.is_none() {
            Span::current()
        } else {
            self.attempt.clone()
        }
    }
}
