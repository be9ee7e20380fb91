//! Decides whether an attempt may begin.
use super::keep::{edges, later};
use super::sentence;
use super::window::WindowUse;
use crate::model::{QuotaDecision, QuotaLevel, Share, WindowName};
use crate::plan::{QuotaPolicy, WhenUnknown};
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};

/// The shortest time an attempt is held.
const SHORTEST: SignedDuration = SignedDuration::from_mins(1);
/// The longest time an attempt is held; no window is longer.
const LONGEST: SignedDuration = SignedDuration::from_hours(8 * 24);
/// The most that is added by a session's name, so that sessions do not return together.
const SPREAD_MS: u64 = 60_000;
/// How long an attempt is held because a window is unknown, before it is looked at again.
const UNKNOWN_FOR: SignedDuration = SignedDuration::from_mins(15);
/// What an iteration is expected to add as long as none has shown it.
pub const DEFAULT_RISE: f64 = 0.01;

/// What a decision depends on.
#[derive(Clone, Copy, Debug)]
pub struct Pacing<'a> {
    pub policy: &'a QuotaPolicy,
    /// The windows of which something is known.
    pub windows: &'a [WindowUse],
    pub now: Timestamp,
    /// The time zone of the user.
    pub zone: &'a TimeZone,
    /// The session's name, which spreads the ends of holds.
    pub session: &'a str,
}

/// Decides whether an attempt may begin.
pub fn decide(pacing: &Pacing<'_>) -> QuotaDecision {
    if let Some(window) = first_unknown(pacing) {
        let until = until(pacing, Some(later(pacing.now, UNKNOWN_FOR)));
        let reason = sentence::unknown(pacing, &window, until);
        return QuotaDecision::Hold { until, reason };
    }
    let fits = |window: &&WindowUse| window.fits(pacing.policy, pacing.now, pacing.zone);
    if pacing.windows.iter().all(|window| fits(&window)) {
        return QuotaDecision::Go;
    }
    let earliest = earliest(pacing);
    let until = until(pacing, earliest);
    let reason = sentence::held(pacing, until);
    QuotaDecision::Hold { until, reason }
}

/// Returns the first of the two usual windows of which nothing is known, if that matters.
fn first_unknown(pacing: &Pacing<'_>) -> Option<WindowName> {
    if pacing.policy.unknown == WhenUnknown::Go {
        return None;
    }
    let is_known = |name: &str| {
        let found = pacing.windows.iter().find(|it| it.window.as_str() == name);
        found.is_some_and(|it| pacing.now < it.ends)
    };
    let usual = [WindowName::FIVE_HOUR, WindowName::SEVEN_DAY];
    let unknown = usual.into_iter().find(|name| !is_known(name));
    unknown.map(WindowName::new)
}

/// Returns the first moment at which an attempt fits into every window, if there is one in the longest time.
fn earliest(pacing: &Pacing<'_>) -> Option<Timestamp> {
    let Pacing {
        policy,
        windows,
        now,
        zone,
        ..
    } = *pacing;
    let end = later(now, LONGEST);
    let mut moments = edges(policy, now, end, zone);
    for window in windows {
        moments.extend(std::iter::once(window.ends).chain(window.rejected_until));
    }
    moments.retain(|moment| now < *moment && *moment < end);
    moments.extend([now, end]);
    moments.sort_unstable();
    moments.dedup();
    moments.windows(2).find_map(|pair| {
        let [begin, end] = pair else { return None };
        let mut fits = windows
            .iter()
            .map(|window| window.fits_from(policy, zone, (*begin, *end)));
        fits.try_fold(*begin, |latest, fits| Some(latest.max(fits?)))
    })
}

/// Returns the end of a hold: within its bounds, and up to a minute later by the session's name.
fn until(pacing: &Pacing<'_>, earliest: Option<Timestamp>) -> Timestamp {
    let (first, last) = (later(pacing.now, SHORTEST), later(pacing.now, LONGEST));
    let until = earliest.unwrap_or(last).clamp(first, last);
    let spread = i64::try_from(hash(pacing.session) % SPREAD_MS).unwrap_or_default();
    later(until, SignedDuration::from_millis(spread))
}

/// FNV-1a: nothing depends on it but how holds are spread.
fn hash(text: &str) -> u64 {
    text.bytes().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    })
}

/// Returns what the next iteration is expected to add: the 75th percentile of what the last ones added.
pub fn expected_rise(added: &[Share]) -> Share {
    let mut added = added.to_vec();
    added.sort_by(|a, b| a.fraction().total_cmp(&b.fraction()));
    let index = (added.len() * 3).div_ceil(4).saturating_sub(1);
    let found = added.get(index).copied();
    found.unwrap_or(Share::clamped(DEFAULT_RISE))
}

/// Returns which share of the agents may run at a time: all up to `warn`, then fewer, and none at the ceiling.
pub fn agent_share(pacing: &Pacing<'_>) -> f64 {
    let of_window = |window: &WindowUse| {
        let ceiling = window.ceiling(pacing.policy, pacing.now, pacing.zone);
        let warn = pacing.policy.of(&window.window).warn;
        if window.ends <= pacing.now || window.used <= warn || ceiling <= warn {
            return 1.0;
        }
        let (left, span) = (
            ceiling.fraction() - window.used.fraction(),
            ceiling.fraction() - warn.fraction(),
        );
        (left / span).clamp(0.0, 1.0)
    };
    pacing.windows.iter().map(of_window).fold(1.0, f64::min)
}

/// Returns how many of `most` agents a share of them is; at least one.
pub fn permitted_agents(share: f64, most: u32) -> u32 {
    ((f64::from(most) * share + 1e-9).floor() as u32).max(1)
}

/// Returns how an agent should use what is left, by the window of which most is used; none if nothing is known.
pub fn level(windows: &[WindowUse], now: Timestamp) -> Option<QuotaLevel> {
    let known = windows.iter().filter(|window| now < window.ends);
    let used = known.map(|window| window.used).reduce(Share::max)?;
    Some(match used.fraction() {
        used if used < 0.60 => QuotaLevel::Free,
        used if used < 0.80 => QuotaLevel::Sparing,
        used if used < 0.95 => QuotaLevel::FinishUp,
        _ => QuotaLevel::LastWords,
    })
}
