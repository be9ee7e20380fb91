//! The agent that judges whether a node is done.
use super::agent;
use super::agent_defaults::Defaults;
use super::definition::JudgeDef;
use super::diagnostics::Location;
use super::layer::Layer;
use super::settings::CustomProviders;
use crate::agent::{AgentSpec, Provider};

/// Returns the agent that judges: a cheap model by default.
pub(super) fn judge_agent(
    location: Location<'_>,
    who: &JudgeDef,
    providers: &CustomProviders,
) -> AgentSpec {
    let cheap = Layer {
        location: location.flag(),
        provider: None,
        program: None,
        model: Some(Provider::default().adapter().judge_model()),
        effort: None,
        args: &[],
        allow_tools: &[],
        fallback: None,
        permissions: Some("dontAsk"),
        keep_env: None,
    };
    let (provider, program, model) = (
        who.provider.as_deref(),
        who.program.as_deref(),
        who.model.as_deref(),
    );
    let named = Layer {
        location,
        provider,
        program,
        model,
        permissions: None,
        ..cheap.clone()
    };
    let defaults = Defaults {
        providers,
        model: None,
    };
    agent::judge(&[cheap, named], defaults)
}
