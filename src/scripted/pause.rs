//! How long a scripted agent takes.
use std::time::Duration;

#[expect(
    clippy::disallowed_methods,
    reason = "a scripted agent takes as long as its script says"
)]
/// Waits as long as the script says.
pub(super) fn wait(time: Duration) {
    if !time.is_zero() {
        std::thread::sleep(time);
    }
}
