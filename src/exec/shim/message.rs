//! Messages to a running agent: files in its attempt's folder, delivered by its shim.
//!
//! A message has a name, and is delivered once however often it is put there. So a runner that died may put it there again,
//! and a later one may look what became of it.
use crate::fingerprint::fingerprint;
use crate::model::Said;
use crate::store::layout::IterationDir;
use crate::store::{atomic, beneath};
use camino::Utf8PathBuf;
use serde::{Deserialize, Serialize};
use std::io;

/// A message to a running agent.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Message {
    /// What is written to the agent's standard input: whole lines.
    pub lines: String,
    /// The id under which the agent's program repeats the message once it has read it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub echo: Option<String>,
    /// The agent's request that it answers. If the agent does not wait for that, it is not delivered.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub answers: Option<String>,
}

/// What became of a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Delivery {
    /// There is no such message.
    None,
    /// The shim has not seen it yet.
    Waiting,
    /// It was written to the agent's standard input.
    Delivered,
    /// It answers a request for which the agent does not wait, or cannot be read.
    Dropped,
}

/// The ends of the names of messages, by what became of them.
const ENDINGS: [(&str, Delivery); 3] = [
    ("sent", Delivery::Delivered),
    ("dropped", Delivery::Dropped),
    ("json", Delivery::Waiting),
];

/// Returns the name of the message that carries a text of yours. Names sort by time.
pub fn name_of(said: &Said) -> String {
    let print = fingerprint(&said.id);
    format!("said-{:020}-{}", said.said_at.as_nanosecond(), &print[..8])
}

/// Puts a message where the attempt's shim finds it, unless it is there already.
pub fn put(folder: &IterationDir, name: &str, message: impl FnOnce() -> Message) -> io::Result<()> {
    if delivery(folder, name) != Delivery::None {
        return Ok(());
    }
    beneath::create_dir_all(&folder.messages())?;
    atomic::replace(
        &path(folder, name, "json"),
        &serde_json::to_vec(&message())?,
    )
}

/// Returns what became of a message.
pub fn delivery(folder: &IterationDir, name: &str) -> Delivery {
    let there = |ending: &str| path(folder, name, ending).exists();
    ENDINGS
        .into_iter()
        .find(|(ending, _)| there(ending))
        .map_or(Delivery::None, |(_, delivery)| delivery)
}

fn path(folder: &IterationDir, name: &str, ending: &str) -> Utf8PathBuf {
    folder.messages().join(format!("{name}.{ending}"))
}
