//! What is known of the quota, and what of it is not believed.
use super::check::Check;
use crate::cli::context::Context;
use crate::cli::quota::policy;
use crate::exec::moment;
use crate::store::quota::{self, QuotaFile};

const NAME: &str = "quota";
/// Refused values that still matter, in seconds.
const RECENT_S: i64 = 24 * 3600;

/// Returns whether the numbers of the quota and its policy can be used.
pub(super) fn check(context: &Context) -> Check {
    let file = match quota::read(&context.dirs) {
        Ok(file) => file,
        Err(error) => {
            return Check::warning(
                NAME,
                format!("quota.json cannot be used: {error}"),
                "a damaged file is written again with the next report; one of a newer format needs that ap",
            );
        }
    };
    if let Some(why) = refused(&file) {
        return Check::warning(
            NAME,
            why,
            "see `ap quota`; what is refused is not used, and newer numbers replace it",
        );
    }
    let remarks = policy(context)
        .map(|policy| policy.remarks())
        .unwrap_or_default();
    if let Some(remark) = remarks.into_iter().next() {
        return Check::warning(
            NAME,
            remark,
            "change `quota:` in config.yaml: `ap explain quota`",
        );
    }
    let now = moment();
    let windows: usize = file
        .accounts
        .values()
        .map(|known| known.uses(&now).len())
        .sum();
    match windows {
        0 => Check::ok(NAME, "nothing is known of it"),
        1 => Check::ok(NAME, "one window is known"),
        _ => Check::ok(NAME, format!("{windows} windows are known")),
    }
}

/// Returns the last value that was refused, if that is not long ago.
fn refused(file: &QuotaFile) -> Option<String> {
    let now = moment().at;
    let all = file.accounts.values().flat_map(|known| &known.refused);
    let recent = all.filter(|it| now.duration_since(it.at).as_secs() < RECENT_S);
    let last = recent.max_by_key(|it| it.at)?;
    let (window, source) = (&last.window, last.source.as_str());
    Some(format!(
        "a value of the {window} by {source} is not believed: {}",
        last.why
    ))
}
