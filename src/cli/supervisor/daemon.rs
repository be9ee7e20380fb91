//! The supervisor as a program: in this terminal, or in the background.
use crate::cli::context::Context;
use crate::error::{ExitCode, Result};
use crate::exec::detached::lead_session;
use crate::exec::launcher::{self, LaunchReply};
use crate::log;
use crate::model::Env;
use crate::redact::Redactor;
use crate::store::layout::{StateFile, UserDirs};
use crate::store::{crash, secrets};
use crate::supervisor::{self, SupervisorEnv};
use camino::Utf8Path;
use serde::{Deserialize, Serialize};
use std::cell::Cell;
use std::sync::Arc;

/// What a supervisor in the background is started with.
#[derive(Debug, Serialize, Deserialize)]
pub(in crate::cli) struct Request {
    pub(in crate::cli) env: SupervisorEnv,
    /// Whether it replaces the supervisor that runs.
    pub(in crate::cli) takes_over: bool,
}

/// Runs the supervisor in this terminal until it ends.
pub(in crate::cli) fn in_this_terminal(request: &Request, context: &Context) -> Result<ExitCode> {
    let env = &request.env;
    crash::role("supervisor");
    log::of_supervisor(None, level(&env.vars), redactor(&context.dirs, env));
    supervisor::run(&context.dirs, env, request.takes_over, || ())?;
    Ok(ExitCode::Done)
}

/// `ap __supervisor <socket>`: the supervisor in the background.
pub(in crate::cli) fn in_background(socket: &Utf8Path) -> Result<ExitCode> {
    crash::role("supervisor");
    lead_session();
    let (request, line) = launcher::fetch::<Request>(socket)?;
    let env = &request.env;
    let home = env.vars.get("HOME").map(Utf8Path::new);
    let dirs = UserDirs::new(&env.vars, home);
    let path = dirs.state_file(StateFile::SupervisorLog);
    log::of_supervisor(Some(&path), level(&env.vars), redactor(&dirs, env));
    let line = Cell::new(Some(line));
    let reply = |reply: &LaunchReply| {
        if let Some(line) = line.take() {
            // The launcher may have ended by now; the supervisor continues without it.
            let _ = line.reply(reply);
        }
    };
    match supervisor::run(&dirs, env, request.takes_over, || {
        reply(&LaunchReply::Started);
    }) {
        Ok(()) => Ok(ExitCode::Done),
        Err(error) => {
            tracing::error!(%error, "the supervisor ends");
            reply(&LaunchReply::failed(&error));
            Ok(error.exit_code())
        }
    }
}

fn redactor(dirs: &UserDirs, env: &SupervisorEnv) -> Arc<Redactor> {
    Arc::new(secrets::redactor(dirs, &env.vars))
}

fn level(vars: &Env) -> Option<&str> {
    vars.get("AP_LOG").map(String::as_str)
}
