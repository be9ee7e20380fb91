//! Keys and tokens that a command writes into a file.
use crate::guard::call::Call;
use crate::guard::field;
use crate::guard::rule::{Block, Rule};
use crate::guard::stream::Stream;
use crate::guard::walk::Walk;

const INSTEAD: &str =
    "read it from the environment when the program runs, and write the name of the variable";

/// Returns why a text may not be written.
pub(in crate::guard) fn forbidden(what: &str) -> Block {
    Block::new(
        Rule::Content,
        format!("{what} holds a key or a token"),
        INSTEAD,
    )
}

pub(super) fn judge(walk: &mut Walk<'_>, call: &Call) {
    let is_file = |target: &String| !target.starts_with("/dev/");
    let is_written = call.writes.iter().any(is_file) || (call.is("tee") && !call.args.is_empty());
    if !is_written {
        return;
    }
    let mut text = call.args.join(" ");
    if let Stream::Text(input) = &call.input {
        text.push('\n');
        text.push_str(input);
    }
    if (walk.scope.has_secret)(&field::shown(&text)) {
        walk.forbid(forbidden("what this command writes"));
    }
}
