//! `--resume`: continues a session with the plan it has, or with `--recompile` with a new one.
use super::{Flags, launch};
use crate::cli::compile;
use crate::cli::context::Context;
use crate::cli::overrides;
use crate::compile::{Overrides, Sources};
use crate::error::{Error, ErrorKind, ExitCode, Result};
use crate::model::{PermissionMode, SessionName, SessionStatus};
use crate::plan::{Origin, Plan, PlanKind};
use crate::runner::{Mode, SessionRequest};
use crate::store::session::{Snapshot, is_older_run, kept, load_cached, older_run};
use crate::ui::{note, report};
use camino::Utf8Path;

/// A session to resume.
pub(super) struct Resume<'a> {
    pub(super) kind: PlanKind,
    /// The loop or pipeline, as typed.
    pub(super) name: &'a str,
    pub(super) session: &'a SessionName,
    pub(super) max_iterations: Option<u32>,
    pub(super) flags: &'a Flags,
}

impl Resume<'_> {
    /// Continues the session for `--resume-or-start`. Returns nothing if there is no session to continue.
    pub(super) fn run_if_there(mut self, context: &Context) -> Result<Option<ExitCode>> {
        let Some(snapshot) = load_cached(&context.project.session(self.session))? else {
            return Ok(None);
        };
        if snapshot.state.status() == SessionStatus::Stopped {
            return Err(Error::new(ErrorKind::Stopped, report::failure(&snapshot))
                .hint(report::next_steps(&snapshot)));
        }
        // The command line is that of the start, and the maximum may have been raised since.
        let completed = snapshot.state.current.counters.iterations;
        self.max_iterations = self.max_iterations.filter(|max| completed < *max);
        self.run(context).map(Some)
    }

    pub(super) fn run(&self, context: &Context) -> Result<ExitCode> {
        let dir = context.project.session(self.session);
        if is_older_run(&dir) {
            return Err(older_run(&dir));
        }
        if kept::is_held(&dir)? && !dir.journal().exists() {
            // Its run directory has just been removed; its runner puts it back.
            return Err(report::running_session(self.session, None));
        }
        kept::put_back(&dir)?;
        let Some(Snapshot { plan, .. }) = load_cached(&dir)? else {
            return Err(report::nothing_to_resume(self.session));
        };
        let name = definition_name(self.name);
        if plan.name != name {
            return Err(report::runs_another(&plan, name));
        }
        let sources = context
            .library()
            .find(self.kind, &self.lookup_name(&plan, context));
        let request = if self.flags.recompile {
            self.recompile(&plan, &sources?, context)?
        } else {
            self.keep_plan(plan, sources.ok().as_ref())?
        };
        launch(request, self.flags, context)
    }

    /// Returns the path or name by which the session's definition is found.
    fn lookup_name(&self, plan: &Plan, context: &Context) -> String {
        if plan.source.origin == Origin::File {
            context.project.root().join(&plan.source.path).into_string()
        } else {
            self.name.to_owned()
        }
    }

    /// Continues with the plan the session has, whatever has become of its definition since.
    fn keep_plan(&self, plan: Plan, sources: Option<&Sources>) -> Result<SessionRequest> {
        let change = if self.flags.resume_or_start {
            self.flags.overrides.changes()
        } else {
            self.flags.overrides.resume_changes()?
        };
        if let Some(mode) = change.permissions {
            check_permissions(&plan, mode)?;
        }
        if let Some(message) = definition_changed(&plan, sources) {
            note(format!("note: {message}"));
        }
        Ok(SessionRequest {
            plan,
            mode: Mode::Resume,
            max_iterations: self.max_iterations,
            change,
            replace: false,
            take_over: self.flags.take_over,
            slice: None,
        })
    }

    /// Compiles the definition again, with every override given at the start and not given differently now.
    fn recompile(
        &self,
        plan: &Plan,
        sources: &Sources,
        context: &Context,
    ) -> Result<SessionRequest> {
        let (flags, environment) = Overrides::of_plan(plan);
        let now = self.flags.overrides.to_overrides(self.max_iterations)?;
        let overrides = now
            .or(flags)
            .or(overrides::environment(context)?)
            .or(environment);
        let new = compile::plan(
            sources,
            plan.session.clone(),
            plan.command.clone(),
            &overrides,
            context,
        )?;
        note(format!(
            "note: the plan is compiled again from {}",
            new.source.path
        ));
        Ok(SessionRequest {
            // A resumed session keeps its run id, which its agents and tasks carry.
            plan: Plan {
                run: plan.run.clone(),
                record: plan.record.clone(),
                ..new
            },
            mode: Mode::Resume,
            max_iterations: self.max_iterations,
            change: self.flags.overrides.changes(),
            replace: true,
            take_over: self.flags.take_over,
            slice: None,
        })
    }
}

/// Returns the name of a loop or pipeline that was named by its path or name.
pub(super) fn definition_name(name: &str) -> &str {
    let file = Utf8Path::new(name).file_name().unwrap_or(name);
    file.strip_suffix(".yaml")
        .or_else(|| file.strip_suffix(".yml"))
        .unwrap_or(file)
}

/// Returns how the definition differs from the one the plan was compiled from, if it does.
fn definition_changed(plan: &Plan, sources: Option<&Sources>) -> Option<String> {
    let (session, path) = (&plan.session, &plan.source.path);
    let Some(sources) = sources else {
        return Some(format!(
            "{path} is no longer there; session '{session}' continues with the plan it has"
        ));
    };
    let file = &sources.definition().file;
    let change = if sources.fingerprint() == plan.source.hash {
        return None;
    } else if file == path {
        format!("{path} or what it uses has changed")
    } else {
        format!("`{}` is now {file}, and was {path}", plan.name)
    };
    Some(format!(
        "{change} since session '{session}' started; it continues with the plan it has (`--recompile` uses the new definition)"
    ))
}

/// Refuses a permission mode that a provider of the plan does not support.
fn check_permissions(plan: &Plan, mode: PermissionMode) -> Result<()> {
    let mut agents = plan.all_nodes().flat_map(|node| node.agent.chain());
    match agents.find_map(|agent| Some((agent, agent.refuses(mode)?))) {
        None => Ok(()),
        Some((agent, reason)) => Err(Error::new(
            ErrorKind::NotResumable,
            format!(
                "provider `{}` does not support `{}`: {reason}",
                agent.provider_name(),
                mode.name()
            ),
        )),
    }
}
