//! Which program a shim is, and how it is called.
use camino::Utf8Path;
use std::ffi::OsStr;
use std::io;
use std::os::unix::process::CommandExt as _;
use std::process::Command;

/// The version of [`Job`](super::job::Job). A shim of another version passes its place on to the `ap` that called it.
const JOB_VERSION: &str = "1";

/// Returns the call of a shim: of `ap-shim` beside `ap`, or of `ap` itself where that is missing.
pub(super) fn command(ap: &Utf8Path) -> Command {
    let own = ap.with_file_name("ap-shim");
    if own.is_file() {
        let mut command = Command::new(own);
        command.args([JOB_VERSION, ap.as_str()]);
        command
    } else {
        let mut command = Command::new(ap);
        command.arg("__shim");
        command
    }
}

/// Becomes the shim that `ap` has built in, if a runner of another version called this one. Returns only otherwise, or
/// if that fails.
pub fn hand_over(mut args: impl Iterator<Item = std::ffi::OsString>) -> io::Result<()> {
    match (args.next(), args.next()) {
        (Some(version), _) if version == OsStr::new(JOB_VERSION) => Ok(()),
        (_, Some(ap)) => Err(Command::new(ap).arg("__shim").exec()),
        _ => Err(io::Error::new(
            io::ErrorKind::InvalidInput,
            "ap-shim is called by ap",
        )),
    }
}
