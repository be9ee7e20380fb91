//! The command line as clap sees it: every command, and what runs it.
use super::candidates::definition_names;
use super::command_names::is_command;
use super::context::Context;
use super::control::ControlArgs;
use super::session::SessionArgs;
use super::{
    answer, approve, attach, block, checkpoint, cleanup, completions, continue_session, cost, demo,
    doctor, dry_run, explain, fork, gate, health, hook, init, kill, lint, list, list_all, logs,
    man, new, notify, ok, overview, pause, plugin, projects, questions, queue, quota, reject,
    resume_project, run_project, say, schema, service, session_path, smoke, snapshot, start,
    start_supervisor, status, stop, tail, test, wait,
};
use crate::error::{ExitCode, Result};
use crate::plan::PlanKind;
use camino::{Utf8Path, Utf8PathBuf};
use clap::{Args as _, CommandFactory as _, FromArgMatches as _, Parser, Subcommand};
use start::loop_command::{self, StartArgs};
use start::pipeline;
use std::ffi::OsString;

const AFTER_HELP: &str = "\
A loop runs a fresh agent again and again until it is done:
  ap work auth 25           run `work` in tmux as `auth`, at most 25 times
  ap work auth 25 --resume  continue exactly where a crashed session was
  ap status auth            show its progress; `ap list` shows all sessions
  ap attach auth            watch it (detach with Ctrl-b d)

Exit codes: 0 done, 1 failed, 2 bad usage or definition, 3 already running,
            4 ended short of its goal (a limit, no task), 5 stopped by you,
            6 asks you (`ap wait auth --or-question`),
            75 interrupted from outside: run it again with --resume

AP_LOG=debug logs what ap does: to stderr, or for a session in tmux to ap.log in
its run directory";

const ABOUT_LOOP: &str = "Run a loop: `ap loop work auth 25`, or shorter `ap work auth 25`";

/// Run coding agents again and again until the work is done, and resume after any crash
#[derive(Debug, Parser)]
#[command(name = "ap", version, after_help = AFTER_HELP, disable_help_subcommand = true, args_conflicts_with_subcommands = true)]
pub(super) struct Cli {
    #[command(flatten)]
    overview: overview::Args,
    #[command(flatten)]
    project_arg: ProjectArg,
    #[command(subcommand)]
    command: Option<Command>,
}

/// The project a command works in.
#[derive(clap::Args, Clone, Debug, Default)]
struct ProjectArg {
    /// Work in the project of this folder instead of the current one
    #[arg(short = 'C', long = "project", value_name = "DIR", global = true)]
    project: Option<Utf8PathBuf>,
}

/// Where a command of cc-autopipe writes a service.
#[derive(clap::Args, Debug)]
struct OldService {
    /// Write into this folder, and start nothing
    #[arg(long, value_name = "DIR")]
    target_dir: Option<Utf8PathBuf>,
    /// Not needed: the state folder is yours
    #[arg(long, hide = true)]
    home: Option<Utf8PathBuf>,
}

impl OldService {
    fn target(&self, launchd: bool) -> service::Target {
        service::Target::old(launchd, self.target_dir.clone())
    }
}

#[derive(Debug, Subcommand)]
enum Command {
    #[command(about = ABOUT_LOOP)]
    Loop(loop_command::Args),
    /// Run a pipeline of several stages
    Pipeline(pipeline::Args),
    /// Show the state of a session, or of all sessions
    Status(status::Args),
    /// List the project's sessions, the latest first
    #[command(visible_aliases = ["ls", "runs"])]
    List(list::Args),
    /// Show what agents cost: by session, day, model, node or project
    Cost(cost::Args),
    /// Show a session's window (inside tmux: switch to it)
    Attach(SessionArgs),
    /// Show what a session's agents said and did, or its journal
    Logs(logs::Args),
    /// Follow a session, or all that registered projects and the supervisor do
    Tail(tail::Args),
    /// Start a new session from the state after an iteration of another one, in a worktree at that commit
    Fork(fork::Args),
    /// Wait for a session's end; the exit code is the session's own
    Wait(wait::Args),
    /// Pause a session when its current iteration or wait ends
    Pause(pause::Args),
    /// Answer what a session asks
    Answer(answer::Args),
    /// Approve what a session asks, and let it continue
    Approve(answer::DecisionArgs),
    /// Reject what a session asks: it stops, or its agent reads why
    Reject(answer::DecisionArgs),
    /// Accept your own change of a check in a session that has begun
    Gate(gate::Args),
    /// Send a message to the agent at work
    Say(say::Args),
    /// Show what sessions ask you, and how to answer
    Questions(questions::Args),
    /// Continue a paused session, end a wait, or approve what it asks
    Continue(continue_session::Args),
    /// Stop a session and its agent now; without a session the supervisor
    Stop(stop::Args),
    /// Start the supervisor, which works on all registered projects day and night
    Start(start_supervisor::Args),
    /// Resume a registered project, or a session of this project
    Resume(resume_project::Args),
    /// Work on a registered project in this terminal, without the supervisor
    Run(run_project::Args),
    /// Kill every process of a session immediately, without a graceful stop; `--resume` continues it
    Kill(ControlArgs),
    /// Run a demo: five small tasks in a scratch repository, with nothing installed and no account
    Demo(demo::Args),
    /// Create a loop or pipeline to start from
    New(new::Args),
    /// Check loops and pipelines, and print every mistake with its location
    Lint(lint::Args),
    /// Show what a loop or pipeline would do: its plan, and the prompt and command line of each first agent
    DryRun(dry_run::Args),
    /// Print the JSON Schema of a file, or of what a command prints with --json
    Schema(schema::Args),
    /// Run loops and pipelines against their recordings, without an account
    Test(test::Args),
    /// Clean up what crashed sessions left behind; running ones are never touched
    Cleanup(cleanup::Args),
    /// Check what sessions need: programs, tmux, locks, disk, and whether they survive a logout
    Doctor(doctor::Args),
    /// Explain a file, its fields, or a part of how ap works
    Explain(explain::Args),
    /// Install the skills, slash commands, sub-agents and hook of Agent Pipelines into Claude Code
    Plugin(plugin::Args),
    /// Prepare a project that agents build from its PRD
    Init(init::Args),
    /// Leave a note for the agents after this one, from inside a session
    Checkpoint(checkpoint::Args),
    /// Ask for the user from inside a session, which runs no other agent before the answer
    Block(block::Args),
    /// Run a script for a short time, to see that it does not fail at once
    Smoke(smoke::Args),
    /// Answer a hook of Claude Code
    #[command(hide = true)]
    Hook(hook::Args),
    /// Print a shell's completions: `source <(ap completions bash)`
    Completions(completions::Args),
    /// Print the manual page, or write all of them
    Man(man::Args),
    /// Show, claim, release and close tasks
    Queue(queue::Args),
    /// Answer whether all is well: six questions, and exit code 0 or 1
    Ok(ok::Args),
    /// Show everything about a project on one page
    Snapshot(snapshot::Args),
    /// Show what became of the iterations of the last hour or day
    Health(health::Args),
    /// Have the supervisor started with the machine, by systemd or launchd
    Service(service::Args),
    /// Install the systemd unit, as cc-autopipe called it
    #[command(hide = true)]
    InstallSystemd(OldService),
    /// Remove the systemd unit, as cc-autopipe called it
    #[command(hide = true)]
    UninstallSystemd(OldService),
    /// Install the launchd agent, as cc-autopipe called it
    #[command(hide = true)]
    InstallLaunchd(OldService),
    /// Remove the launchd agent, as cc-autopipe called it
    #[command(hide = true)]
    UninstallLaunchd(OldService),
    /// List and change the projects that the supervisor works on
    Projects(projects::Args),
    /// Set up and test notifications, and show those that wait
    Notify(notify::Args),
    /// Show the used quota, what your policy allows, and what it holds
    Quota(quota::Args),
    /// Print the help of a command
    Help {
        /// The command, or a loop
        #[arg(num_args = 0.., trailing_var_arg = true)]
        words: Vec<OsString>,
    },
    /// Print the version
    Version,
    /// `ap <loop> [session] [max]`
    #[command(external_subcommand)]
    Shortcut(Vec<OsString>),
}

/// `ap <loop> …`: a loop's name instead of a command.
#[derive(Debug, Parser)]
#[command(name = "ap", about = ABOUT_LOOP, long_about = None, disable_help_subcommand = true)]
struct Shortcut {
    #[command(flatten)]
    args: loop_command::Args,
    #[command(flatten)]
    project_arg: ProjectArg,
}

impl Cli {
    /// Parses a command line.
    pub(super) fn parse_args<A>(args: impl IntoIterator<Item = A>) -> Result<Self, clap::Error>
    where
        A: Into<OsString> + Clone,
    {
        let (first, args) = leading_project(args.into_iter().map(Into::into).collect());
        let matches = Self::command().try_get_matches_from(args)?;
        let mut cli = Self::from_arg_matches(&matches)?;
        if let Some(Command::Help { words }) = cli.command {
            let words = std::iter::once("ap".into()).chain(words);
            return Self::parse_args(words.chain(["--help".into()]));
        }
        cli.project_arg.project = cli.project_arg.project.or(first);
        Ok(cli)
    }

    /// Returns the words of `ap <loop> …`, which may name no loop.
    pub(super) fn shortcut(&self) -> Option<&[OsString]> {
        match &self.command {
            Some(Command::Shortcut(words)) => Some(words),
            _ => None,
        }
    }

    /// Parses the words after a loop's name as those of `ap loop`.
    pub(super) fn with_shortcut(mut self) -> Result<Self, clap::Error> {
        if let Some(Command::Shortcut(words)) = self.command {
            let words = std::iter::once(OsString::from("ap")).chain(words);
            let shortcut = Shortcut::try_parse_from(words)?;
            self.command = Some(Command::Loop(shortcut.args));
            self.project_arg.project = shortcut.project_arg.project.or(self.project_arg.project);
        }
        Ok(self)
    }

    /// Returns the folder of the project to work in, if one is named.
    pub(super) fn project(&self) -> Option<&Utf8Path> {
        let project = self.project_arg.project.as_deref();
        project.filter(|_| !self.names_projects())
    }

    /// Whether `--project` names registered projects, which need not be folders.
    fn names_projects(&self) -> bool {
        match &self.command {
            Some(Command::Tail(args)) => args.session.is_none(),
            Some(Command::Ok(_) | Command::Snapshot(_) | Command::Health(_)) => true,
            _ => false,
        }
    }

    /// Runs the command.
    pub(super) fn run(self, context: &Context) -> Result<ExitCode> {
        let Some(command) = self.command else {
            return overview::run(&self.overview, context);
        };
        let projects = self.project_arg.project.as_deref();
        match command {
            Command::Loop(args) => loop_command::run(&args, context),
            Command::Pipeline(args) => pipeline::run(&args, context),
            Command::Status(args) => status::run(&args, context),
            Command::List(args) if args.all => list_all::run(&args, context),
            Command::List(args) => list::run(&args, context),
            Command::Cost(args) => cost::run(&args, context),
            Command::Attach(args) => attach::run(&args, context),
            Command::Logs(args) => logs::run(&args, context),
            Command::Tail(args) => tail::run(&args, projects, context),
            Command::Fork(args) => fork::run(&args, context),
            Command::Wait(args) => wait::run(&args, context),
            Command::Answer(args) => answer::run(&args, context),
            Command::Approve(args) => approve::run(&args, context),
            Command::Reject(args) => reject::run(&args, context),
            Command::Gate(args) => gate::run(&args, context),
            Command::Say(args) => say::run(&args, context),
            Command::Questions(args) => questions::run(&args, context),
            Command::Pause(args) => pause::run(&args, context),
            Command::Continue(args) => continue_session::run(&args, context),
            Command::Stop(args) => stop::run(&args, context),
            Command::Start(args) => start_supervisor::run(&args, context),
            Command::Resume(args) => resume_project::run(&args, context),
            Command::Run(args) => run_project::run(&args, context),
            Command::Kill(args) => kill::run(&args, context),
            Command::Demo(args) => demo::run(&args, context),
            Command::New(args) => new::run(&args, context),
            Command::Lint(args) => lint::run(&args, context),
            Command::DryRun(args) => dry_run::run(&args, context),
            Command::Schema(args) => schema::run(&args),
            Command::Test(args) => test::run(&args, context),
            Command::Cleanup(args) => cleanup::run(&args, context),
            Command::Doctor(args) => doctor::run(&args, context),
            Command::Explain(args) => explain::run(&args, context),
            Command::Plugin(args) => plugin::run(&args, context),
            Command::Init(args) => init::run(&args, context),
            Command::Checkpoint(args) => checkpoint::run(&args, context),
            Command::Block(args) => block::run(&args, context),
            Command::Smoke(args) => smoke::run(&args, context),
            Command::Hook(args) => hook::run(&args, context),
            Command::Completions(args) => completions::run(&args, context),
            Command::Man(args) => man::run(&args, Self::command()),
            Command::Queue(args) => queue::run(&args, context),
            Command::Notify(args) => notify::run(&args, context),
            Command::Quota(args) => quota::run(&args, context),
            Command::Projects(args) => projects::run(&args, context),
            Command::Ok(args) => ok::run(&args, projects, context),
            Command::Snapshot(args) => snapshot::run(&args, projects, context),
            Command::Health(args) => health::run(&args, projects, context),
            Command::Service(args) => service::run(&args, context),
            Command::InstallSystemd(old) => service::install(&old.target(false), context),
            Command::UninstallSystemd(old) => service::uninstall(&old.target(false), context),
            Command::InstallLaunchd(old) => service::install(&old.target(true), context),
            Command::UninstallLaunchd(old) => service::uninstall(&old.target(true), context),
            Command::Version => {
                crate::ui::out(concat!("ap ", env!("CARGO_PKG_VERSION")))?;
                Ok(ExitCode::Done)
            }
            Command::Help { .. } => unreachable!("`parse_args` makes it `--help`"),
            Command::Shortcut(_) => unreachable!("`with_shortcut` makes it `ap loop`"),
        }
    }
}

/// Takes `-C DIR` from before the command, where clap would have it exclude commands.
fn leading_project(mut args: Vec<OsString>) -> (Option<Utf8PathBuf>, Vec<OsString>) {
    let word = |index: usize| args.get(index).and_then(|word| word.to_str());
    let (folder, words) = match (word(1), word(2)) {
        (Some("-C" | "--project"), Some(folder)) => (folder.into(), 2),
        (Some(option), _) => match option.strip_prefix("--project=") {
            Some(folder) => (folder.into(), 1),
            None => return (None, args),
        },
        (None, _) => return (None, args),
    };
    args.drain(1..=words);
    (Some(folder), args)
}

/// Returns every command with its arguments and help.
pub fn definition() -> clap::Command {
    Cli::command()
}

/// Returns the same with a subcommand for each loop, so that a shell completes `ap <loop>` too.
pub(super) fn with_loops() -> clap::Command {
    let loops = definition_names(Some(PlanKind::Loop));
    let loops = loops.into_iter().filter(|name| !is_command(name));
    Cli::command().subcommands(loops.map(|name| StartArgs::augment_args(clap::Command::new(name))))
}

/// Checks whether a command line can be parsed. Runs nothing.
pub fn check(args: &[&str]) -> Result<(), clap::Error> {
    let args = args.iter().map(OsString::from).collect();
    Cli::parse_args(session_path::without_project(args))?
        .with_shortcut()
        .map(drop)
}

#[cfg(test)]
mod tests;
