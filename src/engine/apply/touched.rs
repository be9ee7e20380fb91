//! Records that others touched the session's files.
use crate::engine::state::State;
use crate::model::{Cursor, Touched};
use jiff::Timestamp;

impl State {
    pub(super) fn touched(&mut self, what: String, by: Option<Cursor>, at: Timestamp) {
        let times = self.session.touched.as_ref().map_or(0, |it| it.times);
        self.session.touched = Some(Touched {
            times: times + 1,
            last: what,
            at: Some(at),
            by,
        });
    }
}
