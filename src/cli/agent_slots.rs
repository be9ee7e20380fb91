//! How many agents may run at a time on this machine.
use super::context::Context;
use crate::error::{Error, ErrorKind, Result};
use crate::exec::process;
use crate::store::slots::Slots;

/// Returns the machine's slots for agents, if their number is limited.
pub(super) fn read(context: &Context) -> Result<Option<Slots>> {
    let most = match context
        .env
        .get("AP_MAX_AGENTS")
        .filter(|most| !most.is_empty())
    {
        Some(most) => most.parse().map_err(|_| {
            Error::new(
                ErrorKind::BadValue,
                format!("AP_MAX_AGENTS is `{most}`, which is not a whole number"),
            )
        })?,
        None => context.settings()?.max_agents.unwrap_or(0),
    };
    if most == 0 {
        return Ok(None);
    }
    // A home folder may be on several machines.
    let folder = context
        .dirs
        .cache
        .join("slots")
        .join(process::current().host);
    Ok(Some(Slots { folder, most }))
}
