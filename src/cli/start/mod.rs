//! Starts and resumes sessions: shared by `ap <loop>`, `ap loop` and `ap pipeline`.
pub(super) mod loop_command;
pub(super) mod pipeline;
mod refusals;
mod resume;
mod slice;

use super::account::LoginCheck;
use super::cleanup::end_abandoned_agents;
use super::context::Context;
use super::format::Format;
use super::launch::{attach, in_this_terminal, in_tmux};
use super::overrides::{self, OverrideArgs};
use crate::clock;
use crate::compile::Sources;
use crate::error::{ExitCode, Result};
use crate::fixture;
use crate::model::{Change, SessionName};
use crate::plan::{Plan, PlanKind};
use crate::runner::{Mode, SessionRequest};
use crate::store::roots;
use crate::store::session::{is_older_run, older_run};
use crate::ui::note;
use camino::Utf8PathBuf;
use slice::GivenSlice;
use std::cell::Cell;

/// Flags of every start.
#[derive(clap::Args, Clone, Debug, Default)]
#[command(mut_arg("json", |json| json.help_heading("Session").help("Print JSON (`ap schema ap-start`); with --foreground the agents' output goes to stderr")))]
pub(super) struct Flags {
    /// Start over: stop a running session of that name first and keep its old run under .archive
    #[arg(help_heading = "Session", long, conflicts_with = "resume")]
    force: bool,
    /// Continue a crashed, failed or stopped session exactly where it was
    #[arg(help_heading = "Session", long)]
    resume: bool,
    /// For scripts: continue the session if there is one, else start it. One that you stopped is left alone (exit code 5)
    #[arg(help_heading = "Session", long, conflicts_with_all = ["force", "resume", "recompile"])]
    resume_or_start: bool,
    /// Continue or replace a session whose runner's machine is gone for good
    #[arg(help_heading = "Session", long)]
    take_over: bool,
    /// With --resume: continue with the definition as it is now, where that is safe
    #[arg(help_heading = "Session", long)]
    recompile: bool,
    /// Run in this terminal instead of tmux; the exit code is the session's own
    #[arg(help_heading = "Session", long, visible_alias = "no-tmux")]
    foreground: bool,
    /// Show the session's window once it runs
    #[arg(help_heading = "Session", long, conflicts_with_all = ["foreground", "json"])]
    attach: bool,
    /// Record a fixture of the session once it has ended, for `ap test`; in DIR, or where `ap test` looks for it
    #[arg(help_heading = "Session", long, value_name = "DIR", num_args = 0..=1, require_equals = true, default_missing_value = "", conflicts_with = "resume")]
    record: Option<Utf8PathBuf>,
    /// For the supervisor: a project and the slice it gives it
    #[arg(
        long,
        hide = true,
        value_name = "PROJECT:GENERATION",
        conflicts_with = "attach"
    )]
    slice: Option<GivenSlice>,
    #[command(flatten)]
    overrides: OverrideArgs,
    #[command(flatten)]
    format: Format,
}

/// A new session.
struct Start<'a> {
    sources: &'a Sources,
    session: SessionName,
    /// The command line that starts it, from which the one to resume it is made.
    command: String,
    max_iterations: Option<u32>,
    /// The folder of the fixture to record.
    record: Option<Utf8PathBuf>,
    flags: &'a Flags,
}

impl Start<'_> {
    fn run(&self, context: &Context) -> Result<ExitCode> {
        let flags = self.flags;
        let overrides = flags
            .overrides
            .to_overrides(self.max_iterations)?
            .or(overrides::environment(context)?);
        let mut plan = super::compile::plan(
            self.sources,
            self.session.clone(),
            self.command.clone(),
            &overrides,
            context,
        )?;
        plan.record.clone_from(&self.record);
        fixture::check(&plan)?;
        let request = SessionRequest {
            plan,
            mode: if flags.force { Mode::Force } else { Mode::New },
            max_iterations: self.max_iterations,
            change: Change::default(),
            replace: false,
            take_over: flags.take_over,
            slice: None,
        };
        launch(request, flags, context)
    }
}

/// Finds what to run, and the folder of the fixture to record.
fn find_sources(
    kind: PlanKind,
    name: &str,
    flags: &Flags,
    context: &Context,
) -> Result<(Sources, Option<Utf8PathBuf>)> {
    let library = context.library();
    let sources = library.find(kind, name)?;
    let folder = match &flags.record {
        None => None,
        Some(folder) if folder.as_str().is_empty() => {
            Some(library.fixture_target(&library.entry_of(kind, name)?))
        }
        Some(folder) => Some(camino::absolute_utf8(folder)?),
    };
    Ok((sources, folder))
}

/// Runs the session, in this terminal or in tmux, and adds the project to those that `ap list --all` shows.
fn launch(request: SessionRequest, flags: &Flags, context: &Context) -> Result<ExitCode> {
    let slice = flags.slice.as_ref().map(|given| given.slice(context));
    let request = SessionRequest { slice, ..request };
    end_abandoned_agents(context);
    let dir = context.project.session(&request.plan.session);
    if !flags.force && is_older_run(&dir) {
        return Err(older_run(&dir));
    }
    let plan = &request.plan;
    refusals::programs(plan, !flags.foreground, context)?;
    if request.mode != Mode::Resume {
        refusals::nothing_to_do(plan, context)?;
    }
    // Started here, so that the answer arrives while the session is prepared.
    let account = LoginCheck::ask(plan, context);
    let account = match request.mode {
        // With `--force` the launch stops the session that is replaced.
        Mode::Force => {
            account.require_signed_in()?;
            Cell::new(None)
        }
        Mode::New | Mode::Resume => Cell::new(Some(account)),
    };
    let permit = || {
        account
            .take()
            .map_or(Ok(()), LoginCheck::require_signed_in)?;
        remember_project(context);
        Ok(())
    };
    if flags.foreground {
        return in_this_terminal(request, flags.format, &permit, context);
    }
    let session = request.plan.session.clone();
    let runs = in_tmux(request, flags.format, &permit, context)?;
    if runs && flags.attach {
        attach(&session, context)?;
    }
    Ok(ExitCode::Done)
}

/// Returns why a start of a plan would be refused, as far as its tasks and its goal are concerned.
pub(super) fn would_refuse(plan: &Plan, context: &Context) -> Result<()> {
    refusals::nothing_to_do(plan, context)
}

/// Adds this project to those that `ap list --all` shows.
pub(super) fn remember_project(context: &Context) {
    if let Err(error) = roots::add(&context.dirs, context.project.root(), clock::now()) {
        let root = context.project.root();
        note(format!(
            "warning: `ap list --all` will not show {root}: {error}"
        ));
    }
}
