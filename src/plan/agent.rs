//! Decides which agent a node calls: the last one said wins, and a program or model stays with the provider it was said for.
use super::definition::{LimitsDef, LoopDef};
use super::duration::Span;
use super::place::Place;
use super::problem::Problem;
use super::{AgentSpec, AttemptLimits, PermissionMode, Provider, alias, suggest};

/// What one layer says of the agent; layers go from the weakest to the strongest.
#[derive(Clone, Debug)]
pub(super) struct Layer<'a> {
    pub(super) place: Place<'a>,
    pub(super) provider: Option<&'a str>,
    pub(super) program: Option<&'a str>,
    pub(super) model: Option<&'a str>,
    pub(super) args: &'a [String],
    pub(super) permissions: Option<&'a str>,
    pub(super) keep_env: Option<bool>,
}

const PERMISSIONS: [&str; 6] = ["bypassPermissions", "acceptEdits", "auto", "default", "dontAsk", "plan"];
/// Attempts after the first one, unless said otherwise.
const RETRIES: u32 = 2;
/// Milliseconds before the second attempt, unless said otherwise.
const RETRY_DELAY_MS: u64 = 5000;

/// Returns the agent the layers amount to.
pub(super) fn resolve(layers: &[Layer<'_>], def: &LoopDef, problems: &mut Vec<Problem>) -> AgentSpec {
    let mut agent = AgentSpec {
        provider: Provider::Claude,
        program: String::new(),
        model: String::new(),
        permissions: PermissionMode::default(),
        args: Vec::new(),
        keep_env: false,
        max_attempts: def.retries.unwrap_or(RETRIES).saturating_add(1),
        retry_delay_ms: def.retry_delay.map_or(RETRY_DELAY_MS, Span::millis),
        limits: limits(&def.limits),
    };
    for layer in layers {
        add(&mut agent, layer, problems);
    }
    finish(&mut agent, layers, problems);
    agent
}

fn add(agent: &mut AgentSpec, layer: &Layer<'_>, problems: &mut Vec<Problem>) {
    let place = &layer.place;
    if let Some(provider) = layer.provider.and_then(|word| provider(place, word, problems)).filter(|provider| *provider != agent.provider) {
        (agent.provider, agent.program, agent.model, agent.args) = (provider, String::new(), String::new(), Vec::new());
    }
    if let Some(program) = layer.program {
        agent.program = program.to_owned();
    }
    if let Some(model) = layer.model {
        if model.starts_with('-') || model.is_empty() || model.contains(|c: char| c.is_whitespace() || c.is_control()) {
            problems.push(
                place
                    .at("model", "bad-model", format!("`{}` cannot be the name of a model", model.escape_debug()))
                    .hint("for example `opus`, `sonnet` or a full id"),
            );
        }
        agent.model = model.to_owned();
    }
    if !layer.args.is_empty() {
        agent.args = layer.args.to_vec();
    }
    if let Some(word) = layer.permissions {
        agent.permissions = permissions(place, word, problems);
    }
    agent.keep_env = layer.keep_env.unwrap_or(agent.keep_env);
}

/// Fills what nobody said.
fn finish(agent: &mut AgentSpec, layers: &[Layer<'_>], problems: &mut Vec<Problem>) {
    if agent.program.is_empty() {
        agent.program = agent.provider.program().to_owned();
    }
    if agent.provider == Provider::Claude {
        agent.model = alias::model_alias(if agent.model.is_empty() { "opus" } else { &agent.model }).to_owned();
    }
    if agent.provider == Provider::Command && agent.program.is_empty() {
        let said = layers.iter().rev().find(|layer| layer.provider.is_some()).or(layers.last());
        problems.extend(said.map(|layer| {
            layer
                .place
                .at("provider", "no-program", "provider `command` needs a `program`")
                .hint("add `program: <name or path>` to the loop: it gets the prompt on stdin")
        }));
    }
    if let Some(reason) = agent.provider.refuses(agent.permissions) {
        let said = layers.iter().rev().find(|layer| layer.permissions.is_some()).or(layers.last());
        let (name, mode) = (agent.provider.name(), agent.permissions.name());
        problems.extend(
            said.map(|layer| {
                layer.place.at("permissions", "permissions-refused", format!("provider `{name}` cannot do `{mode}`: {reason}"))
            }),
        );
    }
}

fn provider(place: &Place<'_>, word: &str, problems: &mut Vec<Problem>) -> Option<Provider> {
    let found = Provider::named(word);
    if found.is_none() {
        let known = Provider::ALL.map(Provider::name);
        problems.push(place.at("provider", "unknown-provider", format!("unknown provider `{word}`")).hint(suggest::hint(word, known)));
    }
    found
}

fn permissions(place: &Place<'_>, word: &str, problems: &mut Vec<Problem>) -> PermissionMode {
    word.parse().unwrap_or_else(|()| {
        let problem = place.at("permissions", "unknown-permissions", format!("unknown permission mode `{word}`"));
        problems.push(problem.hint(suggest::hint(word, PERMISSIONS)));
        PermissionMode::default()
    })
}

fn limits(def: &LimitsDef) -> AttemptLimits {
    let AttemptLimits { wall_s, idle_s, after_result_s } = AttemptLimits::default();
    AttemptLimits {
        wall_s: def.wall.map_or(wall_s, Span::seconds),
        idle_s: def.idle.map_or(idle_s, Span::seconds),
        after_result_s: def.after_result.map_or(after_result_s, Span::seconds),
    }
}
