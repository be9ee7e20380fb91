//! The moment it is, by the wall clock and by the time since the machine was started.
use super::process::boot_id;
use crate::clock;
use crate::model::Moment;
use nix::time::{ClockId, clock_gettime};

/// Includes the time in which the machine slept, where the system counts it.
#[cfg(target_os = "linux")]
const UPTIME: ClockId = ClockId::CLOCK_BOOTTIME;
#[cfg(not(target_os = "linux"))]
const UPTIME: ClockId = ClockId::CLOCK_MONOTONIC;

/// Returns the moment it is.
pub fn moment() -> Moment {
    let uptime = clock_gettime(UPTIME).map_or(0.0, |time| {
        time.tv_sec() as f64 + time.tv_nsec() as f64 / 1e9
    });
    Moment {
        at: clock::now(),
        boot: boot_id().to_owned(),
        uptime_s: uptime,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn time_passes_by_both_clocks() {
        let (first, second) = (moment(), moment());
        assert!(first.uptime_s <= second.uptime_s && 0.0 < first.uptime_s);
        assert_eq!(first.boot, second.boot);
        assert!(first.age(&second).is_some());
    }
}
