//! The sentence that shows the numbers of a decision.
use super::decide::Pacing;
use super::keep::{kept, later};
use super::window::WindowUse;
use crate::model::{Share, WindowName};
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};

/// From here on a weekday alone is ambiguous.
const FAR: SignedDuration = SignedDuration::from_hours(6 * 24);

/// Returns why an attempt is held, by the window that holds it longest.
pub(super) fn held(pacing: &Pacing<'_>, until: Timestamp) -> String {
    let blocking = pacing
        .windows
        .iter()
        .filter(|window| !window.fits(pacing.policy, pacing.now, pacing.zone))
        .max_by_key(|window| (window.is_rejected(pacing.now), window.ends));
    let why = blocking.map_or_else(String::new, |window| numbers(pacing, window));
    format!("held until {}: {why}", local(until, pacing))
}

/// Returns why an attempt is held although nothing is known.
pub(super) fn unknown(pacing: &Pacing<'_>, window: &WindowName, until: Timestamp) -> String {
    format!(
        "held until {}: what is used of the {window} is unknown (`quota: {{unknown: hold}}`)",
        local(until, pacing)
    )
}

fn numbers(pacing: &Pacing<'_>, window: &WindowUse) -> String {
    let Pacing {
        policy, now, zone, ..
    } = *pacing;
    if let Some(until) = window.rejected_until.filter(|until| now < *until) {
        return format!(
            "the provider rejects requests until the {} resets at {}",
            window.window,
            local(until, pacing)
        );
    }
    let (used, name) = (window.used, &window.window);
    let allowed = window.allowed(policy, now, zone);
    let more = if used <= allowed {
        format!(" and an iteration adds about {}", window.expected)
    } else {
        String::new()
    };
    let why = reasons(pacing, window);
    format!("{used} of the {name} is used{more}, {allowed} may be{why}")
}

/// Returns what makes the allowed share less than `hold`.
fn reasons(pacing: &Pacing<'_>, window: &WindowUse) -> String {
    let Pacing {
        policy, now, zone, ..
    } = *pacing;
    let rules = policy.of(&window.window);
    let kept = kept(policy, &window.window, now, zone);
    let mut reasons = Vec::new();
    if kept.rest() < rules.hold {
        reasons.push(format!("you keep {kept}"));
    } else {
        reasons.push(format!("`hold: {}`", percent(rules.hold)));
    }
    if window.paced(&rules, now).is_some_and(|part| part < 1.0) {
        let lead = SignedDuration::from_secs(i64::try_from(rules.lead_s).unwrap_or_default());
        reasons.push(format!(
            "at an even pace with {} h of lead",
            lead.as_hours()
        ));
    }
    format!(" ({})", reasons.join(", "))
}

fn percent(share: Share) -> String {
    share.to_string().replace(' ', "")
}

/// Returns the day and minute of a moment, by the user's clock; what is left of a minute is rounded up.
fn local(at: Timestamp, pacing: &Pacing<'_>) -> String {
    let zone: &TimeZone = pacing.zone;
    let rounded = later(at, SignedDuration::from_secs(59));
    let is_far = FAR <= at.duration_since(pacing.now);
    let format = if is_far {
        "%a %b %-d %H:%M"
    } else {
        "%a %H:%M"
    };
    zone.to_datetime(rounded).strftime(format).to_string()
}
