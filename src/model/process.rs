//! Who a process is: a pid alone is reused, across reboots and containers too.
use serde::{Deserialize, Serialize};

/// A process that cannot be mistaken for another one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProcessId {
    pub pid: i32,
    /// When it started, in the kernel's clock ticks since boot (field 22 of `/proc/PID/stat`).
    pub start_ticks: u64,
    /// The kernel's random id of this boot (`/proc/sys/kernel/random/boot_id`).
    pub boot_id: String,
    pub host: String,
}
