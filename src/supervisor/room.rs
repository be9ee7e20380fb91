//! Runs your command that makes room when a project waits for space: `supervisor: {on_low: [...]}`.
use super::messages::Message;
use super::run::Supervisor;
use crate::exec::command::BoundedCommand;
use crate::model::ProjectId;
use std::time::Duration;

/// How long it may take.
const LIMIT: Duration = Duration::from_secs(600);

impl Supervisor {
    /// Runs the command in the background. It finds the project's directory in `AP_PROJECT`.
    pub(super) fn make_room(&self, project: &ProjectId) {
        let (Some((program, args)), Some(known)) = (
            self.env.on_low.split_first(),
            self.state().projects.get(project),
        ) else {
            return;
        };
        let command = BoundedCommand::new(program)
            .args(args)
            .clean_env(&self.env.vars)
            .envs([("AP_PROJECT", known.root.as_str())])
            .limit(LIMIT);
        let (project, sender) = (project.clone(), self.sender.clone());
        let run = move || {
            let output = command.run();
            match &output {
                Ok(output) => {
                    tracing::info!(%project, code = output.code, stderr = %output.stderr_text().trim(), "on_low has ended");
                }
                Err(error) => tracing::warn!(%project, %error, "on_low failed"),
            }
            let code = output.ok().and_then(|output| output.code);
            let _ = sender.send(Message::RoomMade(project, code));
        };
        let thread = std::thread::Builder::new().name("on_low".to_owned());
        if let Err(error) = thread.spawn(run) {
            tracing::warn!(%error, "on_low is not run");
        }
    }
}
