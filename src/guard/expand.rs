//! Expands words: quotes, variables, substitutions, braces and tildes.
use super::field::{self, UNKNOWN, UNKNOWN_WORDS};
use super::shell::{Node, Part, Simple, Value, Word};
use super::shell_state::ShellState;
use super::stream::Stream;
use super::walk::Walk;
use crate::redact::is_secret_name;
use std::collections::BTreeSet;

/// The words of one expanded word.
#[derive(Default)]
struct Fields {
    done: Vec<String>,
    open: Option<String>,
}

impl Fields {
    fn push(&mut self, text: &str) {
        self.open.get_or_insert_default().push_str(text);
    }

    fn split(&mut self) {
        self.done.extend(self.open.take());
    }

    /// Adds text that is split at white space.
    fn push_words(&mut self, text: &str) {
        if text.starts_with(char::is_whitespace) {
            self.split();
        }
        for (index, word) in text.split_whitespace().enumerate() {
            if 0 < index {
                self.split();
            }
            self.push(&field::mark_value(word));
        }
        if text.ends_with(char::is_whitespace) {
            self.split();
        }
    }
}

impl Walk<'_> {
    /// Returns the words that a word becomes.
    pub(super) fn expand(&mut self, word: &Word, state: &mut ShellState) -> Vec<String> {
        let mut fields = Fields::default();
        for (index, part) in word.parts.iter().enumerate() {
            match part {
                Part::Bare(text) => {
                    let text = field::mark_bare(&field::without_marks(text));
                    let text = match text.strip_prefix('~') {
                        Some(rest) if index == 0 => self.tilde(rest, state),
                        _ => self.tilde_after_equals(&text),
                    };
                    fields.push(&text);
                }
                Part::Quoted(text) => fields.push(&field::without_marks(text)),
                Part::Variable {
                    name,
                    operation,
                    quoted,
                } => {
                    self.variable(name, operation.as_ref(), *quoted, state, &mut fields);
                }
                Part::Output { body, quoted } => {
                    let text = self.output(body, state);
                    if *quoted {
                        fields.push(&text.replace(UNKNOWN_WORDS, &UNKNOWN.to_string()));
                    } else {
                        fields.push_words(&text);
                    }
                }
                Part::Process(body) => {
                    self.nodes(body, &mut state.clone(), &Stream::Unknown);
                    fields.push(&format!("/dev/fd/{UNKNOWN}"));
                }
                Part::Unknown { quoted } => {
                    let mark = if *quoted { UNKNOWN } else { UNKNOWN_WORDS };
                    fields.push(&mark.to_string());
                }
            }
        }
        fields.split();
        fields
            .done
            .iter()
            .flat_map(|field| field::expand_braces(field))
            .collect()
    }

    /// Returns a word as one text, as in an assignment.
    pub(super) fn expand_one(&mut self, word: &Word, state: &mut ShellState) -> String {
        self.expand(word, state).join(" ")
    }

    fn tilde(&self, rest: &str, state: &ShellState) -> String {
        let (user, path) = match rest.split_once('/') {
            Some((user, path)) => (user, format!("/{path}")),
            None => (rest, String::new()),
        };
        match user {
            "" => format!("{}{path}", self.home()),
            "+" => format!("{}{path}", state.cwd),
            // The folder of another user, or an earlier working directory.
            _ => format!("/{UNKNOWN}{path}"),
        }
    }

    fn tilde_after_equals(&self, text: &str) -> String {
        text.replace("=~/", &format!("={}/", self.home()))
    }

    pub(super) fn home(&self) -> String {
        let home = self.scope.home.map(ToString::to_string);
        home.unwrap_or_else(|| format!("/{UNKNOWN}"))
    }

    /// Returns what commands print, and judges them.
    fn output(&mut self, body: &[Node], state: &ShellState) -> String {
        match self.nodes(body, &mut state.clone(), &Stream::Nothing) {
            Stream::Nothing => String::new(),
            Stream::Text(text) => text.trim_end_matches('\n').to_owned(),
            Stream::Paths(paths) => paths
                .iter()
                .map(|path| format!("{path}/{UNKNOWN}"))
                .collect::<Vec<_>>()
                .join("\n"),
            Stream::Environment => {
                self.has_environment = true;
                UNKNOWN_WORDS.to_string()
            }
            Stream::Decoded | Stream::Unknown => UNKNOWN_WORDS.to_string(),
        }
    }

    fn variable(
        &mut self,
        name: &str,
        operation: Option<&(String, Word)>,
        quoted: bool,
        state: &mut ShellState,
        fields: &mut Fields,
    ) {
        let known = self.known(name, state);
        let operand = operation.map(|(operator, word)| {
            let word = self.expand_one(word, state);
            (operator.trim_start_matches(':').to_owned(), word)
        });
        let value = match (operand, known) {
            (None, known) => known,
            (Some((operator, word)), known) => match operator.as_str() {
                "-" | "=" => {
                    if operator == "=" && known.is_none() {
                        state.assign(name, vec![word.clone()]);
                    }
                    Some(known.unwrap_or_else(|| vec![word]))
                }
                "+" => Some(vec![word]),
                "?" => known,
                // A part of the value, or the value changed.
                _ => Some(vec![UNKNOWN_WORDS.to_string()]),
            },
        };
        match value {
            Some(words) if quoted && (name == "@" || name.ends_with("[@]")) => {
                for (index, word) in words.iter().enumerate() {
                    if 0 < index {
                        fields.split();
                    }
                    fields.push(word);
                }
            }
            Some(words) if quoted => {
                fields.push(&words.join(" ").replace(UNKNOWN_WORDS, &UNKNOWN.to_string()));
            }
            Some(words) => fields.push_words(&words.join(" ")),
            None => {
                if is_secret_name(name) {
                    self.secret_variable = Some(name.to_owned());
                }
                let mark = if quoted { UNKNOWN } else { UNKNOWN_WORDS };
                fields.push(&mark.to_string());
            }
        }
    }

    fn known(&self, name: &str, state: &ShellState) -> Option<Vec<String>> {
        if let Some(value) = state.value(name) {
            return Some(value.clone());
        }
        if let Some((array, index)) = name.split_once('[') {
            let values = state.value(array)?;
            return match index.trim_end_matches(']') {
                "@" | "*" => Some(values.clone()),
                index => Some(vec![values.get(index.parse::<usize>().ok()?)?.clone()]),
            };
        }
        let one = |text: String| Some(vec![text]);
        match name {
            "HOME" => one(self.home()),
            "PWD" | "CLAUDE_PROJECT_DIR" | "AP_PROJECT" if name != "PWD" => {
                one(self.scope.project.to_string())
            }
            "PWD" => one(state.cwd.to_string()),
            "IFS" => one(" ".to_owned()),
            "TMPDIR" => one(self.scope.temp.first()?.to_string()),
            "@" | "*" => state.positional.clone(),
            "0" => one("sh".to_owned()),
            _ => {
                let number: usize = name.parse().ok()?;
                let positional = state.positional.as_ref()?;
                Some(
                    positional
                        .get(number.checked_sub(1)?)
                        .cloned()
                        .into_iter()
                        .collect(),
                )
            }
        }
    }
}

/// Returns the names of the variables in the words of a command.
pub(super) fn variables(simple: &Simple) -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    let assigned = simple.assignments.iter().flat_map(|one| match &one.value {
        Value::One(word) => std::slice::from_ref(word),
        Value::Array(words) => words,
    });
    let redirected = simple.redirects.iter().map(|redirect| &redirect.target);
    for word in simple.words.iter().chain(assigned).chain(redirected) {
        of_word(word, &mut names);
    }
    names
}

fn of_word(word: &Word, names: &mut BTreeSet<String>) {
    for part in &word.parts {
        if let Part::Variable {
            name, operation, ..
        } = part
        {
            names.insert(name.split('[').next().unwrap_or_default().to_owned());
            if let Some((_, word)) = operation {
                of_word(word, names);
            }
        }
    }
}
