//! A window of the provider, and chance.
use crate::model::WindowName;

/// SplitMix64: the same numbers for the same seed.
pub(super) struct Dice(pub(super) u64);

impl Dice {
    pub(super) fn next(&mut self) -> f64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((z ^ (z >> 31)) >> 11) as f64 / (1u64 << 53) as f64
    }

    pub(super) fn between(&mut self, least: f64, most: f64) -> f64 {
        least + (most - least) * self.next()
    }
}

/// A window of the provider. It begins with the first use after its reset.
#[derive(Clone, Debug)]
pub(super) struct Window {
    pub(super) name: WindowName,
    pub(super) minutes: i64,
    pub(super) used: f64,
    pub(super) ends: i64,
    /// When the first attempt in it was rejected.
    pub(super) rejected_at: Option<i64>,
    /// Rejections of attempts that began after an earlier one in the same window.
    pub(super) late_rejections: u32,
    /// What iterations added above the ceiling, since it was last kept.
    pub(super) touched: f64,
    pub(super) most_touched: f64,
    /// What was in flight when the last attempt began: our iterations that ran at its reading or began since.
    pub(super) in_flight: f64,
    /// The ends of windows: what was used of the part that may be.
    pub(super) shares: Vec<f64>,
}

impl Window {
    pub(super) fn new(name: &str) -> Self {
        let name = WindowName::new(name);
        Self {
            minutes: name.length().unwrap().as_mins(),
            name,
            used: 0.0,
            ends: 0,
            rejected_at: None,
            late_rejections: 0,
            touched: 0.0,
            most_touched: 0.0,
            in_flight: 0.0,
            shares: Vec::new(),
        }
    }

    pub(super) fn reset(&mut self, now: i64, allowed: f64) {
        if self.ends <= now {
            if 0 < self.ends {
                self.shares.push(self.used / allowed);
            }
            self.used = 0.0;
            self.touched = 0.0;
            self.rejected_at = None;
            self.ends = now + self.minutes;
        }
    }
}
