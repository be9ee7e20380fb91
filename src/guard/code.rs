//! Programs in other languages that stand on the command line: they are judged by the texts in them.
use super::call::Call;
use super::field;
use super::rule::{Block, Rule};
use super::rules::{protected, secrets};
use super::shell_state::ShellState;
use super::stream::Stream;
use super::walk::Walk;

/// Programs, and the options behind which their code stands.
const INTERPRETERS: [(&str, &[char], &[&str]); 9] = [
    ("python", &['c'], &[]),
    ("perl", &['e', 'E'], &[]),
    ("ruby", &['e'], &[]),
    ("node", &['e', 'p'], &["--eval", "--print"]),
    ("deno", &[], &["eval"]),
    ("bun", &['e'], &["--eval"]),
    ("php", &['r'], &[]),
    ("lua", &['e'], &[]),
    ("osascript", &['e'], &[]),
];
/// Words of code that changes files.
const CHANGES: [&str; 22] = [
    "'w'", "\"w\"", "'a'", "\"a\"", "'wb'", "\"wb\"", "'r+'", "\"r+\"", "write", "unlink",
    "remove", "rename", "truncate", "rmtree", "copy", "move", "open(my", "'>", "\">", "chmod",
    "rmSync", "rm_rf",
];
/// Words of code that removes folders with everything in them.
const REMOVES: [&str; 6] = ["rmtree", "rm_rf", "rm_r", "rmSync", "rimraf", "remove_tree"];

pub(super) fn judge(walk: &mut Walk<'_>, call: &Call, state: &mut ShellState) {
    if call.is_any(&["awk", "gawk", "mawk"]) {
        let programs: Vec<String> = call
            .operands()
            .filter(|arg| arg.contains("system") || arg.contains('|'))
            .cloned()
            .collect();
        for program in programs {
            code(walk, &program, state);
        }
        return;
    }
    let name = call.name();
    let Some((_, letters, long)) = INTERPRETERS
        .iter()
        .find(|(known, ..)| name.starts_with(known))
    else {
        return;
    };
    let is_eval = |arg: &String| {
        let is_letter = arg.strip_prefix('-').is_some_and(|rest| {
            !rest.starts_with('-') && rest.len() < 5 && rest.contains(|c| letters.contains(&c))
        });
        is_letter || long.contains(&arg.as_str())
    };
    let Some(at) = call.args.iter().position(is_eval) else {
        // What is read from standard input is code.
        if let (Stream::Text(text), None) = (&call.input, call.operands().find(|arg| *arg != "-")) {
            code(walk, &text.clone(), state);
        }
        return;
    };
    let attached = call.args[at].get(2..).unwrap_or_default().to_owned();
    let text = call.args.get(at + 1).cloned().unwrap_or_default();
    let all = format!("{attached}\n{text}\n{}", call.args[at + 1..].join(" "));
    code(walk, &all, state);
}

/// Judges code by the texts in it.
fn code(walk: &mut Walk<'_>, code: &str, state: &ShellState) {
    let plain = field::shown(code);
    let changes = CHANGES.iter().any(|word| plain.contains(word));
    let removes = REMOVES.iter().any(|word| plain.contains(word));
    let texts = literals(&plain);
    // `["rm", "-rf", "/"]` is a command too.
    let joined = texts.join(" ");
    for text in texts.iter().chain([&joined]) {
        let mut inner = state.clone();
        if text.contains(' ') {
            walk.script(text, &mut inner, &Stream::Nothing);
        }
        let location = walk.locate(text, state);
        if secrets::is_secret(&location)
            || secrets::is_secret(&walk.locate(text.trim_start_matches("~/"), state))
        {
            secrets::read(walk, text, state);
        }
        if changes
            && !text.contains(' ')
            && let Some(what) = protected::protection(walk, &location).map(str::to_owned)
        {
            protected::forbid(walk, text, &what);
        }
        let is_path = text.starts_with(['/', '~', '.']) && !text.contains(' ');
        if removes && is_path {
            let words = ["rm", "-r", text].map(str::to_owned);
            walk.call(&Call::default().of(&words), &mut inner);
        }
    }
    let home = [
        "expanduser",
        "os.homedir",
        "Path.home",
        "Dir.home",
        "environ[\"HOME\"]",
        "environ['HOME']",
    ];
    if removes && home.iter().any(|word| plain.contains(word)) {
        walk.forbid(Block::new(
            Rule::Destruction,
            "this code removes a folder below your home",
            "remove folders inside the project with `rm -r`",
        ));
    }
}

/// Returns the texts between quotes.
fn literals(code: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut chars = code.chars();
    while let Some(c) = chars.next() {
        if !matches!(c, '\'' | '"' | '`') {
            continue;
        }
        let mut text = String::new();
        while let Some(next) = chars.next() {
            match next {
                '\\' => text.extend(chars.next()),
                next if next == c => break,
                next => text.push(next),
            }
        }
        if !text.is_empty() {
            found.push(text);
        }
    }
    found
}
