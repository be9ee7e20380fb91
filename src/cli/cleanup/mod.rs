//! `ap cleanup`: removes what crashed sessions left behind. A running session is never touched.
mod agents;
mod files;
mod repair;

use super::candidates;
use super::context::Context;
use super::format::Format;
use super::launch::launcher;
use super::session::is_alive;
use crate::error::{ExitCode, Result};
use crate::exec::launcher::Launcher as _;
use crate::model::SessionName;
use crate::store::lock::FileLock;
use crate::store::roots;
use crate::store::session::load_cached;
use crate::ui::progress::Progress;
use crate::ui::{json, out};
use serde::Serialize;

#[derive(clap::Args, Debug)]
#[command(mut_arg("json", |json| json.help("Print JSON (`ap schema ap-cleanup`)")))]
pub(super) struct Args {
    /// Show what would be done, and change nothing
    #[arg(long)]
    dry_run: bool,
    /// Also end agents that a resume of their session would adopt
    #[arg(long)]
    orphans: bool,
    /// Also forget projects that are no longer there, which `ap list --all` shows
    #[arg(long)]
    all: bool,
    /// Repair the damaged journal of a session that does not run, and nothing else; the damaged file is kept
    #[arg(long, value_name = "SESSION", add = candidates::sessions(), conflicts_with_all = ["orphans", "all"])]
    repair: Option<SessionName>,
    #[command(flatten)]
    format: Format,
}

/// `ap cleanup --json`.
#[derive(Serialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
pub(super) struct Report {
    dry_run: bool,
    found: Vec<Finding>,
}

/// Something left behind, and what was done about it.
#[derive(Serialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
struct Finding {
    /// `lock`, `agent`, `window`, `launch`, `test`, `draft`, `project` or `journal`.
    kind: &'static str,
    session: Option<SessionName>,
    /// The path, the processes or the tmux session.
    what: String,
    why: String,
    action: Action,
    done: bool,
    error: Option<String>,
}

#[derive(Clone, Copy, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
enum Action {
    Remove,
    End,
    Close,
    Repair,
    /// Leave it: it is alive, or may still be needed.
    Leave,
}

/// One run of `ap cleanup`, with what it has found so far.
struct Cleanup<'a> {
    context: &'a Context,
    dry_run: bool,
    orphans: bool,
    found: Vec<Finding>,
}

pub(super) fn run(args: &Args, context: &Context) -> Result<ExitCode> {
    let mut cleanup = Cleanup {
        context,
        dry_run: args.dry_run,
        orphans: args.orphans,
        found: Vec::new(),
    };
    if let Some(session) = &args.repair {
        cleanup.repair(session)?;
        return cleanup.report(args);
    }
    cleanup.everything(args.all)?;
    cleanup.report(args)
}

/// Ends agents that have neither shim nor runner, where no guard does so: outside of Linux nothing ends what a killed
/// shim leaves.
pub(super) fn end_abandoned_agents(context: &Context) {
    if cfg!(target_os = "linux") {
        return;
    }
    let mut cleanup = Cleanup {
        context,
        dry_run: false,
        orphans: false,
        found: Vec::new(),
    };
    if let Err(error) = cleanup.agents() {
        tracing::warn!(%error, "agents of killed shims cannot be looked for");
    }
}

impl Cleanup<'_> {
    /// Prints what was found and done.
    fn report(self, args: &Args) -> Result<ExitCode> {
        let failed = self.found.iter().any(|finding| finding.error.is_some());
        let report = Report {
            dry_run: args.dry_run,
            found: self.found,
        };
        match args.format {
            Format::Json => json::print(&report)?,
            Format::Text if args.repair.is_some() && report.found.is_empty() => {
                out("Nothing to repair.")?;
            }
            Format::Text => out(text(&report))?,
        }
        Ok(if failed {
            ExitCode::Failed
        } else {
            ExitCode::Done
        })
    }

    /// Cleans up everything; with `all` also what is known of projects that are gone.
    fn everything(&mut self, all: bool) -> Result<()> {
        let progress = Progress::unknown();
        // Agents first: the files that identify their sessions are removed after them.
        progress.doing("agents without a runner");
        self.agents()?;
        progress.doing("windows");
        self.windows();
        progress.doing("files");
        self.unfinished_forks();
        self.locks()?;
        self.drafts()?;
        self.launches(&std::env::temp_dir());
        self.tests(&std::env::temp_dir());
        if all {
            self.roots()?;
        }
        Ok(())
    }

    /// Records a finding and acts on it, unless this is a dry run.
    fn handle(&mut self, finding: Finding, act: impl FnOnce() -> Result<()>) {
        let mut finding = finding;
        if !self.dry_run && finding.action != Action::Leave {
            finding.error = act().err().map(|error| error.to_string());
            finding.done = finding.error.is_none();
        }
        self.found.push(finding);
    }

    /// Whether a session may have a runner; a session that cannot be read may have one.
    fn may_live(&self, session: &SessionName) -> bool {
        let project = &self.context.project;
        let held = FileLock::is_held(&project.lock(session)).unwrap_or(true);
        held || match load_cached(&project.session(session)) {
            Ok(snapshot) => snapshot.is_some_and(|snapshot| is_alive(project, &snapshot)),
            Err(_) => true,
        }
    }

    /// Forgets projects that are no longer there.
    fn roots(&mut self) -> Result<()> {
        let dirs = &self.context.dirs;
        let known = roots::read(dirs)?;
        for missing in known.iter().filter(|root| !root.exists()) {
            let why = "its folder does not exist".to_owned();
            let what = missing.root.as_str();
            let finding = Finding::new("project", None, what, why, Action::Remove);
            self.handle(finding, || {
                roots::forget(dirs, &missing.root).map_err(Into::into)
            });
        }
        Ok(())
    }

    /// Closes the windows of this project whose program has ended.
    fn windows(&mut self) {
        let launcher = launcher(self.context);
        // Without tmux or its server there are no windows.
        let ended = launcher.ended(&self.context.project.runs());
        for runner in ended.unwrap_or_default() {
            let session = runner.session;
            if self.may_live(&session) {
                continue;
            }
            let why = "its program has ended".to_owned();
            let (window, close) = (&runner.shown_in, Action::Close);
            let finding = Finding::new("window", Some(session.clone()), window, why, close);
            self.handle(finding, || launcher.cancel(&session, &runner.run_dir));
        }
    }
}

impl Finding {
    fn new(
        kind: &'static str,
        session: Option<SessionName>,
        what: &str,
        why: String,
        action: Action,
    ) -> Self {
        Self {
            kind,
            session,
            what: what.to_owned(),
            why,
            action,
            done: false,
            error: None,
        }
    }

    fn text(&self) -> String {
        let Self {
            kind,
            what,
            why,
            error,
            ..
        } = self;
        let did = match (self.action, self.done) {
            (Action::Leave, _) => "left alone",
            (Action::Remove, true) => "removed",
            (Action::End, true) => "ended",
            (Action::Close, true) => "closed",
            (Action::Repair, true) => "repaired",
            (Action::Remove, false) => "to be removed",
            (Action::End, false) => "to be ended",
            (Action::Close, false) => "to be closed",
            (Action::Repair, false) => "to be repaired",
        };
        let session = self
            .session
            .as_ref()
            .map_or_else(String::new, |session| format!(" of session '{session}'"));
        let error = error
            .as_ref()
            .map_or_else(String::new, |error| format!("; failed: {error}"));
        format!("{did:<14} {kind}{session}: {what} ({why}){error}\n")
    }
}

fn text(report: &Report) -> String {
    if report.found.is_empty() {
        return "Nothing to clean up.\n".to_owned();
    }
    let mut text: String = report.found.iter().map(Finding::text).collect();
    if report.dry_run {
        text += "Nothing was changed: this was a dry run.\n";
    }
    text
}
