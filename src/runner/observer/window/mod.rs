//! The session's window: what runs, what it does now, what it costs and what ends it.
mod facts;
mod format;
mod screen;
mod status_line;
#[expect(
    clippy::module_inception,
    reason = "the room and its type share a name"
)]
mod window;

pub(in crate::runner) use window::Window;
