//! Commands that the definition forbids by their words.
use crate::guard::call::Call;
use crate::guard::field;
use crate::guard::rule::{Block, Rule};
use crate::guard::walk::Walk;

pub(super) fn judge(walk: &mut Walk<'_>, call: &Call) {
    let settings = walk.scope.settings;
    if let Some(words) = settings.rules.iter().find(|words| matches(call, words)) {
        walk.forbid(Block::new(
            Rule::Own,
            format!("`{words}` is forbidden in this session"),
            "leave it to the user, and say in your report that it is left to do",
        ));
    }
    if let Some(words) = settings.long.iter().find(|words| matches(call, words)) {
        walk.forbid(Block::new(
            Rule::Long,
            format!("`{words}` takes too long to be waited for"),
            "leave it to the user, or do a part of it that is done within a minute",
        ));
    }
}

/// Whether a command is the program, with the other words after it in this order. `python -m pip` is `pip`.
fn matches(call: &Call, words: &str) -> bool {
    let mut wanted = words.split_whitespace();
    let Some(program) = wanted.next() else {
        return false;
    };
    let is_module = call.args.first().is_some_and(|arg| arg == "-m")
        && call.name().starts_with("python")
        && call.args.get(1).is_some_and(|module| module == program);
    let versioned = call
        .name()
        .trim_end_matches(|c: char| c.is_ascii_digit() || c == '.');
    if !is_module && !call.is(program) && versioned != program {
        return false;
    }
    let mut args = call.args.iter();
    wanted.all(|word| args.by_ref().any(|arg| fits(arg, word)))
}

fn fits(arg: &str, word: &str) -> bool {
    if field::may_be(arg, word) {
        return true;
    }
    // `*train*.py` as a pattern of the definition.
    word.contains('*') && field::may_be(&field::mark_bare(word), arg)
}
