//! `ap smoke`: runs a script for a short time, to see that it does not fail at once, before it is detached.
use super::context::Context;
use crate::error::{Error, ErrorKind, ExitCode, Result};
use crate::exec::smoke::{SmokeEnd, SmokeRun};
use crate::text::{count, shown};
use crate::ui::{note, out};
use camino::{Utf8Path, Utf8PathBuf};
use std::time::Duration;

/// How many lines of a failed script's standard error are shown.
const SHOWN_LINES: usize = 30;

#[derive(clap::Args, Debug)]
#[command(
    after_help = "Prints SMOKE_OK, or SMOKE_FAIL and the end of its standard error. Exit codes: 0 if the script exits with 0, or is \
still alive after --min-alive, when it is ended; 1 if it fails before; 2 if it cannot be run"
)]
pub(super) struct Args {
    /// The script: an executable file
    script: Utf8PathBuf,
    /// Seconds it may take to get going
    #[arg(
        long,
        alias = "timeout-sec",
        value_name = "SECONDS",
        default_value_t = 60
    )]
    timeout: u64,
    /// Seconds after which it counts as working if it still runs
    #[arg(
        long,
        alias = "min-alive-sec",
        value_name = "SECONDS",
        default_value_t = 30
    )]
    min_alive: u64,
    /// The folder to run it in; that of the script by default
    #[arg(long, value_name = "DIR")]
    workdir: Option<Utf8PathBuf>,
}

pub(super) fn run(args: &Args, context: &Context) -> Result<ExitCode> {
    if args.timeout < args.min_alive {
        let message = format!(
            "--timeout {} is shorter than --min-alive {}",
            args.timeout, args.min_alive
        );
        return Err(Error::new(ErrorKind::BadValue, message)
            .hint("a script that still runs after --min-alive counts as working"));
    }
    let script = executable(&args.script)?;
    let workdir = workdir(args, &script)?;
    let min_alive = Duration::from_secs(args.min_alive);
    match SmokeRun::start(&script, &workdir, &context.env)?.watch(min_alive)? {
        SmokeEnd::Alive => {
            let seconds = count(args.min_alive, "second");
            out(format!(
                "SMOKE_OK: still running after {seconds}, and ended"
            ))?;
            Ok(ExitCode::Done)
        }
        SmokeEnd::Exited { code: Some(0), .. } => {
            out("SMOKE_OK: exited with 0")?;
            Ok(ExitCode::Done)
        }
        SmokeEnd::Exited {
            code,
            signal,
            stderr,
        } => {
            let how = match (code, signal) {
                (Some(code), _) => format!("exited with {code}"),
                (None, Some(signal)) => format!("ended by signal {signal}"),
                (None, None) => "ended".to_owned(),
            };
            out(format!("SMOKE_FAIL: {how}"))?;
            let lines: Vec<&str> = stderr.lines().collect();
            for line in &lines[lines.len().saturating_sub(SHOWN_LINES)..] {
                note(shown(line));
            }
            Ok(ExitCode::Failed)
        }
        SmokeEnd::Interrupted => Ok(ExitCode::Cancelled),
    }
}

/// Returns the whole path of a file that can be executed.
fn executable(script: &Utf8Path) -> Result<Utf8PathBuf> {
    let missing = |why: &str| {
        Error::new(ErrorKind::BadInput, format!("{script} {why}")).hint(format!(
            "is the path right? `ls -l {script}`; `chmod +x {script}` makes it executable"
        ))
    };
    let path = script
        .canonicalize_utf8()
        .map_err(|_| missing("does not exist"))?;
    let is_executable = nix::unistd::access(path.as_std_path(), nix::unistd::AccessFlags::X_OK);
    if !path.is_file() || is_executable.is_err() {
        return Err(missing("is not an executable file"));
    }
    Ok(path)
}

fn workdir(args: &Args, script: &Utf8Path) -> Result<Utf8PathBuf> {
    match &args.workdir {
        None => Ok(script.parent().unwrap_or(script).to_owned()),
        Some(folder) if folder.is_dir() => Ok(folder.clone()),
        Some(folder) => Err(Error::new(
            ErrorKind::BadInput,
            format!("{folder} is not a folder"),
        )),
    }
}
