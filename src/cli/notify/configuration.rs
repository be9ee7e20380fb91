//! The configuration that the commands share.
use crate::cli::context::Context;
use crate::error::Result;
use crate::notify::{Configuration, SenderEnv};
use crate::runner::user_zone;
use crate::ui::note;

/// Returns where a sender of this user runs.
pub(super) fn sender_env(context: &Context) -> SenderEnv {
    SenderEnv {
        dirs: context.dirs.clone(),
        vars: context.env.clone(),
        exe: context.exe.clone(),
        zone: user_zone(&context.env),
    }
}

/// Reads the configuration, and says if a secret comes from the folder of another program.
pub(super) fn configuration(context: &Context) -> Result<Configuration> {
    // Every mistake in it, with its place.
    context.settings()?;
    let configuration = sender_env(context).configuration()?;
    if let Some(file) = &configuration.secrets.legacy {
        note(format!(
            "note: secrets are read from {file} too; copy them to {} to keep them when it is removed",
            context.dirs.config.join("secrets.yaml")
        ));
    }
    Ok(configuration)
}
