//! Completes the commands in hints, so that they work as they stand.
use camino::Utf8Path;

/// Returns how this call named the queue, as part of a command.
pub(super) fn queue_flag(session: Option<&str>, file: Option<&Utf8Path>) -> String {
    let session = session
        .iter()
        .map(|name| format!(" --session {name}"))
        .collect::<String>();
    let file = file
        .iter()
        .map(|path| format!(" --file '{path}'"))
        .collect::<String>();
    session + &file
}

/// Adds the flag to the `ap queue` commands of a hint that do not name a queue.
pub(super) fn complete(hint: &str, queue_flag: &str) -> String {
    let mut parts: Vec<String> = hint.split('`').map(str::to_owned).collect();
    // Every second part is between two backticks.
    for command in parts.iter_mut().skip(1).step_by(2) {
        let is_named = ["ap queue label ", " --session ", " --file "]
            .iter()
            .any(|part| command.contains(part));
        if command.starts_with("ap queue ") && !is_named {
            command.push_str(queue_flag);
        }
    }
    parts.join("`")
}

#[cfg(test)]
mod tests {
    use super::complete;

    #[test]
    fn only_commands_that_name_no_queue_are_completed() {
        assert_eq!(
            complete("a `ap queue ready` b", " --file 'c d'"),
            "a `ap queue ready --file 'c d'` b"
        );
        let whole = "`ap queue label x` or `ap queue close a --file b` or `-- y`";
        assert_eq!(complete(whole, " --session auth"), whole);
    }
}
