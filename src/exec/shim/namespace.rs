//! A PID namespace around an agent, on Linux: when its first process is gone, the kernel ends all others in it.
//!
//! The guard makes the namespace, and the shim is its first process, so that the shim sees everything in it and nothing
//! else. An ordinary user needs a user namespace for that, in which programs such as sudo have no effect.
use crate::model::Containment;
use std::io;

#[cfg(target_os = "linux")]
mod platform {
    use fs_err as fs;
    use nix::mount::{MsFlags, mount};
    use nix::sched::{CloneFlags, unshare};
    use nix::unistd::{getegid, geteuid};
    use std::io::{self, Write as _};

    /// Makes the next child of this process the first one of a namespace. The process must have one thread.
    pub(in crate::exec::shim) fn enter() -> io::Result<()> {
        if geteuid().is_root() && unshare(CloneFlags::CLONE_NEWPID).is_ok() {
            return Ok(());
        }
        let (user, group) = (geteuid(), getegid());
        unshare(CloneFlags::CLONE_NEWUSER | CloneFlags::CLONE_NEWPID)?;
        // Only root keeps the right to mount when another program is executed; the shim becomes the user again.
        map_user((0, user.as_raw()), (0, group.as_raw()))
    }

    /// Maps one user and one group of a new user namespace, each inside and outside.
    fn map_user(user: (u32, u32), group: (u32, u32)) -> io::Result<()> {
        // Without the first line the kernel does not accept the last.
        set("/proc/self/setgroups", "deny")?;
        set("/proc/self/uid_map", &format!("{} {} 1", user.0, user.1))?;
        set("/proc/self/gid_map", &format!("{} {} 1", group.0, group.1))
    }

    /// Writes into a file of the kernel.
    fn set(path: &str, text: &str) -> io::Result<()> {
        let mut file = fs::OpenOptions::new().write(true).open(path)?;
        file.write_all(text.as_bytes())
    }

    /// Returns which id outside is root here, if it is the only one that is mapped.
    fn outside(map: &str) -> io::Result<Option<u32>> {
        let text = fs::read_to_string(map)?;
        let fields: Vec<&str> = text.split_ascii_whitespace().collect();
        Ok(match fields.as_slice() {
            ["0", outside, "1"] => outside.parse().ok(),
            _ => None,
        })
    }

    /// Whether this process is the first one of a namespace.
    pub(in crate::exec::shim) fn is_first() -> bool {
        std::process::id() == 1
    }

    /// Makes the first process of a namespace ready to start an agent: with a `/proc` that fits, as the user outside.
    pub(in crate::exec::shim) fn settle() -> io::Result<()> {
        mount_proc()?;
        let (user, group) = (
            outside("/proc/self/uid_map")?,
            outside("/proc/self/gid_map")?,
        );
        let (Some(user), Some(group)) = (user, group) else {
            return Ok(());
        };
        unshare(CloneFlags::CLONE_NEWUSER)?;
        map_user((user, 0), (group, 0))
    }

    /// Mounts a `/proc` that shows this namespace. Only that mount is private: what an agent mounts elsewhere is seen
    /// outside as before.
    fn mount_proc() -> io::Result<()> {
        const NONE: Option<&str> = None;
        unshare(CloneFlags::CLONE_NEWNS)?;
        mount(NONE, "/proc", NONE, MsFlags::MS_PRIVATE, NONE)?;
        let flags = MsFlags::MS_NOSUID | MsFlags::MS_NODEV | MsFlags::MS_NOEXEC;
        mount(Some("proc"), "/proc", Some("proc"), flags, NONE)?;
        Ok(())
    }
}

#[cfg(not(target_os = "linux"))]
mod platform {
    use std::io;

    pub(in crate::exec::shim) fn enter() -> io::Result<()> {
        Err(io::Error::from(io::ErrorKind::Unsupported))
    }

    pub(in crate::exec::shim) fn is_first() -> bool {
        false
    }

    pub(in crate::exec::shim) fn settle() -> io::Result<()> {
        Err(io::Error::from(io::ErrorKind::Unsupported))
    }
}

pub(super) use platform::{enter, is_first, settle};

/// Returns how the agent of this shim is contained.
pub(super) fn containment() -> Containment {
    if is_first() {
        Containment::Namespace
    } else {
        Containment::Groups
    }
}

/// Starts the second half of a trial in a namespace, with its arguments, and waits for it.
pub(super) fn try_out(second: &[std::ffi::OsString]) -> io::Result<()> {
    enter()?;
    let mut command = std::process::Command::new(std::env::current_exe()?);
    if command.args(second).status()?.success() {
        Ok(())
    } else {
        Err(io::Error::other("the namespace has no /proc of its own"))
    }
}

/// The second half of a trial: whether this process can be a shim in its namespace.
pub(super) fn tried_out() -> io::Result<()> {
    if !is_first() {
        return Err(io::Error::other("not the first process of a namespace"));
    }
    settle()?;
    std::fs::read_link("/proc/self").and_then(|own| {
        if own.as_os_str() == "1" {
            Ok(())
        } else {
            Err(io::Error::other("/proc shows another namespace"))
        }
    })
}
