//! How a runner that was started elsewhere gets what it needs, and how its launcher learns what became of it.
//!
//! A tmux server has an environment of its own, and nothing secret may be an argument. So the launcher listens on a
//! socket in a private folder; the runner connects to it, receives its request and answers with a [`LaunchReply`] once
//! it has the session, or cannot have it.
use super::launch::Launched;
use crate::clock;
use crate::error::{Error, ErrorKind, Result};
use camino::{Utf8Path, Utf8PathBuf};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use std::io::{self, BufRead as _, BufReader, Write as _};
use std::os::unix::net::{UnixListener, UnixStream};
use std::time::Duration;

/// What a runner answers once it knows.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "reply")]
pub enum LaunchReply {
    /// It has the session and has recorded its start.
    Started,
    /// The session has reached its goal already.
    Complete,
    Failed {
        kind: ErrorKind,
        message: String,
        hint: Option<String>,
    },
}

impl LaunchReply {
    pub fn failed(error: &Error) -> Self {
        Self::Failed {
            kind: error.kind(),
            message: error.to_string(),
            hint: error.help().map(str::to_owned),
        }
    }

    /// Returns the error that it tells of, if it does.
    pub fn check(self) -> Result<()> {
        self.into_result().map(drop)
    }

    pub(super) fn into_result(self) -> Result<Launched> {
        match self {
            Self::Started => Ok(Launched::Running),
            Self::Complete => Ok(Launched::Complete),
            Self::Failed {
                kind,
                message,
                hint,
            } => {
                let error = Error::new(kind, message);
                Err(match hint {
                    Some(hint) => error.hint(hint),
                    None => error,
                })
            }
        }
    }
}

/// The launcher's end.
#[derive(Debug)]
pub struct LaunchSocket {
    listener: UnixListener,
    folder: tempfile::TempDir,
}

/// How long a folder's path may be so that a socket in it can be named: 104 bytes on macOS, 108 on Linux.
const LONGEST_FOLDER: usize = 96;
/// How long a runner may take from its start to its reply.
const PATIENCE: Duration = Duration::from_secs(30);
/// How many polls of the socket there are between two checks of the runner, which are expensive.
const POLLS_PER_CHECK: u32 = 40;

fn without_temporary_folder(error: &io::Error) -> Error {
    let folder = std::env::temp_dir();
    Error::failed(format!("{}: {error}", folder.display()))
        .hint("it is the folder for temporary files: create it, or set TMPDIR to another one")
}

impl LaunchSocket {
    /// Listens on a socket that only this user can connect to.
    pub fn open() -> Result<Self> {
        // The private folder's mode is 0700.
        let mut folder = tempfile::Builder::new()
            .prefix("ap-")
            .tempdir()
            .map_err(|error| without_temporary_folder(&error))?;
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

    /// Sends the request to the runner as soon as it connects and `permit` agrees, and returns its reply. `is_alive`
    /// says whether it may still connect.
    pub fn send(
        &self,
        request: &impl Serialize,
        permit: &dyn Fn() -> Result<()>,
        mut is_alive: impl FnMut() -> bool,
    ) -> Result<LaunchReply> {
        let (mut stream, mut polls) = (None, 0u32);
        clock::wait_until(PATIENCE, || {
            stream = self.listener.accept().ok();
            polls += 1;
            stream.is_some() || (polls.is_multiple_of(POLLS_PER_CHECK) && !is_alive())
        });
        let Some((stream, _)) = stream else {
            return Err(Error::new(
                ErrorKind::Launch,
                "the runner did not come up in its tmux window",
            )
            .hint("try `--foreground` to see why, and `ap doctor`"));
        };
        permit()?;
        stream.set_nonblocking(false)?;
        stream.set_read_timeout(Some(PATIENCE))?;
        write_line(&stream, request)?;
        read_line(&stream).map_err(|error| {
            let message = format!("the runner ended before it could start the session: {error}");
            Error::new(ErrorKind::Launch, message)
        })
    }
}

/// The runner's end, on which it replies once.
#[derive(Debug)]
pub struct ReplyLine(UnixStream);

impl ReplyLine {
    pub fn reply(self, reply: &LaunchReply) -> io::Result<()> {
        write_line(&self.0, reply)
    }
}

/// Receives the request a runner was started for.
pub fn fetch<R: DeserializeOwned>(socket: &Utf8Path) -> Result<(R, ReplyLine)> {
    let stream =
        UnixStream::connect(socket).map_err(|error| Error::failed(format!("{socket}: {error}")))?;
    stream.set_read_timeout(Some(PATIENCE))?;
    let request = read_line(&stream)?;
    Ok((request, ReplyLine(stream)))
}

fn write_line(mut stream: &UnixStream, message: &impl Serialize) -> io::Result<()> {
    let mut text = serde_json::to_vec(message)?;
    text.push(b'\n');
    stream.write_all(&text)
}

fn read_line<T: DeserializeOwned>(stream: &UnixStream) -> io::Result<T> {
    let mut line = Vec::new();
    BufReader::new(stream).read_until(b'\n', &mut line)?;
    Ok(serde_json::from_slice(&line)?)
}
