//! How agents are contained on this machine.
use super::context::Context;
use crate::error::{Error, ErrorKind, Result};
use crate::model::Contain;

/// Returns how you want agents to be contained: `AP_CONTAIN`, else `contain:` in `config.yaml`.
pub(super) fn wanted(context: &Context) -> Result<Contain> {
    let set = context
        .env
        .get("AP_CONTAIN")
        .filter(|word| !word.is_empty());
    let Some(word) = set else {
        return Ok(context.settings()?.contain);
    };
    word.parse().map_err(|()| {
        Error::new(
            ErrorKind::BadValue,
            format!("AP_CONTAIN is `{word}`, which is not `auto`, `groups` or `namespace`"),
        )
    })
}
