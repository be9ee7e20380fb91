//! How a runner in a tmux window gets what it needs, and how whoever launched it learns the truth.
//!
//! The tmux server has an environment of its own, and nothing secret may stand in an argument. So the
//! launcher listens on a socket in a private folder; the runner asks there for its [`Launch`] and
//! answers with a [`Report`] once it holds the session, or cannot.
use super::Wanted;
use crate::clock;
use crate::error::{Error, ExitCode, Result};
use crate::model::Env;
use crate::store::slots::Slots;
use camino::{Utf8Path, Utf8PathBuf};
use serde::{Deserialize, Serialize};
use std::io::{self, BufRead as _, BufReader, Write as _};
use std::os::unix::net::{UnixListener, UnixStream};
use std::time::Duration;

/// Everything a runner starts from.
#[derive(Debug, Serialize, Deserialize)]
pub struct Launch {
    pub project: Utf8PathBuf,
    pub exe: Utf8PathBuf,
    pub wanted: Wanted,
    pub env: Env,
    /// How many agents may run on this machine.
    pub slots: Option<Slots>,
}

/// What the runner says once it knows.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "report")]
pub enum Report {
    /// It holds the session and has journalled its start.
    Started,
    /// The session has reached its goal already.
    Complete,
    Failed {
        code: u8,
        message: String,
        hint: Option<String>,
    },
}

impl Report {
    pub fn failed(error: &Error) -> Self {
        Self::Failed {
            code: error.code as u8,
            message: error.to_string(),
            hint: error.help().map(str::to_owned),
        }
    }
}

/// The launcher's end.
#[derive(Debug)]
pub struct Door {
    listener: UnixListener,
    folder: tempfile::TempDir,
}

/// What a folder's path may have, so that a socket in it can be named: 104 bytes on macOS, 108 on Linux.
const LONGEST_FOLDER: usize = 96;
/// How long a runner may take from its start to its report.
const PATIENCE: Duration = Duration::from_secs(30);

impl Door {
    /// Opens a door only this user can come through.
    pub fn open() -> Result<Self> {
        // The private folder's mode is 0700. A socket's path has little room.
        let mut folder = tempfile::Builder::new().prefix("ap-").tempdir()?;
        if LONGEST_FOLDER < folder.path().as_os_str().len() {
            folder = tempfile::Builder::new().prefix("ap-").tempdir_in("/tmp")?;
        }
        let listener = UnixListener::bind(folder.path().join("s"))?;
        listener.set_nonblocking(true)?;
        Ok(Self { listener, folder })
    }

    /// Returns the path to give to the runner.
    pub fn path(&self) -> Result<Utf8PathBuf> {
        Utf8PathBuf::from_path_buf(self.folder.path().join("s"))
            .map_err(|path| Error::failed(format!("{} is not UTF-8", path.display())))
    }

    /// Hands the launch to the runner and waits for its report; `alive` tells whether it can still come.
    pub fn hand_over(&self, launch: &Launch, mut alive: impl FnMut() -> bool) -> Result<Report> {
        let (mut stream, mut looks) = (None, 0u32);
        clock::wait_until(PATIENCE, || {
            stream = self.listener.accept().ok();
            looks += 1;
            stream.is_some() || (looks.is_multiple_of(40) && !alive())
        });
        let Some((stream, _)) = stream else {
            return Err(
                Error::failed("the runner did not come up in its tmux window")
                    .hint("try `--foreground` to see why, and `ap doctor`"),
            );
        };
        stream.set_nonblocking(false)?;
        stream.set_read_timeout(Some(PATIENCE))?;
        send(&stream, launch)?;
        receive(&stream).map_err(|error| {
            Error::failed(format!(
                "the runner ended before it could start the session: {error}"
            ))
        })
    }
}

/// The runner's end: fetches the launch, and keeps the line for the report.
pub fn fetch(door: &Utf8Path) -> Result<(Launch, UnixStream)> {
    let stream = UnixStream::connect(door)
        .map_err(|error| Error::new(ExitCode::Failed, format!("{door}: {error}")))?;
    stream.set_read_timeout(Some(PATIENCE))?;
    let launch = receive(&stream)?;
    Ok((launch, stream))
}

/// Sends one line of JSON.
pub fn send(mut stream: &UnixStream, message: &impl Serialize) -> io::Result<()> {
    let mut text = serde_json::to_vec(message)?;
    text.push(b'\n');
    stream.write_all(&text)
}

fn receive<T: for<'de> Deserialize<'de>>(stream: &UnixStream) -> io::Result<T> {
    let mut line = String::new();
    BufReader::new(stream).read_line(&mut line)?;
    Ok(serde_json::from_str(&line)?)
}
