//! Decides which agent a node calls: the last one said wins, and a program or model stays with the provider it was said for.
use super::definition::{LimitsDef, LoopDef, Span};
use super::diagnostics::{Place, Problem};
use super::settings::ProviderDef;
use crate::agent::{AgentSpec, AttemptLimits, CustomProvider, Provider};
use crate::model::PermissionMode;
use crate::plan::suggest;
use std::collections::BTreeMap;

/// What one layer says of the agent; layers go from the weakest to the strongest.
#[derive(Clone, Debug)]
pub(super) struct Layer<'a> {
    pub(super) place: Place<'a>,
    pub(super) provider: Option<&'a str>,
    pub(super) program: Option<&'a str>,
    pub(super) model: Option<&'a str>,
    pub(super) args: &'a [String],
    pub(super) fallback: Option<&'a [String]>,
    pub(super) permissions: Option<&'a str>,
    pub(super) keep_env: Option<bool>,
}

pub(super) const PERMISSIONS: [&str; 6] = [
    "bypassPermissions",
    "acceptEdits",
    "auto",
    "default",
    "dontAsk",
    "plan",
];
/// Attempts after the first one, unless said otherwise.
const RETRIES: u32 = 2;
/// Milliseconds before the second attempt, unless said otherwise.
const RETRY_DELAY_MS: u64 = 5000;

/// The providers a person has declared, by name.
type Own = BTreeMap<String, ProviderDef>;

/// Returns the agent the layers amount to.
pub(super) fn resolve(
    layers: &[Layer<'_>],
    def: &LoopDef,
    own: &Own,
    problems: &mut Vec<Problem>,
) -> AgentSpec {
    let mut agent = nobody(def);
    // A chain of others stays with the provider it was said for, too.
    let mut chain = None;
    for layer in layers {
        let changed = add(&mut agent, layer, own, problems);
        chain = layer
            .fallback
            .map(|words| (&layer.place, words))
            .or(chain.filter(|_| !changed));
    }
    finish(&mut agent, layers, own, problems);
    if let Some(reason) = agent.refuses(agent.permissions) {
        let message = format!(
            "provider `{}` cannot do `{}`: {reason}",
            agent.provider_name(),
            agent.permissions.name()
        );
        let place = last(layers, |layer| layer.permissions.is_some());
        problems.extend(place.map(|place| place.at("permissions", "permissions-refused", message)));
    }
    if let Some((place, words)) = chain {
        agent.fallback = fallback(&agent, place, words, own, problems);
    }
    agent
}

/// Returns the agent that judges. It may do nothing and leaves no status, so no provider refuses it.
pub(super) fn judge(layers: &[Layer<'_>], own: &Own, problems: &mut Vec<Problem>) -> AgentSpec {
    let mut agent = nobody(&LoopDef::default());
    for layer in layers {
        add(&mut agent, layer, own, problems);
    }
    finish(&mut agent, layers, own, problems);
    agent
}

/// Returns the agent where nobody says anything of it.
fn nobody(def: &LoopDef) -> AgentSpec {
    AgentSpec {
        provider: Provider::default(),
        program: String::new(),
        model: String::new(),
        permissions: PermissionMode::default(),
        args: Vec::new(),
        keep_env: false,
        max_attempts: def.retries.unwrap_or(RETRIES).saturating_add(1),
        retry_delay_ms: def.retry_delay.map_or(RETRY_DELAY_MS, Span::millis),
        limits: limits(&def.limits),
        custom: None,
        fallback: Vec::new(),
    }
}

/// Returns the agents that take over when the first is out of quota: `codex`, `claude:sonnet`.
fn fallback(
    first: &AgentSpec,
    place: &Place<'_>,
    words: &[String],
    own: &Own,
    problems: &mut Vec<Problem>,
) -> Vec<AgentSpec> {
    let mut chain: Vec<AgentSpec> = Vec::new();
    for (index, word) in words.iter().enumerate() {
        let place = place.to("fallback").item(index);
        let Some(agent) = other(first, &place, word, own, problems) else {
            continue;
        };
        if std::iter::once(first)
            .chain(&chain)
            .any(|known| known.label() == agent.label())
        {
            let message = format!("`{word}` comes twice: what is out of quota once is so again");
            problems.push(place.here("no-effect", message).warning());
        }
        chain.push(agent);
    }
    chain
}

/// Returns another agent than the first, bounded as that is.
fn other(
    first: &AgentSpec,
    place: &Place<'_>,
    word: &str,
    own: &Own,
    problems: &mut Vec<Problem>,
) -> Option<AgentSpec> {
    let (name, model) = word
        .split_once(':')
        .map_or((word, None), |(name, model)| (name, Some(model)));
    let (provider, custom) = provider(name, own, problems, |message| {
        place.here("unknown-provider", message)
    })?;
    let same = (provider, &custom) == (first.provider, &first.custom);
    let mut agent = AgentSpec {
        provider,
        custom,
        model: model.unwrap_or_default().to_owned(),
        fallback: Vec::new(),
        ..first.clone()
    };
    if !same {
        (agent.program, agent.args) = (String::new(), Vec::new());
    }
    fill(&mut agent, own);
    if lacks_program(&agent) {
        let message = format!("`{name}` has no program here");
        problems.push(
            place
                .here("no-program", message)
                .hint("declare a provider in config.yaml, under `providers`, and name that"),
        );
    }
    if model.is_some_and(|model| model.is_empty() || bad_model(model)) {
        let message = format!(
            "`{}` cannot be the name of a model",
            model.unwrap_or_default().escape_debug()
        );
        problems.push(place.here("bad-model", message).hint(
            "for example `claude:sonnet`; leave out the colon for the provider's own choice",
        ));
    }
    if let Some(reason) = agent.refuses(agent.permissions) {
        let message = format!(
            "provider `{name}` cannot do `{}`: {reason}",
            agent.permissions.name()
        );
        problems.push(place.here("permissions-refused", message));
    }
    Some(agent)
}

/// Adds what a layer says, and tells whether it changed the provider.
fn add(agent: &mut AgentSpec, layer: &Layer<'_>, own: &Own, problems: &mut Vec<Problem>) -> bool {
    let place = &layer.place;
    let before = (agent.provider, agent.custom.clone());
    if let Some((provider, custom)) = layer.provider.and_then(|word| {
        provider(word, own, problems, |message| {
            place.at("provider", "unknown-provider", message)
        })
    }) && (provider, &custom) != (agent.provider, &agent.custom)
    {
        (agent.provider, agent.custom) = (provider, custom);
        (agent.program, agent.model, agent.args) = (String::new(), String::new(), Vec::new());
    }
    if let Some(program) = layer.program {
        agent.program = program.to_owned();
    }
    if let Some(model) = layer.model {
        if bad_model(model) || model.is_empty() {
            problems.push(
                place
                    .at(
                        "model",
                        "bad-model",
                        format!("`{}` cannot be the name of a model", model.escape_debug()),
                    )
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
    before != (agent.provider, agent.custom.clone())
}

fn bad_model(model: &str) -> bool {
    model.starts_with('-') || model.contains(|c: char| c.is_whitespace() || c.is_control())
}

/// Fills what nobody said.
fn finish(agent: &mut AgentSpec, layers: &[Layer<'_>], own: &Own, problems: &mut Vec<Problem>) {
    fill(agent, own);
    if lacks_program(agent) {
        problems.extend(last(layers, |layer| layer.provider.is_some()).map(|place| {
            place
                .at(
                    "provider",
                    "no-program",
                    format!("provider `{}` needs a `program`", agent.provider_name()),
                )
                .hint("add `program: <name or path>` to the loop: it gets the prompt on stdin")
        }));
    }
    let name = agent.provider_name();
    if !agent.adapter().accepts_model() && !agent.model.is_empty() {
        let message = format!(
            "provider `{name}` cannot be given a model: its definition in config.yaml has no `model_flag`"
        );
        problems.extend(
            last(layers, |layer| layer.model.is_some())
                .map(|place| place.at("model", "no-effect", message).warning()),
        );
    }
}

/// Returns the place of the strongest layer that says something; of the last one if none does.
fn last<'l, 'a>(layers: &'l [Layer<'a>], said: fn(&Layer<'_>) -> bool) -> Option<&'l Place<'a>> {
    layers
        .iter()
        .rev()
        .find(|layer| said(layer))
        .or(layers.last())
        .map(|layer| &layer.place)
}

/// Whether the definition must name a program, and does not.
fn lacks_program(agent: &AgentSpec) -> bool {
    agent.program.is_empty() && !agent.adapter().is_built_in()
}

fn fill(agent: &mut AgentSpec, own: &Own) {
    if agent.program.is_empty() {
        let custom = agent
            .custom
            .as_ref()
            .and_then(|custom| own.get(&custom.name));
        agent.program = custom.map_or_else(
            || agent.provider.adapter().program().to_owned(),
            |def| def.program.clone(),
        );
    }
    agent.model = agent.adapter().resolve_model(&agent.model).to_owned();
}

/// Finds a provider by its name: one that is built in, or one of the user's own.
fn provider(
    word: &str,
    own: &Own,
    problems: &mut Vec<Problem>,
    problem: impl FnOnce(String) -> Problem,
) -> Option<(Provider, Option<CustomProvider>)> {
    if let Some(def) = own.get(word) {
        return Some((Provider::COMMAND, Some(def.freeze(word))));
    }
    let found = Provider::named(word);
    if found.is_none() {
        let known = Provider::names()
            .into_iter()
            .chain(own.keys().map(String::as_str));
        problems
            .push(problem(format!("unknown provider `{word}`")).hint(suggest::hint(word, known)));
    }
    found.map(|provider| (provider, None))
}

fn permissions(place: &Place<'_>, word: &str, problems: &mut Vec<Problem>) -> PermissionMode {
    word.parse().unwrap_or_else(|()| {
        let problem = place.at(
            "permissions",
            "unknown-permissions",
            format!("unknown permission mode `{word}`"),
        );
        problems.push(problem.hint(suggest::hint(word, PERMISSIONS)));
        PermissionMode::default()
    })
}

fn limits(def: &LimitsDef) -> AttemptLimits {
    let AttemptLimits {
        wall_s,
        idle_s,
        after_result_s,
    } = AttemptLimits::default();
    AttemptLimits {
        wall_s: def.wall.map_or(wall_s, Span::seconds),
        idle_s: def.idle.map_or(idle_s, Span::seconds),
        after_result_s: def.after_result.map_or(after_result_s, Span::seconds),
    }
}
