//! Records which agent holds which task, in files beside the tasks, because neither a checklist nor prd.json has a
//! field for it.
mod claims_dir;
mod claims_file;
mod locked_claims;

pub(super) use claims_dir::{ClaimsDir, create_folder};
pub(super) use claims_file::{ClaimRecord, Claims, LinePosition};
pub(super) use locked_claims::LockedClaims;
