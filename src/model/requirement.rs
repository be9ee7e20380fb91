//! What an agent needs of its machine.
use serde::{Deserialize, Serialize};
use std::fmt;

/// Something an agent needs of its machine. A session that lacks it waits until a probe finds it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case", tag = "kind")]
pub enum Requirement {
    /// The program of the agent, by its name on PATH or its path.
    Program { program: String },
    /// Free space on the disks of the project, the session and the temporary files.
    DiskSpace,
    /// Permission to write there.
    WritableDisk,
    /// Descriptors for files.
    Descriptors,
    /// Processes.
    Processes,
    /// Memory. Nothing shows from outside how much an agent may use, so it is tried again after a while.
    Memory,
}

impl fmt::Display for Requirement {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Program { program } => write!(f, "the program `{program}`"),
            Self::DiskSpace => f.write_str("free disk space"),
            Self::WritableDisk => f.write_str("a writable disk"),
            Self::Descriptors => f.write_str("free file descriptors"),
            Self::Processes => f.write_str("free processes"),
            Self::Memory => f.write_str("more memory"),
        }
    }
}
