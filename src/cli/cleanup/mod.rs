//! `ap cleanup`: clears away what sessions that ended badly left behind. Nothing living is ever touched.
mod agents;
mod files;

use super::context::Context;
use super::session::is_alive;
use crate::error::{ExitCode, Result};
use crate::model::SessionName;
use crate::store::lock::FileLock;
use crate::store::session::load_cached;
use crate::ui::{json, out};
use serde::Serialize;

#[derive(clap::Args, Debug)]
pub(super) struct Args {
    /// Only say what would be done
    #[arg(long)]
    dry_run: bool,
    /// End agents too that a resume of their session would take over
    #[arg(long)]
    orphans: bool,
    /// Print JSON: `dry_run` and `found`, each with kind, session, what, why, action, done and error
    #[arg(long)]
    json: bool,
}

/// `ap cleanup --json`.
#[derive(Serialize)]
struct Report {
    dry_run: bool,
    found: Vec<Finding>,
}

/// Something left behind, and what became of it.
#[derive(Serialize)]
struct Finding {
    /// `lock`, `agent`, `window`, `launch`, `test` or `draft`.
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
#[serde(rename_all = "snake_case")]
enum Action {
    Remove,
    End,
    Close,
    /// It is alive, or somebody may still want it.
    Leave,
}

/// A cleanup under way.
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
    // Agents first: they say whose they are by files that are cleared away after them.
    cleanup.agents()?;
    cleanup.windows();
    cleanup.half_made();
    cleanup.locks()?;
    cleanup.drafts()?;
    cleanup.launches(&std::env::temp_dir());
    cleanup.tests(&std::env::temp_dir());
    let failed = cleanup.found.iter().any(|finding| finding.error.is_some());
    let report = Report {
        dry_run: args.dry_run,
        found: cleanup.found,
    };
    if args.json {
        json(&report)?;
    } else {
        out(in_words(&report))?;
    }
    Ok(if failed {
        ExitCode::Failed
    } else {
        ExitCode::Done
    })
}

impl Cleanup<'_> {
    /// Records a finding and does what is to be done about it, unless this is a dry run.
    fn deal(&mut self, finding: Finding, act: impl FnOnce() -> Result<()>) {
        let mut finding = finding;
        if !self.dry_run && finding.action != Action::Leave {
            finding.error = act().err().map(|error| error.to_string());
            finding.done = finding.error.is_none();
        }
        self.found.push(finding);
    }

    /// Whether a session may have a runner. What cannot be read may.
    fn may_live(&self, session: &SessionName) -> bool {
        let project = &self.context.project;
        let held = FileLock::is_held(&project.lock(session)).unwrap_or(true);
        held || match load_cached(&project.session(session)) {
            Ok(snapshot) => snapshot.is_some_and(|snapshot| is_alive(project, &snapshot)),
            Err(_) => true,
        }
    }

    /// Closes the windows of this project in which nothing runs any more.
    fn windows(&mut self) {
        let tmux = self.context.tmux();
        // Without tmux, or without its server, there are none.
        let Ok(all) = tmux.list() else { return };
        let runs = self.context.project.runs();
        for found in all
            .into_iter()
            .filter(|found| found.dead && camino::Utf8Path::new(&found.run_dir).starts_with(&runs))
        {
            let session: Option<SessionName> = found
                .name
                .strip_prefix("pipeline-")
                .and_then(|name| name.parse().ok());
            if session
                .as_ref()
                .is_some_and(|session| self.may_live(session))
            {
                continue;
            }
            let why = "what ran in it has ended".to_owned();
            let finding = Finding::new("window", session, &found.name, why, Action::Close);
            self.deal(finding, || tmux.close(&found));
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

    fn in_words(&self) -> String {
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
            (Action::Remove, false) => "to be removed",
            (Action::End, false) => "to be ended",
            (Action::Close, false) => "to be closed",
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

fn in_words(report: &Report) -> String {
    if report.found.is_empty() {
        return "Nothing to clean up.\n".to_owned();
    }
    let mut text: String = report.found.iter().map(Finding::in_words).collect();
    if report.dry_run {
        text += "Nothing was changed: this was a dry run.\n";
    }
    text
}
