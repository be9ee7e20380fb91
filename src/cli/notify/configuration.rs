//! The configuration that the commands share.
use crate::cli::context::Context;
use crate::error::Result;
use crate::notify::{Configuration, SenderEnv};
use crate::runner::user_zone;
use crate::store::secrets::{self, Secrets};
use crate::ui::note;
use camino::Utf8Path;

/// Returns where a sender of this user runs.
pub(super) fn sender_env(context: &Context) -> SenderEnv {
    SenderEnv {
        dirs: context.dirs.clone(),
        vars: context.env.clone(),
        exe: context.exe.clone(),
        zone: user_zone(&context.env),
    }
}

/// Reads the configuration, and says which files of secrets are not used, and whether one is of another program.
pub(super) fn configuration(context: &Context) -> Result<Configuration> {
    // Every mistake in it, with its place.
    context.settings()?;
    let configuration = sender_env(context).configuration()?;
    note_refused(&configuration.secrets);
    if let Some(file) = &configuration.secrets.legacy {
        note(format!(
            "note: secrets are read from {file} too; copy them to {} to keep them when it is removed",
            context.dirs.config.join("secrets.yaml")
        ));
    }
    Ok(configuration)
}

/// Prints which files of secrets are not used, if a message needs any.
pub(in crate::cli) fn note_refused_secrets(context: &Context) -> Result<()> {
    if context.settings()?.notify_policy.reaches_outside() {
        let home = context.env.get("HOME").map(Utf8Path::new);
        note_refused(&secrets::read_usable(&context.dirs, home));
    }
    Ok(())
}

fn note_refused(secrets: &Secrets) {
    for reason in &secrets.refused {
        note(format!("warning: {reason}"));
    }
}
