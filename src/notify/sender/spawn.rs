//! Starts a sender.
use crate::exec::detached::start_detached;
use crate::model::Env;
use crate::notify::outbox::Outbox;
use crate::notify::wake;
use crate::store::layout::UserDirs;
use camino::Utf8Path;
use std::io;

/// Makes sure that a sender looks at the outbox: wakes the one there is, or starts one.
///
/// A sender belongs to no session: it has a process group of its own, no terminal, and the environment of the user. If
/// there is one already, the new one ends at once.
pub fn ensure(dirs: &UserDirs, exe: &Utf8Path, vars: &Env) -> io::Result<()> {
    if wake::ring(dirs) {
        return Ok(());
    }
    Outbox::new(dirs).create(dirs)?;
    start_detached(exe, &["__notify"], vars, &dirs.state)
}
