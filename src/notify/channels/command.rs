//! A program of yours that gets a message as JSON on its standard input.
use super::reach::Parcel;
use super::webhook;
use crate::exec::command::{BoundedCommand, find_program};
use crate::model::Env;
use crate::notify::policy::Delivery;
use crate::text::error_line;
use camino::Utf8Path;
use std::time::Duration;

/// How long it may run.
const LIMIT: Duration = Duration::from_secs(30);
/// How much of its output is kept.
const MAX_OUTPUT: u64 = 16 * 1024;

pub(super) fn deliver(vars: &Env, argv: &[String], parcel: &Parcel<'_>) -> Delivery {
    let not_now = |reason: String| Delivery::NotNow {
        reason,
        after: None,
    };
    let program = argv.first().map_or("", String::as_str);
    let Some(found) = find_program(program, vars.get("PATH"), Utf8Path::new("/")) else {
        return not_now(format!("`{program}` is not found"));
    };
    let output = BoundedCommand::swept(&found)
        .args(&argv[1..])
        .clean_env(vars)
        .input(webhook::body(parcel).to_string())
        .limit(LIMIT)
        .max_output(MAX_OUTPUT)
        .run();
    match output {
        Ok(output) if output.is_success() => Delivery::Delivered(None),
        Ok(output) => {
            let why = error_line(&output.stderr_text());
            not_now(why.map_or_else(
                || format!("`{program}` failed"),
                |why| format!("`{program}` failed: {why}"),
            ))
        }
        Err(error) => not_now(format!("`{program}`: {error}")),
    }
}
