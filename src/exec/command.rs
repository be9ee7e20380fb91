//! Runs a program that answers a question, for a bounded time and with bounded memory.
use nix::sys::signal::{Signal, killpg};
use nix::unistd::Pid;
use std::process::Stdio;
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWriteExt as _};

/// How much of a program's output is read; the rest is let pass.
const MOST_OUTPUT: u64 = 1024 * 1024;

/// How a program ended.
pub struct CommandOutput {
    /// The exit code; none if a signal ended it.
    pub code: Option<i32>,
    pub stdout: String,
    pub stderr: String,
}

/// Runs a program in a group of its own for a bounded time. The group is ended when it takes too long, and when nobody
/// waits for the answer any more.
pub async fn run(
    mut command: tokio::process::Command,
    input: &[u8],
    limit: Duration,
) -> Result<CommandOutput, String> {
    let spawned = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .process_group(0)
        .kill_on_drop(true)
        .spawn();
    let mut child = spawned.map_err(|error| format!("it cannot be started: {error}"))?;
    let mut group = Group(child.id().and_then(|pid| i32::try_from(pid).ok()));
    let (stdin, stdout, stderr) = (child.stdin.take(), child.stdout.take(), child.stderr.take());
    let speak = async move {
        if let Some(mut stdin) = stdin {
            // It may end without having read it all.
            let _ = stdin.write_all(input).await;
        }
    };
    let work = async { tokio::join!(child.wait(), collect(stdout), collect(stderr), speak) };
    let (status, stdout, stderr, ()) = tokio::time::timeout(limit, work).await.map_err(|_| {
        format!(
            "it did not answer within {} s and was ended",
            limit.as_secs()
        )
    })?;
    // It has been reaped, and its number may become another's.
    group.0 = None;
    let code = status.map_err(|error| error.to_string())?.code();
    Ok(CommandOutput {
        code,
        stdout,
        stderr,
    })
}

/// Ends a process group when dropped, while its leader has not been reaped.
struct Group(Option<i32>);

impl Drop for Group {
    fn drop(&mut self) {
        if let Some(pid) = self.0 {
            let _ = killpg(Pid::from_raw(pid), Signal::SIGKILL);
        }
    }
}

async fn collect(pipe: Option<impl AsyncRead + Unpin>) -> String {
    let mut bytes = Vec::new();
    if let Some(mut pipe) = pipe {
        let _ = (&mut pipe).take(MOST_OUTPUT).read_to_end(&mut bytes).await;
        // Whoever says more must not wait for us for ever.
        let _ = tokio::io::copy(&mut pipe, &mut tokio::io::sink()).await;
    }
    String::from_utf8_lossy(&bytes).into_owned()
}
