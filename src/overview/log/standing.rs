//! How quota and disk stand when an iteration is over.
use crate::clock;
use crate::exec::moment;
use crate::model::WindowName;
use crate::store::layout::UserDirs;
use crate::store::quota;
use jiff::{SignedDuration, Timestamp};
use nix::sys::statvfs::statvfs;

/// How long after an event what is true now is taken for what was true then.
const RECENT: SignedDuration = SignedDuration::from_mins(10);

/// How quota and disk stand; nothing of what happened a while ago.
#[derive(Debug, Default)]
pub(super) struct Standing {
    pub(super) five_hour: Option<f64>,
    pub(super) seven_day: Option<f64>,
    pub(super) disk_free_gb: Option<f64>,
}

impl Standing {
    pub(super) fn at(at: Timestamp, dirs: &UserDirs) -> Self {
        if RECENT < clock::now().duration_since(at) {
            return Self::default();
        }
        Self {
            five_hour: used(dirs, WindowName::FIVE_HOUR),
            seven_day: used(dirs, WindowName::SEVEN_DAY),
            disk_free_gb: free_gb(dirs),
        }
    }
}

/// Returns the largest share that is used of a window, over all accounts.
fn used(dirs: &UserDirs, window: &str) -> Option<f64> {
    let known = quota::read(dirs).ok()?;
    let now = moment();
    let uses = known
        .accounts
        .values()
        .flat_map(|account| account.uses(&now));
    let shares = uses.filter(|it| it.window.as_str() == window);
    shares.map(|it| it.used.fraction()).reduce(f64::max)
}

fn free_gb(dirs: &UserDirs) -> Option<f64> {
    let about = statvfs(dirs.state.as_std_path()).ok()?;
    #[expect(
        clippy::useless_conversion,
        reason = "the types differ between systems"
    )]
    let free = u64::from(about.blocks_available()).saturating_mul(u64::from(about.fragment_size()));
    Some((free as f64 / 1e8).round() / 10.0)
}
