//! A command with its words expanded, and what shells themselves do with some.
use super::field::{self, UNKNOWN};
use super::location::Location;
use super::rule::{Block, Rule};
use super::shell_state::ShellState;
use super::stream::Stream;
use super::walk::Walk;
use super::{code, rules, wrappers};
use camino::Utf8Path;

#[derive(Clone, Debug, Default)]
pub(super) struct Call {
    pub program: String,
    pub args: Vec<String>,
    /// Files that the shell opens for it to write.
    pub writes: Vec<String>,
    /// Files that the shell opens for it to read.
    pub reads: Vec<String>,
    pub input: Stream,
}

impl Call {
    /// Whether the program may be this one, wherever it is installed.
    pub(super) fn is(&self, name: &str) -> bool {
        let program = self.name();
        !program.is_empty() && field::may_be(program, name)
    }

    pub(super) fn is_any(&self, names: &[&str]) -> bool {
        names.iter().any(|name| self.is(name))
    }

    /// Returns the file name of the program.
    pub(super) fn name(&self) -> &str {
        self.program.rsplit('/').next().unwrap_or_default()
    }

    /// Returns the same call of another program.
    pub(super) fn of(&self, words: &[String]) -> Self {
        Self {
            program: words.first().cloned().unwrap_or_default(),
            args: words.get(1..).unwrap_or_default().to_vec(),
            ..self.clone()
        }
    }

    /// Returns the arguments that are no options.
    pub(super) fn operands(&self) -> impl Iterator<Item = &String> {
        let end = self.args.iter().position(|arg| arg == "--");
        self.args
            .iter()
            .enumerate()
            .filter_map(move |(index, arg)| {
                let is_after = end.is_some_and(|end| end < index);
                let is_option = arg.starts_with('-') && 1 < arg.len();
                (is_after || !is_option).then_some(arg)
            })
    }

    /// Whether an option is given, alone or among others behind one dash, or by the begin of its long name.
    pub(super) fn has_option(&self, short: &str, long: &str) -> bool {
        self.args
            .iter()
            .take_while(|arg| *arg != "--")
            .any(|arg| is_option(arg, short, long))
    }
}

pub(super) fn is_option(arg: &str, short: &str, long: &str) -> bool {
    if let Some(name) = arg.strip_prefix("--") {
        let name = name.split('=').next().unwrap_or_default();
        return 1 < name.len() && !long.is_empty() && long.starts_with(name);
    }
    arg.strip_prefix('-')
        .is_some_and(|letters| letters.contains(|c| short.contains(c)))
}

impl Walk<'_> {
    /// Judges a command and returns what it prints.
    pub(super) fn call(&mut self, call: &Call, state: &mut ShellState) -> Stream {
        self.judge_redirects(call, state);
        if self.block.is_some() || call.program.is_empty() {
            return Stream::Nothing;
        }
        if let Some(body) = state.functions.get(&call.program).cloned() {
            let before = state.positional.replace(call.args.clone());
            // A function that calls itself has been judged once.
            state.functions.remove(&call.program);
            let printed = self.nodes(&body, state, &call.input);
            state.functions.insert(call.program.clone(), body);
            state.positional = before;
            self.judge_printed(call, &printed, state);
            return printed;
        }
        if let Some(printed) = wrappers::run(self, call, state) {
            self.judge_printed(call, &printed, state);
            return printed;
        }
        code::judge(self, call, state);
        rules::judge(self, call, state);
        self.builtin(call, state)
    }

    /// Judges what other commands print into the files of a call.
    pub(super) fn judge_printed(&mut self, call: &Call, printed: &Stream, state: &mut ShellState) {
        let call = Call {
            program: "cat".to_owned(),
            args: Vec::new(),
            input: printed.clone(),
            ..call.clone()
        };
        rules::judge(self, &call, state);
    }

    pub(super) fn judge_redirects(&mut self, call: &Call, state: &ShellState) {
        rules::judge_redirects(self, call, state);
    }

    pub(super) fn locate(&self, word: &str, state: &ShellState) -> Location {
        let resolve = |path: &Utf8Path| {
            let mut path = path.to_owned();
            for _ in 0..8 {
                let found = state.links.iter().find_map(|(link, target)| {
                    path.strip_prefix(link).ok().map(|rest| target.join(rest))
                });
                match found {
                    Some(target) => path = target,
                    None => break,
                }
            }
            (self.scope.resolve)(&path)
        };
        Location::new(word, &state.cwd, &resolve)
    }

    /// Follows what a command changes in the shell, and returns what it prints.
    fn builtin(&mut self, call: &Call, state: &mut ShellState) -> Stream {
        let first = || call.operands().next().cloned();
        match call.name() {
            "cd" | "pushd" => {
                let target = first().unwrap_or_else(|| self.home());
                state.cwd = if target == "-" {
                    format!("/{UNKNOWN}").into()
                } else {
                    self.locate(&target, state).path
                };
                Stream::Nothing
            }
            "popd" => {
                state.cwd = self.scope.cwd.to_owned();
                Stream::Nothing
            }
            "export" | "declare" | "local" | "readonly" | "typeset" => {
                for (name, value) in call.operands().filter_map(|arg| arg.split_once('=')) {
                    state.assign(name, vec![value.to_owned()]);
                }
                let prints = call.operands().next().is_none();
                if prints {
                    Stream::Environment
                } else {
                    Stream::Nothing
                }
            }
            "set" => {
                match call.args.first().map(String::as_str) {
                    None => return Stream::Environment,
                    Some("--") => state.positional = Some(call.args[1..].to_vec()),
                    Some(arg) if !arg.starts_with(['-', '+']) => {
                        state.positional = Some(call.args.clone());
                    }
                    Some(_) => {}
                }
                Stream::Nothing
            }
            "shift" => {
                if let Some(positional) = state.positional.as_mut().filter(|all| !all.is_empty()) {
                    positional.remove(0);
                }
                Stream::Nothing
            }
            "read" | "mapfile" | "readarray" | "getopts" => {
                self.read(call, state);
                Stream::Nothing
            }
            "ln" if call.has_option("s", "symbolic") => {
                let operands: Vec<&String> = call.operands().collect();
                if let [target, link] = operands.as_slice() {
                    let link = state.cwd.join(link);
                    let target = self.locate(target, state).path;
                    state.links.insert(link, target);
                }
                Stream::Nothing
            }
            _ => prints(self, call, state),
        }
    }

    fn read(&mut self, call: &Call, state: &mut ShellState) {
        let names: Vec<String> = call.operands().cloned().collect();
        for name in names {
            match call.input.text() {
                Some(text) => {
                    for line in text.lines().take(8) {
                        state.assign(&name, vec![line.to_owned()]);
                    }
                }
                None => match &call.input {
                    Stream::Paths(paths) => {
                        for path in paths {
                            state.assign(&name, vec![format!("{path}/{UNKNOWN}")]);
                        }
                    }
                    _ => state.assign_unknown(&name),
                },
            }
        }
    }

    /// Forbids a command that nothing can be said about.
    pub(super) fn forbid_unknown(&mut self, what: &str) {
        self.forbid(Block::new(
            Rule::Destruction,
            format!("{what} cannot be judged before it runs"),
            "write the commands themselves, with their paths",
        ));
    }
}

/// Returns what a command prints, as far as it follows from its words.
fn prints(walk: &Walk<'_>, call: &Call, state: &ShellState) -> Stream {
    let words = || call.args.join(" ");
    match call.name() {
        "echo" => {
            let skipped = call
                .args
                .iter()
                .take_while(|arg| ["-n", "-e", "-E", "-ne", "-en"].contains(&arg.as_str()));
            let text = call.args[skipped.count()..].join(" ");
            Stream::Text(text.replace("\\n", "\n") + "\n")
        }
        "printf" => Stream::Text(printf(&call.args)),
        "pwd" => Stream::Text(format!("{}\n", state.cwd)),
        "mktemp" => match walk.scope.temp.first() {
            Some(temp) => Stream::Text(format!("{temp}/created-by-mktemp\n")),
            None => Stream::Unknown,
        },
        "cat" | "tee" if call.operands().next().is_none() => call.input.clone(),
        "env" | "printenv" if call.args.is_empty() => Stream::Environment,
        "env" if call.args.iter().all(|arg| arg == "-0" || arg == "--null") => Stream::Environment,
        "wc" | "true" | "false" | "test" | "[" | "[[" | ":" => Stream::Nothing,
        _ if call.input == Stream::Environment => Stream::Environment,
        "base64" | "base32" | "xxd" | "rev" | "tr" | "openssl" | "uudecode" | "basenc" => {
            Stream::Decoded
        }
        "git" => match call
            .args
            .iter()
            .map(String::as_str)
            .collect::<Vec<_>>()
            .as_slice()
        {
            ["rev-parse", "--show-toplevel"] => Stream::Text(format!("{}\n", walk.scope.project)),
            ["branch", "--show-current"]
            | ["rev-parse", "--abbrev-ref", "HEAD"]
            | ["symbolic-ref", "--short", "HEAD"] => match &state.branch {
                Some(branch) => Stream::Text(format!("{branch}\n")),
                None => Stream::Unknown,
            },
            ["ls-files" | "diff" | "status" | "ls-tree", ..] => {
                Stream::Paths(vec![state.cwd.to_string()])
            }
            _ => Stream::Unknown,
        },
        "find" | "fd" | "rg" | "grep" | "ls" => {
            let roots: Vec<String> = call
                .operands()
                .filter(|arg| arg.contains('/') || *arg == ".." || *arg == "~")
                .cloned()
                .collect();
            match roots.is_empty() {
                true => Stream::Paths(vec![state.cwd.to_string()]),
                false => Stream::Paths(roots),
            }
        }
        "sort" | "uniq" | "head" | "tail" => call.input.clone(),
        _ if words().is_empty() && call.input == Stream::Decoded => Stream::Decoded,
        _ => Stream::Unknown,
    }
}

fn printf(args: &[String]) -> String {
    let mut args = args.iter().skip_while(|arg| *arg == "--");
    let Some(format) = args.next() else {
        return String::new();
    };
    let mut text = format.replace("\\n", "\n");
    let mut extra = Vec::new();
    for arg in args {
        let place = ["%s", "%b", "%q"]
            .iter()
            .filter_map(|verb| text.find(verb))
            .min();
        match place {
            Some(at) => text.replace_range(at..at + 2, arg),
            // The format is used again.
            None => extra.push(
                format
                    .replace("\\n", "\n")
                    .replace("%s", arg)
                    .replace("%b", arg),
            ),
        }
    }
    text + &extra.concat()
}
