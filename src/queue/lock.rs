//! Holds a queue's file for one writer at a time.
use super::error::{QueueError, Result};
use crate::clock;
use crate::exec::process::{self, Liveness};
use crate::model::ProcessId;
use crate::store::beneath;
use crate::store::lock::FileLock;
use camino::Utf8Path;
use nix::sys::signal::Signal;
use std::fs::File;
use std::io::{self, Read as _, Seek as _, Write as _};
use std::time::Duration;

/// The maximum size read of a lock file: more than a signature and the calls under one lock need.
const MAX_FILE_SIZE: u64 = 64 * 1024;
/// Time limit for a killed process to disappear.
const KILL_TIMEOUT: Duration = Duration::from_secs(2);

/// Held until dropped, or until the process ends, however it ends.
///
/// The file stays when the lock is released: removing it would let one process lock a new file while another waits for
/// the old one. Its text is informational; the kernel decides.
#[derive(Debug)]
pub(super) struct Lock {
    file: File,
    _lock: FileLock,
}

impl Drop for Lock {
    /// Clears the file: no call is under way that the next holder would have to wait for.
    fn drop(&mut self) {
        let _ = self.file.set_len(0);
    }
}

impl Lock {
    /// Acquires the lock, waiting a bounded time; `purpose` is shown to processes that wait for it.
    pub(super) fn acquire(path: &Utf8Path, purpose: &str, timeout: Duration) -> Result<Self> {
        let file = beneath::open_or_create(path)?;
        let lock =
            FileLock::exclusive_within(&file, timeout)?.ok_or_else(|| busy(path, timeout))?;
        let mut file = file.into_file();
        // The previous holder may have died during a call of a program, which continues without it.
        if let Some(call) = unfinished_call(&mut file) {
            await_end(&call, timeout)?;
        }
        // The signature is informational: without it the lock still holds.
        let _ = sign(&mut file, purpose);
        Ok(Self { file, _lock: lock })
    }

    /// Returns the file that records calls made under the lock, see [`note_call`].
    pub(super) fn call_log(&self) -> io::Result<File> {
        self.file.try_clone()
    }
}

fn sign(file: &mut File, purpose: &str) -> io::Result<()> {
    file.set_len(0)?;
    file.rewind()?;
    writeln!(
        file,
        "pid {}, to {purpose}, since {}",
        std::process::id(),
        clock::now()
    )
}

/// Records after the signature which process is called under the lock.
pub(super) fn note_call(mut call_log: &File, call: &ProcessId) -> io::Result<()> {
    let line = serde_json::to_string(call)?;
    call_log.seek(io::SeekFrom::End(0))?;
    writeln!(call_log, "calls {line}")
}

/// Returns the last call of a holder that did not release the lock, if the call is still under way.
fn unfinished_call(file: &mut File) -> Option<ProcessId> {
    let mut text = String::new();
    file.rewind().ok()?;
    file.take(MAX_FILE_SIZE).read_to_string(&mut text).ok()?;
    let call = text
        .lines()
        .rev()
        .find_map(|line| serde_json::from_str(line.strip_prefix("calls ")?).ok())?;
    let may_live = match process::liveness(&call) {
        Liveness::Alive => true,
        Liveness::Dead => false,
        Liveness::Unknown => process::is_contained(),
    };
    may_live.then_some(call)
}

/// Waits for a call whose caller is gone, and ends it if it does not end by itself.
fn await_end(call: &ProcessId, timeout: Duration) -> Result<()> {
    if process::liveness(call) == Liveness::Unknown {
        return Err(QueueError::busy(
            format!(
                "process {} may still work on the queue: it was started outside of this agent",
                call.pid
            ),
            "try again when the next iteration has begun",
        ));
    }
    let gone = || process::liveness(call) != Liveness::Alive;
    if clock::wait_until(timeout, gone) {
        return Ok(());
    }
    process::send(call, Signal::SIGKILL);
    if clock::wait_until(KILL_TIMEOUT, gone) {
        return Ok(());
    }
    Err(QueueError::busy(
        format!(
            "process {} was left behind by one that held the lock, and does not end",
            call.pid
        ),
        "check what it does, end it, then try again",
    ))
}

fn busy(path: &Utf8Path, timeout: Duration) -> QueueError {
    let mut holder = String::new();
    let read = beneath::open(path).and_then(|file| file.take(1000).read_to_string(&mut holder));
    let holder = if read.is_ok() && !holder.trim().is_empty() {
        holder.trim()
    } else {
        "an unknown process"
    };
    QueueError::busy(
        format!(
            "the lock {path} was not free within {} s: held by {holder}",
            timeout.as_secs()
        ),
        "check whether that process hangs and end it if so; do not remove the lock file",
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::queue::QueueErrorKind;
    use crate::queue::testing::folder;

    const LONG: Duration = Duration::from_secs(10);

    #[test]
    fn a_lock_that_is_not_free_in_time_names_its_holder() {
        let (_keep, folder) = folder();
        let path = folder.join("x.lock");
        let held = Lock::acquire(&path, "claim t-1 for pipeline/auth/3", LONG).unwrap();
        let error = Lock::acquire(&path, "wait", Duration::from_millis(20)).unwrap_err();
        assert_eq!(error.kind, QueueErrorKind::Busy);
        assert!(
            error.what.contains(&std::process::id().to_string())
                && error.what.contains("claim t-1 for pipeline/auth/3"),
            "{error}"
        );
        drop(held);
        Lock::acquire(&path, "next", LONG).unwrap();
    }

    #[test]
    fn a_waiting_process_acquires_a_released_lock() {
        let (_keep, folder) = folder();
        let path = folder.join("x.lock");
        let held = Lock::acquire(&path, "first", LONG).unwrap();
        std::thread::scope(|scope| {
            let waiter = scope.spawn(|| Lock::acquire(&path, "second", LONG).map(drop));
            drop(held);
            assert_eq!(waiter.join().unwrap(), Ok(()));
        });
    }
}
