//! What the project adds: the output of `.agent-pipelines/snapshot-extra.sh`.
use super::project::Shown;
use super::section::Section;
use crate::cli::context::Context;
use crate::exec::command::{BoundedCommand, CommandError};
use crate::store::layout::StateFile;
use crate::text::without_terminal_codes;
use nix::unistd::{AccessFlags, access};
use std::time::Duration;

/// How long it may take, and how much it may print.
const LIMIT: Duration = Duration::from_secs(30);
const MAX_OUTPUT: u64 = 256 * 1024;
const TITLE: &str = "The project's own";

/// Returns its section, if the project has such a script.
pub(super) fn section(shown: &Shown, since: &str, context: &Context) -> Option<Section> {
    let script = shown.own("snapshot-extra.sh");
    if !script.exists() {
        return None;
    }
    if access(script.as_std_path(), AccessFlags::X_OK).is_err() {
        let advice = format!("{script} is not executable: chmod +x {script}");
        return Some(Section::new(13, TITLE, [advice], ""));
    }
    let command = BoundedCommand::swept(script.as_str())
        .current_dir(&shown.root)
        .envs(variables(shown, since, context))
        .max_output(MAX_OUTPUT)
        .limit(LIMIT);
    let lines = match command.run() {
        Ok(output) => {
            let mut lines = printed(&output.stdout);
            lines.extend(printed(&output.stderr));
            if !output.is_success() {
                let code = output.code.map_or_else(
                    || "was ended by a signal".to_owned(),
                    |code| format!("exited with {code}"),
                );
                lines.push(format!("{script} {code}"));
            }
            lines
        }
        Err(CommandError::TimedOut(_)) => {
            vec![format!("{script} did not end within {} s", LIMIT.as_secs())]
        }
        Err(CommandError::Start(error) | CommandError::Wait(error)) => {
            vec![format!("{script} cannot be run: {error}")]
        }
    };
    Some(Section::new(13, TITLE, lines, "it printed nothing"))
}

/// Returns lines as they may be shown: what is no text is not sent to a terminal.
fn printed(bytes: &[u8]) -> Vec<String> {
    let text = String::from_utf8_lossy(bytes);
    text.lines().map(without_terminal_codes).collect()
}

/// Returns the variables of cc-autopipe and those of today.
fn variables(shown: &Shown, since: &str, context: &Context) -> Vec<(&'static str, String)> {
    let state = shown.dir.as_ref().map(|dir| dir.state().to_string());
    let state = state.unwrap_or_default();
    let folder = shown.root.join(".agent-pipelines").to_string();
    let root = shown.root.to_string();
    let log = context.dirs.state_file(StateFile::Log);
    let events = log.join("events.jsonl").to_string();
    let own = context
        .dirs
        .state_file(StateFile::SupervisorLog)
        .to_string();
    let home = context.dirs.state.to_string();
    vec![
        ("PROJECT", root.clone()),
        ("CCA", folder.clone()),
        ("STATE", state.clone()),
        ("USER_HOME", home.clone()),
        ("AGG", events.clone()),
        ("STDERR_LOG", own.clone()),
        ("SINCE", since.to_owned()),
        ("AP_PROJECT", root),
        ("AP_FOLDER", folder),
        ("AP_STATE", state),
        ("AP_STATE_FOLDER", home),
        ("AP_EVENTS", events),
        ("AP_SUPERVISOR_LOG", own),
        ("AP_SINCE", since.to_owned()),
    ]
}
