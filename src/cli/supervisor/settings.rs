//! What a supervisor is started with.
use crate::cli::context::Context;
use crate::compile::Settings;
use crate::error::Result;
use crate::overview::log::Retention;
use crate::supervisor::SupervisorEnv;
use crate::ui::note;

/// Slices at a time, unless `config.yaml` says otherwise.
const MAX_AGENTS: u32 = 4;
/// Free bytes that a project needs, unless `config.yaml` says otherwise.
const MIN_FREE: u64 = 5_000_000_000;
/// Seconds after the start of a service before the first slice, unless `config.yaml` says otherwise.
const AT_START_S: u32 = 10;

/// Prints that the supervisor may run more agents than the machine, if `config.yaml` says so.
pub(in crate::cli) fn note_contradiction(settings: &Settings) {
    if let (Some(machine), Some(own)) = (settings.max_agents, settings.supervisor.max_agents)
        && 0 < machine
        && machine < own
    {
        note(format!(
            "note: `supervisor.max_agents` is {own}, but `max_agents` lets only {machine} agents run on this machine"
        ));
    }
}

/// Returns the whole days of a span, at least one.
fn days(seconds: u64) -> u32 {
    let days = seconds / (24 * 60 * 60);
    u32::try_from(days).unwrap_or(u32::MAX).max(1)
}

/// Returns what a supervisor is started with. `at_boot` says that you did not start it yourself.
pub(in crate::cli) fn environment(at_boot: bool, context: &Context) -> Result<SupervisorEnv> {
    let settings = context.settings()?;
    note_contradiction(&settings);
    let kept = &settings.retention;
    let usual = Retention::default();
    let retention = Retention {
        log_days: kept.log.map_or(usual.log_days, |it| days(it.seconds())),
        health_days: kept
            .cycles
            .map_or(usual.health_days, |it| days(it.seconds())),
    };
    let settings = settings.supervisor;
    let at_start = settings.at_start.map(|span| u32::try_from(span.seconds()));
    let at_start_s = at_start.map_or(AT_START_S, |seconds| seconds.unwrap_or(u32::MAX));
    Ok(SupervisorEnv {
        exe: context.exe.clone(),
        vars: context.env.clone(),
        max_agents: settings.max_agents.unwrap_or(MAX_AGENTS).max(1),
        slice_iterations: settings.slice.iterations.unwrap_or(1).max(1),
        at_start_s: if at_boot { at_start_s } else { 0 },
        min_free: settings.min_free_bytes().unwrap_or(MIN_FREE),
        on_low: settings.on_low.clone(),
        retention,
    })
}
