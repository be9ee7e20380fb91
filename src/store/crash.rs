//! Places where a process can be made to die, so that a test can try them all.
//!
//! Every durable step has a [`point`] before and after it. Without the feature `crash-points` it is nothing. With it,
//! `AP_CRASH_LOG` names a file that gets the name of each point passed, and `AP_CRASH_AT=<role>:<n>` kills the process,
//! as `kill -9` does, at the n-th point of a role, or at the point of that name; `role` is `runner` or `shim` for the main thread of one, else the
//! name of the thread. The log counts: a role's points are numbered over all processes that share it, so a crash
//! happens once, however often the session is resumed.

#[cfg(feature = "crash-points")]
pub use on::{pass_on, point, role, role_is};

/// A place where the process may be made to die.
#[cfg(not(feature = "crash-points"))]
#[inline]
pub fn point(_name: impl std::fmt::Display) {}

/// Says what the main thread of this process is.
#[cfg(not(feature = "crash-points"))]
#[inline]
pub fn role(_role: &'static str) {}

/// Whether the main thread of this process has that role.
#[cfg(all(any(test, feature = "chaos"), not(feature = "crash-points")))]
pub fn role_is(_role: &str) -> bool {
    true
}

/// Returns the variables a shim gets besides its own.
#[cfg(not(feature = "crash-points"))]
#[inline]
pub fn pass_on() -> [(&'static str, String); 0] {
    []
}

#[cfg(feature = "crash-points")]
mod on {
    use fs_err as fs;
    use nix::sys::signal::{Signal, kill};
    use std::io::Write as _;
    use std::sync::{Mutex, OnceLock};

    static ROLE: OnceLock<&'static str> = OnceLock::new();
    /// One thread at a time reads the count and writes the line.
    static TURN: Mutex<()> = Mutex::new(());

    /// Says what the main thread of this process is.
    pub fn role(role: &'static str) {
        let _ = ROLE.set(role);
    }

    /// Whether the main thread of this process has that role.
    pub fn role_is(role: &str) -> bool {
        ROLE.get().is_some_and(|ours| *ours == role)
    }

    /// Returns the variables a shim gets besides its own.
    pub fn pass_on() -> Vec<(&'static str, String)> {
        ["AP_CRASH_AT", "AP_CRASH_LOG", "AP_FAULT"]
            .into_iter()
            .filter_map(|name| Some((name, std::env::var(name).ok()?)))
            .collect()
    }

    /// A place where the process may be made to die.
    pub fn point(name: impl std::fmt::Display) {
        let (Ok(log), Some(role)) = (std::env::var("AP_CRASH_LOG"), ROLE.get()) else {
            return;
        };
        let thread = std::thread::current();
        let role = match thread.name() {
            None | Some("main") => role,
            Some(other) => other,
        };
        let _turn = TURN.lock();
        let passed = fs::read_to_string(&log).unwrap_or_default();
        let count = passed
            .lines()
            .filter(|line| line.split(' ').next() == Some(role))
            .count()
            + 1;
        let file = fs::OpenOptions::new().create(true).append(true).open(&log);
        if let Ok(mut file) = file {
            let _ = file.write_all(format!("{role} {name}\n").as_bytes());
        }
        let is_here =
            |at: String| at == format!("{role}:{count}") || at == format!("{role}:{name}");
        if std::env::var("AP_CRASH_AT").is_ok_and(is_here) {
            let _ = kill(nix::unistd::getpid(), Signal::SIGKILL);
            // The signal is on its way; nothing may happen before it comes.
            loop {
                std::thread::park();
            }
        }
    }
}
