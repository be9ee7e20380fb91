//! `ap start`: starts the supervisor.
use super::context::Context;
use super::format::Format;
use super::supervisor::daemon;
use super::supervisor::settings::environment;
use crate::clock;
use crate::error::{Error, ErrorKind, ExitCode, Result};
use crate::exec::detached::Detached;
use crate::exec::launcher::LaunchSocket;
use crate::fleet::{Desired, DesiredState};
use crate::store::fleet::{self, SupervisorHolder};
use crate::store::layout::StateFile;
use crate::store::registry;
use crate::text::count;
use crate::ui::{self, note};
use camino::Utf8PathBuf;
use fs_err as fs;
use fs_err::os::unix::fs::OpenOptionsExt as _;
use serde::Serialize;

#[derive(clap::Args, Debug)]
#[command(mut_arg("json", |json| json.help("Print JSON (`ap schema ap-start-supervisor`)")))]
pub(super) struct Args {
    /// Stay in this terminal and log to stderr, for service managers
    #[arg(long)]
    foreground: bool,
    /// Stay up but idle if you stopped it with `ap stop`: for service managers
    #[arg(long)]
    as_service: bool,
    /// Start it only if you did not stop it with `ap stop`: for cron and task schedulers
    #[arg(long, conflicts_with = "as_service")]
    unless_stopped: bool,
    /// Replace a supervisor that runs by this version of ap; its sessions continue meanwhile
    #[arg(long, conflicts_with_all = ["as_service", "unless_stopped"])]
    upgrade: bool,
    #[command(flatten)]
    format: Format,
}

/// What became of a start, as `--json` prints it.
#[derive(Serialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
pub(super) struct SupervisorStart {
    /// `started`, or `stopped` where `--unless-stopped` started nothing.
    result: &'static str,
    pid: Option<i32>,
    version: Option<String>,
    projects: usize,
    /// The supervisor's log.
    #[cfg_attr(feature = "schemas", schemars(with = "String"))]
    log: Utf8PathBuf,
    message: String,
}

pub(super) fn run(args: &Args, context: &Context) -> Result<ExitCode> {
    let is_stopped =
        fleet::desired(&context.dirs).is_some_and(|desired| desired.state == DesiredState::Stop);
    if args.unless_stopped && is_stopped {
        let message = "You stopped the supervisor with `ap stop`; `ap start` starts it.";
        return result("stopped", None, message.to_owned(), args.format, context);
    }
    if !args.as_service && !args.unless_stopped {
        // Before anything else, so that a supervisor that runs already hears of it too.
        let desired = Desired {
            state: DesiredState::Run,
            by: "ap start".to_owned(),
            at: clock::now(),
        };
        fleet::set_desired(&context.dirs, &desired)?;
        fleet::wake(&context.dirs, "desired")?;
    }
    let env = environment(args.as_service || args.unless_stopped, context)?;
    let takes_over = args.upgrade;
    let request = daemon::Request { env, takes_over };
    if args.foreground {
        if args.as_service && is_stopped {
            note("note: `ap stop` stopped the supervisor, so it is idle until `ap start`");
        }
        return daemon::in_this_terminal(&request, context);
    }
    let log = context.dirs.state_file(StateFile::SupervisorLog);
    let holder = detach(&request, &log, context)?;
    let projects = registry::read(&context.dirs)?.projects.len();
    let message = format!(
        "The supervisor runs (pid {}), with {}.\n  status  ap status\n  log     {log}\n  stop    ap stop",
        holder.pid,
        count(projects, "project")
    );
    result("started", Some(holder), message, args.format, context)
}

fn result(
    result: &'static str,
    holder: Option<SupervisorHolder>,
    message: String,
    format: Format,
    context: &Context,
) -> Result<ExitCode> {
    match format {
        Format::Text => ui::say(message)?,
        Format::Json => ui::json::print(&SupervisorStart {
            result,
            pid: holder.as_ref().map(|holder| holder.pid),
            version: holder.map(|holder| holder.version),
            projects: registry::read(&context.dirs)?.projects.len(),
            log: context.dirs.state_file(StateFile::SupervisorLog),
            message,
        })?,
    }
    Ok(ExitCode::Done)
}

/// Starts the supervisor in the background, and returns once it is up or with its error.
fn detach(
    request: &daemon::Request,
    log: &Utf8PathBuf,
    context: &Context,
) -> Result<SupervisorHolder> {
    if let Some(folder) = log.parent() {
        fs::create_dir_all(folder)?;
    }
    let file = fs::OpenOptions::new()
        .create(true)
        .append(true)
        .mode(0o600)
        .open(log)?;
    let socket = LaunchSocket::open()?;
    let path = socket.path()?;
    let args = ["__supervisor", path.as_str()];
    let mut child = Detached::start(&context.exe, &args, &context.env, file.file())?;
    let reply = socket.send(request, &|| Ok(()), || child.is_running());
    let reply = reply.map_err(|_| {
        Error::new(ErrorKind::Launch, "the supervisor did not come up")
            .hint(format!("see {log}, or try `ap start --foreground`"))
    })?;
    reply.check()?;
    fleet::holder(&context.dirs)
        .ok_or_else(|| Error::new(ErrorKind::Launch, "the supervisor has ended already"))
}
