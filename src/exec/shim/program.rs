//! Which program a shim is, and how it is called.
use super::{attempt, guard};
use camino::Utf8Path;
use std::ffi::{OsStr, OsString};
use std::io;
use std::os::unix::process::CommandExt as _;
use std::process::Command;

/// The version of [`Job`](super::job::Job). A shim of another version passes its place on to the `ap` that called it.
const JOB_VERSION: &str = "1";
/// The argument of a guard, before the variables of the shim it starts.
const GUARD: &str = "guard";

/// Returns the call of a shim with nothing but `variables` in its environment: of `ap-shim` beside `ap`, or of `ap` itself
/// where that is missing. On Linux a guard is called, which starts the shim.
pub(super) fn command(
    ap: &Utf8Path,
    variables: impl IntoIterator<Item = (impl AsRef<OsStr>, impl AsRef<OsStr>)>,
) -> Command {
    let own = ap.with_file_name("ap-shim");
    let mut command = if own.is_file() {
        let mut command = Command::new(own);
        command.args([JOB_VERSION, ap.as_str()]);
        command
    } else {
        let mut command = Command::new(ap);
        command.arg("__shim");
        command
    };
    command.env_clear();
    if cfg!(target_os = "linux") {
        command.arg(GUARD);
        for (name, value) in variables {
            let mut variable = name.as_ref().to_owned();
            variable.push("=");
            variable.push(value);
            command.arg(variable);
        }
    } else {
        command.envs(variables);
    }
    command
}

/// Runs this program as `ap-shim`, with its arguments. If a runner of another version called it, it becomes the shim that
/// this runner's `ap` has built in.
pub fn main(args: &[OsString]) -> io::Result<()> {
    match args {
        [version, _, rest @ ..] if version == JOB_VERSION => run(&args[..2], rest),
        [_, ap, rest @ ..] => Err(Command::new(ap).arg("__shim").args(rest).exec()),
        _ => Err(io::Error::new(
            io::ErrorKind::InvalidInput,
            "ap-shim is called by ap",
        )),
    }
}

/// Runs this program as a shim or its guard. `shim` are the arguments that make it the shim, `rest` those after them.
pub fn run(shim: &[OsString], rest: &[OsString]) -> io::Result<()> {
    match rest {
        [first, variables @ ..] if first == GUARD => guard::guard(shim, variables),
        _ => attempt::main(),
    }
}
