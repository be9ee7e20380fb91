//! Compiles sources into a plan, and shows every mistake at its location.
use super::context::Context;
use crate::clock;
use crate::compile::{Overrides, Request, Sources, compile};
use crate::error::{Error, ErrorKind, Result};
use crate::fixture;
use crate::model::{RunId, SessionName};
use crate::plan::{Origin, Plan};
use crate::store::inputs;
use crate::ui::note;

/// Compiles a plan for a session; warnings go to standard error.
pub(super) fn plan(
    sources: &Sources,
    session: SessionName,
    command: String,
    overrides: &Overrides,
    context: &Context,
) -> Result<Plan> {
    let root = context.project.root();
    let request = Request {
        session,
        run: new_run()?,
        command,
        project: root.to_owned(),
        backlog: context.library().backlog(),
        beads: context.has_beads(),
    };
    let settings = context.settings()?;
    match compile(
        sources,
        &request,
        &context.with_settings(&settings, overrides),
    ) {
        Ok((mut plan, warnings)) => {
            settings.place_programs(&mut plan);
            plan.guardrails.wait_factor = wait_factor(context)?;
            crate::runner::freeze_gates(&mut plan, root);
            for warning in warnings {
                note(format!("warning: {warning}"));
            }
            plan.inputs = inputs::expand(root, &plan.inputs)?;
            play_own_scripts(&mut plan, context)?;
            Ok(plan)
        }
        Err(problems) => Err(Error::invalid(crate::compile::Invalid::new(
            format!("`{}`", sources.name()),
            problems,
        ))),
    }
}

/// Returns by what `AP_WAIT_FACTOR` shortens the waits after failures, which tests use.
fn wait_factor(context: &Context) -> Result<Option<f64>> {
    let Some(text) = context.env.get("AP_WAIT_FACTOR") else {
        return Ok(None);
    };
    let factor = text.parse::<f64>().ok();
    match factor.filter(|factor| (0.0..=1.0).contains(factor)) {
        Some(factor) => Ok(Some(factor)),
        None => Err(Error::new(
            ErrorKind::BadValue,
            format!("AP_WAIT_FACTOR is `{text}`, which is not a number from 0 to 1"),
        )
        .hint("unset AP_WAIT_FACTOR")),
    }
}

/// Gives the plan's scripted agents the scripts of its fixture.
fn play_own_scripts(plan: &mut Plan, context: &Context) -> Result<()> {
    let library = context.library();
    let name = match plan.source.origin {
        Origin::File => context.project.root().join(&plan.source.path).into_string(),
        Origin::Project | Origin::User | Origin::BuiltIn => plan.name.clone(),
    };
    let fixture = match library.entry_of(plan.kind, &name) {
        Ok(entry) => library.fixture(&entry)?,
        Err(_) => None,
    };
    fixture::play_own_scripts(plan, fixture.as_ref(), &library, &context.exe)
}

/// Returns an id no other run has: the time and our pid.
pub(super) fn new_run() -> Result<RunId> {
    let text = format!(
        "{}-{}",
        clock::now().strftime("%Y%m%dT%H%M%S%3f"),
        std::process::id()
    );
    text.parse().map_err(Error::failed_by)
}
