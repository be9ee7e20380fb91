//! The file system and the clock sessions rely on.
use super::check::Check;
use crate::cli::containment;
use crate::cli::context::Context;
use crate::clock;
use crate::exec::containment::namespaces_work;
use crate::model::{Contain, Containment};
use crate::store::lock::FileLock;
use crate::ui::time;
use camino::{Utf8Path, Utf8PathBuf};
use nix::sys::statvfs::{Statvfs, statvfs};
use std::io;

/// Free space in MB below which a session fails soon.
const MIN_FREE_MB: u64 = 100;
/// Free space in MB below which a long session may fail.
const LOW_FREE_MB: u64 = 1024;
/// How far the clocks of machine and file system may be apart, in seconds.
const MAX_DRIFT_S: i64 = 5;
/// The earliest year that a correct clock shows.
const EARLIEST_YEAR: i16 = 2025;

/// Whether locks can be written and exclude each other.
pub(super) fn locks(context: &Context) -> Check {
    const NAME: &str = "locks";
    let wanted = context.project.locks();
    let folder = existing(&wanted);
    match locks_work(&folder) {
        Ok(true) if let Some(kind) = shared_kind(&folder) => Check::warning(
            NAME,
            format!(
                "locking works, but {folder} is on {kind}, whose locks may hold on this machine only"
            ),
            "run a session on one machine at a time; `ap` refuses to run it twice as long as both machines have names of their own",
        ),
        Ok(true) => Check::ok(NAME, format!("writable, and locking works ({wanted})")),
        Ok(false) => Check::problem(
            NAME,
            format!("a lock that is held can be acquired again in {folder}"),
            "keep the project on a local disk: two runners could run one session here",
        ),
        Err(error) => Check::problem(
            NAME,
            format!("{folder}: {error}"),
            "the project must be writable by you, and on a file system that supports flock",
        ),
    }
}

/// Returns the kind of a file system that several machines or containers may share with locks of their own.
#[cfg(target_os = "linux")]
fn shared_kind(folder: &Utf8Path) -> Option<&'static str> {
    use nix::sys::statfs::{
        CODA_SUPER_MAGIC, FUSE_SUPER_MAGIC, NFS_SUPER_MAGIC, SMB_SUPER_MAGIC, statfs,
    };
    let kind = statfs(folder.as_std_path()).ok()?.filesystem_type();
    let named = [
        (NFS_SUPER_MAGIC, "NFS"),
        (FUSE_SUPER_MAGIC, "FUSE"),
        (SMB_SUPER_MAGIC, "SMB"),
        (CODA_SUPER_MAGIC, "Coda"),
    ];
    named
        .into_iter()
        .find_map(|(magic, name)| (magic == kind).then_some(name))
}

/// The system does not name them in a portable way.
#[cfg(not(target_os = "linux"))]
fn shared_kind(_folder: &Utf8Path) -> Option<&'static str> {
    None
}

/// Acquires a lock twice; the second time must fail.
fn locks_work(folder: &Utf8Path) -> io::Result<bool> {
    let file = tempfile::Builder::new()
        .prefix(".ap-doctor-")
        .tempfile_in(folder)?;
    let (first, second) = (
        fs_err::File::open(file.path())?,
        fs_err::File::open(file.path())?,
    );
    let held = FileLock::try_exclusive(&first)?;
    Ok(held.is_some() && FileLock::try_exclusive(&second)?.is_none())
}

pub(super) fn disk(context: &Context) -> Check {
    const NAME: &str = "disk";
    const ADVICE: &str = "free some space; old runs are stored in .claude/pipeline-runs/.archive";
    let folder = existing(&context.project.runs());
    let free_mb = match statvfs(folder.as_std_path()) {
        Ok(about) => free_mb(&about),
        Err(error) => {
            return Check::warning(NAME, format!("{folder}: {error}"), "check the file system");
        }
    };
    let found = format!(
        "{}.{} GB free ({folder})",
        free_mb / 1024,
        free_mb % 1024 * 10 / 1024
    );
    if free_mb < MIN_FREE_MB {
        Check::problem(NAME, found, ADVICE)
    } else if free_mb < LOW_FREE_MB {
        Check::warning(NAME, found, ADVICE)
    } else {
        Check::ok(NAME, found)
    }
}

#[allow(
    clippy::useless_conversion,
    reason = "the numbers are smaller on some systems"
)]
fn free_mb(about: &Statvfs) -> u64 {
    u64::from(about.blocks_available()).saturating_mul(u64::from(about.fragment_size()))
        / (1024 * 1024)
}

/// How agents are contained here.
pub(super) fn containment(context: &Context) -> Check {
    const NAME: &str = "containment";
    let wanted = match containment::wanted(context) {
        Ok(wanted) => wanted,
        Err(error) => return Check::problem(NAME, error.to_string(), "set another value, or none"),
    };
    let is_root = nix::unistd::geteuid().is_root();
    if !wanted.wants_namespace(is_root) {
        return Check::ok(NAME, Containment::Groups.to_string());
    }
    if namespaces_work(&context.exe) {
        return Check::ok(NAME, Containment::Namespace.to_string());
    }
    let found = format!("{}: namespaces are forbidden here", Containment::Groups);
    if wanted == Contain::Namespace {
        let advice = "allow user namespaces, or remove `contain: namespace` from config.yaml";
        return Check::warning(NAME, found, advice);
    }
    Check::ok(NAME, found)
}

/// Whether the clock is plausible, and agrees with the file system's.
pub(super) fn clock(context: &Context) -> Check {
    const NAME: &str = "clock";
    let now = clock::now();
    if now.to_zoned(jiff::tz::TimeZone::UTC).year() < EARLIEST_YEAR {
        return Check::problem(
            NAME,
            format!("it shows {now}"),
            "set it: waits for quotas and limits depend on it",
        );
    }
    let written = tempfile::Builder::new()
        .prefix(".ap-doctor-")
        .tempfile_in(existing(&context.project.runs()));
    let modified = written.and_then(|file| file.as_file().metadata()?.modified());
    let apart = modified
        .ok()
        .and_then(|at| jiff::Timestamp::try_from(at).ok())
        .map(|at| now.duration_since(at).as_secs().abs());
    match apart {
        Some(apart) if MAX_DRIFT_S < apart => Check::warning(
            NAME,
            format!("the file system's clock is {apart} s away from this machine's"),
            "set both by NTP: ages of files are compared with the time",
        ),
        Some(_) | None => Check::ok(NAME, time::local(now, now)),
    }
}

/// Returns the folder, or its nearest ancestor that exists.
fn existing(folder: &Utf8Path) -> Utf8PathBuf {
    folder
        .ancestors()
        .find(|folder| folder.is_dir())
        .unwrap_or(Utf8Path::new("/"))
        .to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_lock_check_leaves_nothing_behind() {
        let folder = tempfile::tempdir().unwrap();
        let path = Utf8Path::from_path(folder.path()).unwrap();
        assert!(locks_work(path).unwrap());
        assert_eq!(path.read_dir_utf8().unwrap().count(), 0);
        assert_eq!(existing(&path.join("a/b")), path);
    }
}
