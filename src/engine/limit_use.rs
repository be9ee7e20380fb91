//! How much of one limit is used, and whether little is left.
/// A limit is near when less than this share of it is left.
const NEAR: f64 = 0.15;

/// How much of one limit is used.
#[derive(Clone, Copy, Debug)]
pub(super) struct LimitUse {
    /// 0 is no limit.
    pub(super) max: f64,
    pub(super) used: f64,
    /// What an iteration has used on average.
    pub(super) average: f64,
}

impl LimitUse {
    /// Returns what is left, if there is a limit.
    pub(super) fn left(&self) -> Option<f64> {
        (0.0 < self.max).then(|| (self.max - self.used).max(0.0))
    }

    /// Whether less than 15 % is left, or no more than an average iteration uses.
    pub(super) fn is_near(&self) -> bool {
        self.left()
            .is_some_and(|left| left < NEAR * self.max || left <= self.average)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_limit_is_near_when_a_small_share_or_one_average_iteration_is_left() {
        let near = |max, used, average| LimitUse { max, used, average }.is_near();
        assert_eq!(
            [
                near(100.0, 85.0, 0.0),
                near(100.0, 85.5, 0.0),
                near(100.0, 50.0, 50.0),
                near(100.0, 40.0, 50.0)
            ],
            [false, true, true, false]
        );
        assert!(near(10.0, 11.0, 0.0) && !near(0.0, 11.0, 1.0) && near(1.0, 0.0, 1.0));
    }

    #[test]
    fn the_last_iterations_are_near_the_limit() {
        let soon = |max: u32, before: u32| {
            LimitUse {
                max: f64::from(max),
                used: f64::from(before),
                average: 1.0,
            }
            .is_near()
        };
        let first = |max| {
            (0..max)
                .find(|before| soon(max, *before))
                .map(|before| max - before)
        };
        assert_eq!(
            [first(1), first(3), first(25), first(100)],
            [Some(1), Some(1), Some(3), Some(14)]
        );
    }
}
