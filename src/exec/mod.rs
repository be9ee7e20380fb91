//! Running things: processes and their identity, bounded programs, the shim around an agent, and where runners live.
pub mod command;
pub mod containment;
pub mod detached;
pub mod family;
pub mod file_tail;
pub mod holder;
pub mod launcher;
mod moment;
pub mod pager;
pub mod process;
pub mod shim;
pub mod smoke;
pub mod zone;

pub use moment::moment;
