//! Runs the user's pager on a text.
use std::io::{self, Write as _};
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

/// Runs `pager` in this terminal until it ends. Returns false if there is no such program. `less` is the variable `LESS` for it.
pub fn show(text: &str, pager: &str, less: &str) -> io::Result<bool> {
    let mut words = pager.split_whitespace();
    let Some(program) = words.next() else {
        return Ok(false);
    };
    let started = Command::new(program)
        .args(words)
        .env("LESS", less)
        .stdin(Stdio::piped())
        .spawn();
    let Ok(mut child) = started else {
        return Ok(false);
    };
    // Ctrl-C is for the pager, which may have a use for it.
    let _ =
        signal_hook::flag::register(signal_hook::consts::SIGINT, Arc::new(AtomicBool::default()));
    if let Some(mut input) = child.stdin.take() {
        // A pager that was closed reads no further.
        let _ = input
            .write_all(text.as_bytes())
            .and_then(|()| input.write_all(b"\n"));
    }
    child.wait().map(|_| true)
}
