//! `find` and `xargs`, which run a command for files.
use crate::guard::call::Call;
use crate::guard::field::{self, UNKNOWN};
use crate::guard::shell_state::ShellState;
use crate::guard::stream::Stream;
use crate::guard::walk::Walk;

pub(super) fn xargs(walk: &mut Walk<'_>, call: &Call, state: &ShellState) -> Stream {
    const WITH_VALUE: [&str; 14] = [
        "-d",
        "-n",
        "-L",
        "-P",
        "-s",
        "-E",
        "-a",
        "-j",
        "--max-args",
        "--max-procs",
        "--delimiter",
        "--max-lines",
        "--arg-file",
        "--jobs",
    ];
    let mut words = call.args.as_slice();
    let mut placeholder = (call.name() == "parallel").then(|| "{}".to_owned());
    while let Some(word) = words.first().filter(|word| word.starts_with('-')) {
        let mut skipped = 1;
        if word == "-I" || word == "--replace" {
            placeholder = words.get(1).cloned();
            skipped = 2;
        } else if let Some(text) = word
            .strip_prefix("-I")
            .or_else(|| word.strip_prefix("--replace="))
        {
            placeholder = Some(text.to_owned());
        } else if word == "-i" {
            placeholder = Some("{}".to_owned());
        } else if WITH_VALUE.contains(&word.as_str()) {
            skipped = 2;
        }
        words = words.get(skipped..).unwrap_or_default();
    }
    let mut words = words.to_vec();
    // `parallel command ::: arguments`
    let given = words.iter().position(|word| word.starts_with(":::"));
    let given = given.map(|at| words.split_off(at)[1..].to_vec());
    let items: Vec<String> = match (given, &call.input) {
        (Some(given), _) => given,
        (None, Stream::Text(text)) => text.split_whitespace().map(str::to_owned).collect(),
        (None, Stream::Paths(paths)) => {
            paths.iter().map(|path| format!("{path}/{BELOW}")).collect()
        }
        (None, Stream::Nothing) => Vec::new(),
        _ => vec![UNKNOWN.to_string()],
    };
    let mut calls = Vec::new();
    match placeholder
        .filter(|text| !text.is_empty() && words.iter().any(|word| word.contains(text)))
    {
        Some(placeholder) => {
            for item in items.iter().take(64) {
                let replaced = words.iter().map(|word| word.replace(&placeholder, item));
                calls.push(replaced.collect::<Vec<_>>());
            }
        }
        None => calls.push(words.iter().chain(&items).cloned().collect()),
    }
    for words in calls {
        let inner = Call {
            input: Stream::Nothing,
            ..call.of(&words)
        };
        if words.len() == 1 || inner.program.contains(' ') {
            walk.script(&words.join(" "), &mut state.clone(), &Stream::Nothing);
        }
        walk.call(&inner, &mut state.clone());
    }
    Stream::Unknown
}

/// Stands for a file somewhere below a folder. It is a name that no rule knows.
const BELOW: &str = "found-below";

/// Judges the commands that `find` runs for what it finds.
pub(super) fn find(walk: &mut Walk<'_>, call: &Call, state: &ShellState) {
    const RUNS: [&str; 8] = [
        "-exec",
        "-execdir",
        "-ok",
        "-okdir",
        "-x",
        "-X",
        "--exec",
        "--exec-batch",
    ];
    let roots = find_roots(call);
    let mut at = 0;
    while let Some(found) = call.args[at..]
        .iter()
        .position(|arg| RUNS.contains(&arg.as_str()))
    {
        let words = &call.args[at + found + 1..];
        let end = words.iter().position(|word| word == ";" || word == "+");
        let words = &words[..end.unwrap_or(words.len())];
        for root in &roots {
            let is_all = is_unfiltered(call);
            let item = if is_all {
                root.clone()
            } else {
                format!("{root}/{BELOW}")
            };
            let replaced: Vec<String> =
                words.iter().map(|word| word.replace("{}", &item)).collect();
            let inner = Call {
                input: Stream::Nothing,
                writes: Vec::new(),
                reads: Vec::new(),
                ..call.of(&replaced)
            };
            walk.call(&inner, &mut state.clone());
            walk.found(&inner, &mut state.clone(), call);
        }
        at += found + 1;
    }
}

impl Walk<'_> {
    /// Judges a command for the names that `find` looks for.
    fn found(&mut self, inner: &Call, state: &mut ShellState, find: &Call) {
        let names = find
            .args
            .windows(2)
            .filter(|pair| ["-name", "-path", "-iname", "-wholename"].contains(&pair[0].as_str()));
        let names: Vec<String> = names.map(|pair| pair[1].clone()).collect();
        for name in names {
            let name = name.replace('*', &field::STAR.to_string());
            let args = inner.args.iter().map(|arg| arg.replace(BELOW, &name));
            let inner = Call {
                args: args.collect(),
                ..inner.clone()
            };
            self.call(&inner, state);
        }
    }
}

/// Returns the folders that `find` looks in.
pub(in crate::guard) fn find_roots(call: &Call) -> Vec<String> {
    let is_root = |arg: &&String| !arg.starts_with(['-', '(', '!']);
    let options = call
        .args
        .iter()
        .take_while(|arg| ["-H", "-L", "-P"].contains(&arg.as_str()));
    let roots: Vec<String> = call.args[options.count()..]
        .iter()
        .take_while(is_root)
        .cloned()
        .collect();
    if roots.is_empty() {
        vec![".".to_owned()]
    } else {
        roots
    }
}

/// Whether `find` finds everything in its folders.
pub(in crate::guard) fn is_unfiltered(call: &Call) -> bool {
    const FILTERS: [&str; 20] = [
        "-name",
        "-iname",
        "-path",
        "-ipath",
        "-wholename",
        "-regex",
        "-iregex",
        "-newer",
        "-mtime",
        "-mmin",
        "-atime",
        "-ctime",
        "-empty",
        "-size",
        "-user",
        "-perm",
        "-links",
        "-type",
        "-inum",
        "-samefile",
    ];
    let has = |name: &str| call.args.iter().any(|arg| arg == name);

    FILTERS
        .iter()
        .filter(|name| has(name))
        .all(|name| *name == "-type")
}
