//! Follows a script as a shell would, and judges every command that may run.
use super::call::Call;
use super::expand;
use super::field::{self, UNKNOWN_WORDS};
use super::rule::{Block, Rule};
use super::scope::Scope;
use super::shell::{Assignment, Node, Redirect, Simple, Value, by_words, parse};
use super::shell_state::ShellState;
use super::stream::Stream;

/// Commands in commands deeper than this are refused.
const MAX_DEPTH: usize = 24;
/// Scripts of more commands than this are refused.
const MAX_CALLS: usize = 4000;
/// Combinations of values of variables that are tried one by one.
const MAX_CHOICES: usize = 128;

pub(super) struct Walk<'a> {
    pub scope: &'a Scope<'a>,
    pub block: Option<Block>,
    depth: usize,
    calls: usize,
    /// A variable with the name of a secret that the command at hand expands.
    pub secret_variable: Option<String>,
    /// Such a variable of an earlier command of the pipeline.
    pub piped_secret: Option<String>,
    /// Whether the command at hand expands what prints the environment.
    pub has_environment: bool,
}

impl<'a> Walk<'a> {
    pub(super) fn new(scope: &'a Scope<'a>) -> Self {
        Self {
            scope,
            block: None,
            depth: 0,
            calls: 0,
            secret_variable: None,
            piped_secret: None,
            has_environment: false,
        }
    }

    /// Notes why the script may not run; the first reason counts.
    pub(super) fn forbid(&mut self, block: Block) {
        let is_off = self.scope.settings.off.contains(&block.rule);
        if !is_off && self.block.is_none() {
            self.block = Some(block);
        }
    }

    fn too_much(&mut self) {
        self.forbid(Block::new(
            Rule::Destruction,
            "this command is nested too deeply to be judged",
            "write it as several plain commands",
        ));
    }

    /// Judges a script and returns what it prints.
    pub(super) fn script(&mut self, text: &str, state: &mut ShellState, input: &Stream) -> Stream {
        match parse(text) {
            Ok(nodes) => self.nodes(&nodes, state, input),
            Err(nodes) => {
                self.nodes(&nodes, state, &Stream::Unknown);
                self.nodes(&by_words(text), state, &Stream::Unknown);
                Stream::Unknown
            }
        }
    }

    pub(super) fn nodes(
        &mut self,
        nodes: &[Node],
        state: &mut ShellState,
        input: &Stream,
    ) -> Stream {
        self.depth += 1;
        let mut printed = Stream::Nothing;
        if MAX_DEPTH < self.depth {
            self.too_much();
        } else {
            for node in nodes {
                if self.block.is_some() {
                    break;
                }
                printed = printed.then(self.node(node, state, input.clone()));
            }
        }
        self.depth -= 1;
        printed
    }

    fn node(&mut self, node: &Node, state: &mut ShellState, input: Stream) -> Stream {
        match node {
            Node::Simple(simple) => self.simple(simple, state, &input),
            Node::Pipeline(stages) => {
                let mut stream = input;
                self.piped_secret = None;
                for stage in stages {
                    // Each stage is a shell of its own, but `read` in the last one may set variables.
                    stream = self.node(stage, state, stream);
                    self.piped_secret = self.piped_secret.take().or(self.secret_variable.take());
                }
                stream
            }
            Node::Group(body) => self.nodes(body, state, &input),
            Node::Subshell(body) => self.nodes(body, &mut state.clone(), &input),
            Node::For { name, values, body } => {
                let mut words = Vec::new();
                for value in values {
                    words.extend(self.expand(value, state));
                }
                for word in words {
                    state.assign(name, vec![word]);
                }
                if values.is_empty() {
                    state.assign_unknown(name);
                }
                self.nodes(body, state, &input)
            }
            Node::Function { name, body } => {
                state.functions.insert(name.clone(), body.clone());
                Stream::Nothing
            }
            Node::Redirected(node, redirects) => {
                let call = self.redirected(redirects, state, input);
                let printed = self.node(node, state, call.input.clone());
                self.judge_redirects(&call, state);
                self.judge_printed(&call, &printed, state);
                if call.writes.is_empty() {
                    printed
                } else {
                    Stream::Nothing
                }
            }
        }
    }

    fn simple(&mut self, simple: &Simple, state: &mut ShellState, input: &Stream) -> Stream {
        let mut choices = vec![state.chosen.clone()];
        for name in expand::variables(simple) {
            let Some(values) = state.variables.get(&name).filter(|values| 1 < values.len()) else {
                continue;
            };
            let is_many = MAX_CHOICES < choices.len() * values.len();
            let unknown = vec![vec![UNKNOWN_WORDS.to_string()]];
            let values = if is_many { &unknown } else { values };
            choices = choices
                .iter()
                .flat_map(|chosen| {
                    values.iter().map(|value| {
                        let mut chosen = chosen.clone();
                        chosen.insert(name.clone(), value.clone());
                        chosen
                    })
                })
                .collect();
        }
        let before = state.chosen.clone();
        let mut printed = Stream::Nothing;
        for chosen in choices {
            if self.block.is_some() {
                break;
            }
            state.chosen = chosen;
            printed = printed.then(self.chosen(simple, state, input.clone()));
        }
        state.chosen = before;
        printed
    }

    /// Judges a command whose variables have one value each.
    fn chosen(&mut self, simple: &Simple, state: &mut ShellState, input: Stream) -> Stream {
        self.calls += 1;
        if MAX_CALLS < self.calls {
            self.too_much();
            return Stream::Unknown;
        }
        (self.secret_variable, self.has_environment) = (None, false);
        for assignment in &simple.assignments {
            self.assign(assignment, state);
        }
        let mut words = Vec::new();
        for word in &simple.words {
            words.extend(self.expand(word, state));
        }
        let mut call = self.redirected(&simple.redirects, state, input);
        let has_output = call.writes.is_empty();
        // What may expand to nothing leaves the next word as the program.
        while let Some(first) = words.first().filter(|word| field::is_wholly_unknown(word)) {
            if first.contains(UNKNOWN_WORDS) && 1 < words.len() {
                call.program = first.clone();
                call.args = words[1..].to_vec();
                self.call(&call, state);
                words.remove(0);
            } else {
                break;
            }
        }
        let mut words = words.into_iter();
        call.program = words.next().unwrap_or_default();
        call.args = words.collect();
        let printed = self.call(&call, state);
        if has_output { printed } else { Stream::Nothing }
    }

    pub(super) fn assign(&mut self, assignment: &Assignment, state: &mut ShellState) {
        let value = match &assignment.value {
            Value::One(word) => vec![self.expand_one(word, state)],
            Value::Array(words) => {
                let mut all = Vec::new();
                for word in words {
                    all.extend(self.expand(word, state));
                }
                all
            }
        };
        state.chosen.remove(&assignment.name);
        if assignment.name == "HOME" || assignment.name == "PWD" {
            state.variables.remove(&assignment.name);
        }
        state.assign(&assignment.name, value);
    }

    /// Returns a call without words whose redirections are expanded.
    fn redirected(
        &mut self,
        redirects: &[Redirect],
        state: &mut ShellState,
        input: Stream,
    ) -> Call {
        let mut call = Call {
            input,
            ..Call::default()
        };
        for redirect in redirects {
            let body = redirect.body.as_ref().and_then(|body| body.get());
            if let Some(body) = body {
                let text = self.expand(body, state).join(" ");
                call.input = Stream::Text(text + "\n");
                continue;
            }
            let target = self.expand(&redirect.target, state).join(" ");
            match redirect.operator.as_str() {
                "<" => {
                    call.reads.push(target);
                    call.input = Stream::Unknown;
                }
                "<<" | "<<-" | "<<<" => {}
                ">&" | "<&" if target.chars().all(|c| c.is_ascii_digit() || c == '-') => {}
                _ => call.writes.push(target),
            }
        }
        call
    }
}
