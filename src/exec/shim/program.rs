//! Which program a shim is, and how it is called.
use super::signals::Signals;
use super::{attempt, guard, namespace, swept_command};
use crate::model::Containment;
use camino::{Utf8Path, Utf8PathBuf};
use std::ffi::{OsStr, OsString};
use std::io;
use std::os::unix::process::CommandExt as _;
use std::process::Command;

/// The version of how a shim is called and of its [`Job`](super::job::Job). A shim of another version passes its place on
/// to the `ap` that called it.
const JOB_VERSION: &str = "5";
/// The argument of a guard that puts its shim into a PID namespace.
const NAMESPACE: &str = "namespace";
/// The arguments of a trial whether namespaces work, and of its second half.
const TRY: &str = "try";
const TRIED: &str = "tried";
/// The argument before the caller's process id and a program whose remains are to be ended.
const SWEPT: &str = "swept";

/// Returns the call of a shim with nothing but `variables` in its environment: of `ap-shim` beside `ap`, or of `ap` itself
/// where that is missing. On Linux it starts the guard, which forks the shim.
pub(super) fn command(
    ap: &Utf8Path,
    containment: Containment,
    variables: impl IntoIterator<Item = (impl AsRef<OsStr>, impl AsRef<OsStr>)>,
) -> Command {
    let (program, args) = program(ap);
    let mut command = Command::new(program);
    command.args(args).env_clear().envs(variables);
    if containment == Containment::Namespace {
        command.arg(NAMESPACE);
    }
    command
}

/// Returns the program that is the shim, and the arguments that make it so.
fn program(ap: &Utf8Path) -> (Utf8PathBuf, Vec<String>) {
    let own = ap.with_file_name("ap-shim");
    if own.is_file() {
        (own, vec![JOB_VERSION.to_owned(), ap.to_string()])
    } else {
        (ap.to_owned(), vec!["__shim".to_owned()])
    }
}

/// Returns the call to put before a program, so that what it leaves behind is ended; nothing where this process is neither
/// `ap` nor beside it, as in unit tests.
pub fn sweeper() -> Option<(Utf8PathBuf, Vec<String>)> {
    let own = Utf8PathBuf::from_path_buf(std::env::current_exe().ok()?).ok()?;
    let (program, mut args) = program(&own);
    if program == own && own.file_name() != Some("ap") {
        return None;
    }
    args.extend([SWEPT.to_owned(), std::process::id().to_string()]);
    Some((program, args))
}

/// Returns the call that tries out whether agents can be run in a namespace.
pub fn trial(ap: &Utf8Path) -> (Utf8PathBuf, Vec<String>) {
    let (program, mut args) = program(ap);
    args.push(TRY.to_owned());
    (program, args)
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

/// Runs this program as a shim and its guard. `shim` are the arguments that make it a shim, `rest` those after them.
pub fn run(shim: &[OsString], rest: &[OsString]) -> io::Result<()> {
    match rest {
        [first] if first == NAMESPACE => {
            // Where it is forbidden after all, groups and marks have to do.
            let _ = namespace::enter();
            run_attempt()
        }
        [first, caller, program @ ..] if first == SWEPT => {
            swept_command::run(&caller.to_string_lossy(), program)
        }
        [first] if first == TRY => namespace::try_out(&[shim, &[TRIED.into()]].concat()),
        [first] if first == TRIED => namespace::tried_out(),
        _ => run_attempt(),
    }
}

/// Runs one attempt, on Linux in a fork of this process, whose guard it is.
fn run_attempt() -> io::Result<()> {
    let signals = if cfg!(target_os = "linux") {
        guard::fork_shim()?
    } else {
        Some(Signals::listen()?)
    };
    match signals {
        Some(signals) => attempt::run(signals),
        None => Ok(()),
    }
}
