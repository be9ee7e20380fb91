//! What a start prints: that the session runs, has ended, or had nothing left to do.
use super::context::Context;
use super::format::Format;
use super::safety;
use crate::error::{Error, Result};
use crate::exec::launcher::TmuxNames;
use crate::model::{SessionName, SessionStatus};
use crate::plan::PlanKind;
use crate::store::session::{Snapshot, load_cached};
use crate::ui::next_command::NextCommand;
use crate::ui::{self, note, say};
use camino::Utf8PathBuf;
use serde::Serialize;

/// What became of a start.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub(super) enum StartResult {
    /// The session runs in tmux.
    Running,
    /// The session has reached its goal already, in this terminal or within the first seconds.
    Ended,
    /// There was nothing to do: the session had reached its goal before.
    AlreadyComplete,
}

/// The shape of `ap <loop> --json`, `ap loop --json` and `ap pipeline --json`. A session that ended short of its goal is
/// an error.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
pub(super) struct Started {
    session: SessionName,
    /// `loop` or `pipeline`.
    kind: PlanKind,
    /// Name of the loop or pipeline.
    name: String,
    result: StartResult,
    status: SessionStatus,
    /// What happened, in words.
    message: String,
    /// The session's folder.
    #[cfg_attr(feature = "schemas", schemars(with = "String"))]
    run_dir: Utf8PathBuf,
    /// The name of its tmux session, while it runs in one.
    tmux_session: Option<String>,
    /// The tmux command that shows it.
    attach_command: Option<String>,
}

impl Started {
    /// Returns the report of a session without a window.
    pub(super) fn new(
        session: &SessionName,
        result: StartResult,
        message: impl FnOnce(&Snapshot) -> Result<String>,
        context: &Context,
    ) -> Result<Self> {
        let dir = context.project.session(session);
        let snapshot = load_cached(&dir)?
            .ok_or_else(|| Error::failed(format!("session '{session}' is gone")))?;
        Ok(Self {
            session: session.clone(),
            kind: snapshot.plan.kind,
            result,
            status: snapshot.state.status(),
            message: message(&snapshot)?,
            run_dir: dir.root().to_owned(),
            tmux_session: None,
            attach_command: None,
            name: snapshot.plan.name,
        })
    }

    /// Returns the report of a session that runs in tmux under this name.
    pub(super) fn running(
        session: &SessionName,
        tmux_name: String,
        context: &Context,
    ) -> Result<Self> {
        let attach = context.tmux().attach_line(&tmux_name);
        let message = |snapshot: &Snapshot| Ok(running(snapshot, &attach));
        let started = Self::new(session, StartResult::Running, message, context)?;
        Ok(Self {
            tmux_session: Some(tmux_name),
            attach_command: Some(attach),
            ..started
        })
    }

    /// Returns the report of a session that has nothing left to do.
    pub(super) fn already_complete(session: &SessionName, context: &Context) -> Result<Self> {
        let message = |snapshot: &Snapshot| {
            let command = NextCommand::start_over(&snapshot.plan, &snapshot.state);
            Ok(format!(
                "Session '{session}' is already complete; start over with `{command}`"
            ))
        };
        Self::new(session, StartResult::AlreadyComplete, message, context)
    }

    /// Whether the session runs.
    pub(super) fn runs(&self) -> bool {
        self.result == StartResult::Running
    }

    /// Prints it, and on stderr what is unusual about it.
    pub(super) fn print(&self, format: Format, context: &Context) -> Result<()> {
        match format {
            Format::Text => say(&self.message)?,
            Format::Json => ui::json::print(self)?,
        }
        if let Some(why) = self.unusual_name(context) {
            note(why);
        }
        Ok(())
    }

    /// Returns why the session has another name in tmux than usual, and what to do about it.
    fn unusual_name(&self, context: &Context) -> Option<String> {
        let name = self.tmux_session.as_ref()?;
        let usual = TmuxNames::new(&self.session, context.project.root()).usual;
        if *name == usual {
            return None;
        }
        let others = context.tmux().list().unwrap_or_default();
        let owner = others
            .into_iter()
            .find(|found| found.name == usual)?
            .run_dir;
        Some(if owner.is_empty() {
            format!(
                "note: tmux has another session `{usual}`, which ap did not start, so this one is `{name}`. Close the other one with `{}` if you no longer need it; `--foreground` uses no tmux",
                context.tmux().close_line(&usual)
            )
        } else {
            format!("note: tmux session `{usual}` belongs to {owner}, so this one is `{name}`")
        })
    }
}

fn running(snapshot: &Snapshot, watch: &str) -> String {
    let (session, name) = (&snapshot.plan.session, &snapshot.plan.name);
    let safety = safety::line(&snapshot.plan);
    format!(
        "Session '{session}' runs {name} in tmux.\n  watch   ap attach {session}   ({watch})\n  follow  ap logs {session} -f\n  status  ap status {session}\n  stop    ap stop {session}\n{safety}"
    )
}
